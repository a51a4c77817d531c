-- How far a quarter's returns have come, counted without reading what they owe.

-- squawk-ignore require-concurrent-index-creation -- a region's returns are indexed within seconds
CREATE INDEX dues_to_count ON dues (quarter, return_id, version DESC, correction DESC)
    INCLUDE (contract_id, pledge, received, approved, entry, applied_at);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX dues_newest;
