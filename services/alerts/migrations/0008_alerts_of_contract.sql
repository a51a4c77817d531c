-- The first alerts of a contract in the order in which people work, and what a large buyer's parity report is counted from.

-- squawk-ignore require-concurrent-index-creation -- a region's alerts and obligations are indexed within seconds
CREATE INDEX alerts_of_contract_in_line ON alerts (
    contract_id, place_in_line(status, escalates_on, recovery_due_on, level_since, resolved_at), alert_id
);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX alerts_to_count ON alerts (contract_id, first_quarter)
INCLUDE (obligation_id, subject_id, raised_at, acknowledged_at, planned_at, resolved_at);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX obligations_to_count ON obligations (contract_id, obligation_id) INCLUDE (side);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX obligations_of_contract;
