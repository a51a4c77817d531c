-- What buyer and supplier agreed at a review meeting.

CREATE TABLE meeting_tasks (
    task_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    quarter date NOT NULL,
    what text NOT NULL,
    owner text NOT NULL,
    due_on date NOT NULL,
    agreed_at timestamptz NOT NULL,
    agreed_by uuid NOT NULL,
    done_at timestamptz,
    done_by uuid,
    CHECK ((done_at IS NULL) = (done_by IS NULL))
);
COMMENT ON COLUMN meeting_tasks.quarter IS 'The quarter that the meeting was about';
COMMENT ON COLUMN meeting_tasks.owner IS 'Whoever does it, as people call them; they need not use this service';
CREATE INDEX meeting_tasks_of_contract ON meeting_tasks (contract_id, due_on);
