-- Who may see a contract, said once for every query that looks through a person's eyes.

CREATE FUNCTION sees(
    organisation_id uuid, as_buyer boolean, as_supplier boolean, as_icb boolean, buyer_ids uuid[], supplier_ids uuid[]
) RETURNS boolean
LANGUAGE sql IMMUTABLE
RETURN (as_buyer AND buyer_ids @> ARRAY[organisation_id]) OR (as_supplier AND supplier_ids @> ARRAY[organisation_id]) OR as_icb;
COMMENT ON FUNCTION sees IS 'Inlined where it is called, so that the indexes of buyer_ids and supplier_ids serve';
