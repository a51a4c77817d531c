-- What is owed (heard from commitments), and what suppliers say about it: returns, their lines, evidence and activities.

CREATE TABLE organisations (
    organisation_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    name text NOT NULL,
    icb_sees text NOT NULL
);

CREATE TABLE contracts (
    contract_id uuid PRIMARY KEY,
    version bigint NOT NULL,
    reference text NOT NULL,
    title text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    buyer_ids uuid[] NOT NULL,
    supplier_ids uuid[] NOT NULL,
    fact jsonb NOT NULL,
    opened_through date NOT NULL
);
COMMENT ON TABLE contracts IS 'Each contract as commitments told it last. Its row is locked by whoever opens or amends returns of it.';
COMMENT ON COLUMN contracts.opened_through IS 'First day of the last quarter that was looked at: every return owed up to it is open';
CREATE INDEX contracts_of_buyer ON contracts USING gin (buyer_ids);
CREATE INDEX contracts_of_supplier ON contracts USING gin (supplier_ids);
CREATE INDEX contracts_to_open ON contracts (opened_through);

CREATE TABLE quarterly_returns (
    return_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    quarter date NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'submitted', 'changes_requested', 'approved', 'withdrawn')),
    contract jsonb NOT NULL,
    opened_on date NOT NULL,
    due_on date NOT NULL,
    remind_on date NOT NULL,
    reminded_on date,
    overdue_on date,
    submissions integer NOT NULL,
    submitted_at timestamptz,
    submitted_by uuid,
    on_behalf boolean NOT NULL,
    first_submitted_at timestamptz,
    review_due_on date,
    reviewed_at timestamptz,
    review_overdue_on date,
    UNIQUE (contract_id, quarter),
    CHECK ((submissions = 0) = (first_submitted_at IS NULL)),
    CHECK ((first_submitted_at IS NULL) = (submitted_at IS NULL)),
    CHECK ((submitted_at IS NULL) = (review_due_on IS NULL)),
    CHECK (status <> 'submitted' OR submitted_at IS NOT NULL)
);
COMMENT ON TABLE quarterly_returns IS 'One contract, one quarter. Its row is locked by whoever changes the return or a line of it.';
COMMENT ON COLUMN quarterly_returns.contract IS 'The contract as it was in the quarter';
CREATE INDEX quarterly_returns_by_due ON quarterly_returns (due_on, return_id);
CREATE INDEX quarterly_returns_unsubmitted ON quarterly_returns (due_on) WHERE first_submitted_at IS NULL AND status = 'open';
CREATE INDEX quarterly_returns_in_review ON quarterly_returns (review_due_on) WHERE status = 'submitted';

CREATE TABLE lines (
    line_id uuid PRIMARY KEY,
    return_id uuid NOT NULL REFERENCES quarterly_returns,
    contract_id uuid NOT NULL,
    obligation_id uuid NOT NULL,
    quarter date NOT NULL,
    position integer NOT NULL,
    reference text NOT NULL,
    side text NOT NULL,
    owner_id uuid,
    terms jsonb NOT NULL,
    owed boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'submitted', 'changes_requested', 'approved')),
    version bigint NOT NULL,
    content jsonb NOT NULL,
    filled_from uuid[] NOT NULL,
    figure jsonb,
    unlikely text[] NOT NULL,
    judgement text CHECK (judgement IN ('met', 'partly', 'not_met')),
    change_reason text,
    approved_at timestamptz,
    saved_at timestamptz NOT NULL,
    saved_by uuid NOT NULL,
    UNIQUE (return_id, obligation_id),
    CHECK (status IN ('open', 'changes_requested') OR figure IS NOT NULL),
    CHECK (status <> 'approved' OR approved_at IS NOT NULL)
);
COMMENT ON COLUMN lines.owed IS 'False once a variation or an early end took the obligation out of the quarter; what was typed stays';
COMMENT ON COLUMN lines.side IS 'For words on a page; nothing decides by it';
COMMENT ON COLUMN lines.figure IS 'What counts, since it was submitted last';
CREATE INDEX lines_of_obligation ON lines (obligation_id, quarter);

CREATE TABLE line_versions (
    line_id uuid NOT NULL REFERENCES lines,
    version bigint NOT NULL,
    at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    status text NOT NULL,
    terms jsonb NOT NULL,
    content jsonb NOT NULL,
    filled_from uuid[] NOT NULL,
    figure jsonb,
    judgement text,
    change_reason text,
    PRIMARY KEY (line_id, version)
);
COMMENT ON TABLE line_versions IS 'append-only: every version of every line, with who made it and when';

CREATE TABLE activities (
    activity_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    obligation_id uuid NOT NULL,
    happened_on date NOT NULL,
    quantity jsonb NOT NULL,
    note text,
    version bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    changed_at timestamptz NOT NULL,
    changed_by uuid NOT NULL,
    removed_at timestamptz
);
CREATE INDEX activities_of_obligation ON activities (obligation_id, happened_on, activity_id) WHERE removed_at IS NULL;
CREATE INDEX activities_of_contract ON activities (contract_id, activity_id) WHERE removed_at IS NULL;

CREATE TABLE evidence_files (
    evidence_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    line_id uuid REFERENCES lines,
    activity_id uuid REFERENCES activities,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL CHECK (size > 0),
    added_at timestamptz NOT NULL,
    added_by uuid NOT NULL,
    removed_at timestamptz,
    removed_by uuid,
    CHECK (num_nonnulls(line_id, activity_id) = 1),
    CHECK ((removed_at IS NULL) = (removed_by IS NULL))
);
COMMENT ON TABLE evidence_files IS 'What stands behind a line or an activity. The bytes lie in the evidence store under their SHA-256.';
CREATE UNIQUE INDEX evidence_of_line ON evidence_files (line_id, sha256) WHERE removed_at IS NULL AND line_id IS NOT NULL;
CREATE UNIQUE INDEX evidence_of_activity ON evidence_files (activity_id, sha256) WHERE removed_at IS NULL AND activity_id IS NOT NULL;

CREATE TABLE restatement_requests (
    request_id uuid PRIMARY KEY,
    line_id uuid NOT NULL REFERENCES lines,
    contract_id uuid NOT NULL,
    content jsonb NOT NULL,
    reason text NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by uuid NOT NULL,
    confirmed boolean,
    answer text,
    decided_at timestamptz,
    decided_by uuid,
    CHECK ((confirmed IS NULL) = (decided_at IS NULL)),
    CHECK ((confirmed IS NULL) = (decided_by IS NULL))
);
COMMENT ON TABLE restatement_requests IS 'A supplier asks for an approved figure to be changed; the contract manager decides.';
CREATE UNIQUE INDEX one_restatement_request ON restatement_requests (line_id) WHERE confirmed IS NULL;
