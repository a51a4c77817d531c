-- When lines were approved, counted without reading what they say.

-- squawk-ignore require-concurrent-index-creation -- a deployment's own lines are indexed within seconds
CREATE INDEX line_versions_to_count ON line_versions (return_id) INCLUDE (contract_id, obligation_id, line_id, at);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX line_versions_of_return;
