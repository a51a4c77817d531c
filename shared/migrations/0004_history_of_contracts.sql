-- The history of some contracts, the latest first.

-- squawk-ignore require-concurrent-index-deletion -- nothing else reads it
DROP INDEX history_of_contract;
-- squawk-ignore require-concurrent-index-creation -- a region's history is indexed within seconds
CREATE INDEX history_of_contract ON history (contract_id, at, id) WHERE contract_id IS NOT NULL;
