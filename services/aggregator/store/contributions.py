"""What facts amount to: the SQL that the fold's differences share with sums over the ledger.

``CONTRIBUTIONS`` stands on two relations that its user defines: ``figure`` (rows of ``figures``, at most one per line) and
``due`` (rows of ``dues``, at most one per return), each with a ``sign``: 1 counts, -1 takes back. It makes
``contract_contribution``: what each contract's return adds to a measure, but for figures that count once per supplier.
``CELLS`` stands on ``contribution`` and spreads it over the members.
"""

CONTRIBUTIONS = """
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
               sign * sum(f.value), sign * sum(f.numerator), sign * sum(f.denominator), sign * count(*), 0, 0, 0, NULL, NULL, NULL
        FROM figure f JOIN due d USING (sign, return_id)
        WHERE NOT f.per_supplier AND f.allocation_id <> d.allocation_id
        GROUP BY sign, return_id, 1, 2, 3, 4, 5, 6
    )
"""

CELLS = """
    cell AS (
        SELECT c.quarter, c.measure_id, c.pledge, a.dimension, a.member,
               coalesce(sum(part_of(c.value, a.share, a.others)), 0) AS value,
               coalesce(sum(part_of(c.numerator, a.share, a.others)), 0) AS numerator,
               coalesce(sum(part_of(c.denominator, a.share, a.others)), 0) AS denominator,
               sum(c.figures) AS figures, sum(c.due) AS due, sum(c.received) AS received, sum(c.approved) AS approved,
               coalesce(sum(part_of(c.promised_due, a.share, a.others)), 0) AS promised_due,
               coalesce(sum(part_of(c.promised_received, a.share, a.others)), 0) AS promised_received,
               coalesce(sum(part_of(c.promised_approved, a.share, a.others)), 0) AS promised_approved
        FROM contribution c JOIN allocations a USING (allocation_id)
        GROUP BY c.quarter, c.measure_id, c.pledge, a.dimension, a.member
    )
"""
