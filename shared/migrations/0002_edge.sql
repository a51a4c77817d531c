-- What every service keeps at its edges: who did what, which chores ran, which posts were answered, who was told.

CREATE TABLE history (
    id uuid PRIMARY KEY,
    at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    contract_id uuid,
    subject text NOT NULL,
    subject_id uuid NOT NULL,
    action text NOT NULL,
    detail jsonb NOT NULL
);
COMMENT ON TABLE history IS 'append-only: everything that was done, by whom and when';
CREATE INDEX history_of_subject ON history (subject_id, id);
CREATE INDEX history_of_contract ON history (contract_id, id) WHERE contract_id IS NOT NULL;

CREATE TABLE job_runs (
    job text NOT NULL,
    slot date NOT NULL,
    ran_at timestamptz NOT NULL,
    PRIMARY KEY (job, slot)
);
COMMENT ON TABLE job_runs IS 'append-only: each chore takes effect once per local day, over all replicas';

CREATE TABLE idempotency_keys (
    person_id uuid NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (person_id, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (at);

CREATE TABLE notifications (
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,
    person_id uuid NOT NULL,
    template text NOT NULL,
    data jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    sending_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    sent_at timestamptz,
    failed text
);
CREATE INDEX notifications_to_send ON notifications (id) WHERE sent_at IS NULL AND failed IS NULL;
