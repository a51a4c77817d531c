-- Who gave whom access, and who took it away: in this database, so that neither can happen without the other.

CREATE TABLE history (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    contract_id uuid CHECK (contract_id IS NULL),
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    action text NOT NULL,
    detail jsonb NOT NULL
);
COMMENT ON TABLE history IS 'append-only: everything that was done, by whom and when';
CREATE INDEX history_of_subject ON history (subject_id, id);
