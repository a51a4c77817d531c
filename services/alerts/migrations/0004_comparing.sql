-- What the parity report and a person's own alerts are read by.

-- squawk-ignore require-concurrent-index-creation -- a deployment's own ratings and alerts are indexed within seconds
CREATE INDEX ratings_to_count ON ratings (contract_id, quarter) INCLUDE (obligation_id, rating, incomplete);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX ratings_of_contract;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX alerts_of_person ON alerts (acknowledged_by) WHERE acknowledged_by IS NOT NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX obligations_of_owner ON obligations (owner_id) WHERE owner_id IS NOT NULL;
