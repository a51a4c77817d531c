-- What pages show that the facts hold only in all their versions, and the order in which people work.

CREATE FUNCTION place_in_line(
    status text, escalates_on date, recovery_due_on date, level_since date, resolved_at timestamptz
) RETURNS date
LANGUAGE sql IMMUTABLE
RETURN CASE status
    WHEN 'resolved' THEN date '9999-12-31' - ((resolved_at AT TIME ZONE 'UTC')::date - date '2000-01-01')
    WHEN 'recovery_agreed' THEN recovery_due_on
    ELSE coalesce(escalates_on, level_since)
END;
COMMENT ON FUNCTION place_in_line IS 'When an alert next goes on by the clock; at the last level, when it came there; resolved: after all others, the latest first';
-- squawk-ignore require-concurrent-index-creation -- a region's alerts are indexed within a second
CREATE INDEX alerts_in_line ON alerts (
    place_in_line(status, escalates_on, recovery_due_on, level_since, resolved_at), alert_id
);

CREATE TABLE returns (
    return_id uuid PRIMARY KEY,
    version integer NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    quarter date NOT NULL,
    status text NOT NULL,
    due_on date NOT NULL,
    review_due_on date,
    first_submitted_at timestamptz
);
COMMENT ON TABLE returns IS 'The newest of return_versions, for lists';
CREATE INDEX returns_of_contract ON returns (contract_id, quarter);
CREATE INDEX returns_to_review ON returns (contract_id, review_due_on) WHERE status = 'submitted';
CREATE INDEX returns_not_submitted ON returns (contract_id, due_on) WHERE first_submitted_at IS NULL AND status <> 'withdrawn';

INSERT INTO returns
SELECT DISTINCT ON (return_id) return_id, version, contract_id, quarter, status, due_on, review_due_on, first_submitted_at
FROM return_versions ORDER BY return_id, version DESC;
