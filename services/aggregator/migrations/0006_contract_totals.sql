-- What each contract gives to a measure, so that a bridge between two quarters is read and not summed anew from the ledger.

CREATE TABLE contract_totals (
    quarter date NOT NULL,
    measure_id uuid NOT NULL,
    pledge boolean NOT NULL,
    contract_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    allocation_id uuid NOT NULL,
    value numeric NOT NULL,
    numerator numeric NOT NULL,
    denominator numeric NOT NULL,
    figures bigint NOT NULL,
    due bigint NOT NULL,
    PRIMARY KEY (quarter, measure_id, pledge, contract_id, supplier_id, allocation_id)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE contract_totals IS 'At present, in the region; without figures that count once per supplier, which supplier_figures holds.';
CREATE UNLOGGED TABLE rebuild.contract_totals (LIKE public.contract_totals INCLUDING ALL);

WITH figure AS (
    SELECT DISTINCT ON (return_id, line_id) 1 AS sign, f.* FROM figures f
    ORDER BY return_id, line_id, version DESC, correction DESC
), due AS (
    SELECT DISTINCT ON (return_id) 1 AS sign, d.* FROM dues d ORDER BY return_id, version DESC, correction DESC
),
    line AS (
        SELECT d.sign, d.return_id, owed.*
        FROM due d CROSS JOIN LATERAL unnest(d.line_ids, d.measure_ids, d.promised, d.approved)
             AS owed (line_id, measure_id, promised, approved)
    ), per_measure AS (
        SELECT sign, coalesce(d.contract_id, f.contract_id) AS contract_id, coalesce(d.supplier_id, f.supplier_id) AS supplier_id,
               coalesce(d.quarter, f.quarter) AS quarter, coalesce(f.measure_id, line.measure_id) AS measure_id,
               coalesce(d.pledge, f.pledge) AS pledge, coalesce(d.allocation_id, f.allocation_id) AS allocation_id,
               sum(f.value) FILTER (WHERE f.counts_here) AS value,
               sum(f.numerator) FILTER (WHERE f.counts_here) AS numerator,
               sum(f.denominator) FILTER (WHERE f.counts_here) AS denominator,
               count(*) FILTER (WHERE f.counts_here) AS figures,
               bool_or(f.line_id IS NOT NULL OR d.received) AS received,
               bool_and(f.line_id IS NOT NULL OR line.approved) AS approved,
               sum(coalesce(f.promised, line.promised)) AS promised,
               sum(coalesce(f.promised, line.promised)) FILTER (WHERE f.line_id IS NOT NULL OR d.received) AS promised_received,
               sum(coalesce(f.promised, line.promised)) FILTER (WHERE f.line_id IS NOT NULL OR line.approved) AS promised_approved
        FROM line FULL JOIN (
            SELECT f.*, NOT per_supplier AND f.allocation_id = coalesce(d.allocation_id, f.allocation_id) AS counts_here
            FROM figure f LEFT JOIN due d USING (sign, return_id)
        ) AS f USING (sign, return_id, line_id) LEFT JOIN due d USING (sign, return_id)
        GROUP BY sign, return_id, 2, 3, 4, 5, 6, 7
    ), contract_contribution AS (
        SELECT contract_id, supplier_id, quarter, measure_id, pledge, allocation_id,
               sign * value AS value, sign * numerator AS numerator, sign * denominator AS denominator,
               sign * figures AS figures, sign AS due, CASE WHEN received THEN sign ELSE 0 END AS received,
               CASE WHEN approved THEN sign ELSE 0 END AS approved,
               sign * promised AS promised_due, sign * promised_received AS promised_received,
               sign * promised_approved AS promised_approved
        FROM per_measure
        UNION ALL  -- the contract is spread otherwise by now; an approved figure stays where it was
        SELECT f.contract_id, f.supplier_id, f.quarter, f.measure_id, f.pledge, f.allocation_id,
               sign * f.value, sign * f.numerator, sign * f.denominator, sign, 0, 0, 0, NULL, NULL, NULL
        FROM figure f JOIN due d USING (sign, return_id)
        WHERE NOT f.per_supplier AND f.allocation_id <> d.allocation_id
    )
INSERT INTO contract_totals
SELECT quarter, measure_id, pledge, contract_id, supplier_id, allocation_id, coalesce(sum(value), 0), coalesce(sum(numerator), 0),
       coalesce(sum(denominator), 0), coalesce(sum(figures), 0), sum(due)
FROM contract_contribution GROUP BY quarter, measure_id, pledge, contract_id, supplier_id, allocation_id;
