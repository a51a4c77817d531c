-- Figures that count once per supplier stand among the contracts' too, with the contract whose line gave them.

INSERT INTO contract_totals AS k
SELECT s.quarter, s.measure_id, s.pledge, f.contract_id, s.supplier_id, s.allocation_id, coalesce(s.value, 0), coalesce(s.numerator, 0),
       coalesce(s.denominator, 0), 1, 0
FROM supplier_figures s CROSS JOIN LATERAL (
    SELECT contract_id FROM figures f
    WHERE f.per_supplier AND (f.supplier_id, f.quarter, f.measure_id, f.line_id) = (s.supplier_id, s.quarter, s.measure_id, s.line_id)
    LIMIT 1
) AS f
ON CONFLICT (quarter, measure_id, pledge, contract_id, supplier_id, allocation_id) DO UPDATE SET
    value = k.value + excluded.value, numerator = k.numerator + excluded.numerator,
    denominator = k.denominator + excluded.denominator, figures = k.figures + excluded.figures;

COMMENT ON TABLE contract_totals IS 'At present, in the region: what each contract gives to a measure.';
