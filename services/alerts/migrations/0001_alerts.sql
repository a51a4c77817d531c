-- What the alerts service heard, what follows from it, and what people did about it.
-- Facts are kept in every version, so that ratings and alerts follow from the set of facts and not from the order in which
-- they were heard.

CREATE TABLE organisations (
    organisation_id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    icb_sees text NOT NULL,
    escalates_to_icb boolean NOT NULL,
    executive_id uuid
);

CREATE TABLE contracts (
    contract_id uuid PRIMARY KEY,
    version integer NOT NULL,
    reference text NOT NULL,
    title text NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    buyer_ids uuid[] NOT NULL,
    supplier_ids uuid[] NOT NULL,
    lead_buyer_id uuid NOT NULL
);
COMMENT ON TABLE contracts IS 'Who takes part. Its row is locked by whoever changes ratings or alerts of the contract.';
COMMENT ON COLUMN contracts.version IS '0: known from its returns only; commitments has not been heard yet';
CREATE INDEX contracts_of_buyer ON contracts USING gin (buyer_ids);
CREATE INDEX contracts_of_supplier ON contracts USING gin (supplier_ids);

CREATE TABLE obligations (
    obligation_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    version integer NOT NULL,
    reference text NOT NULL,
    side text NOT NULL,
    owner_id uuid,
    measure_code text NOT NULL,
    label text NOT NULL,
    unit text NOT NULL
);
COMMENT ON COLUMN obligations.version IS 'Of the contract; 0: known from its returns only';
COMMENT ON COLUMN obligations.side IS 'For compliance and the parity report alone; nothing decides by it';
CREATE INDEX obligations_of_contract ON obligations (contract_id);

CREATE TABLE promises (
    obligation_id uuid NOT NULL,
    version integer NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    targets jsonb NOT NULL,
    PRIMARY KEY (obligation_id, version)
);
COMMENT ON TABLE promises IS 'append-only: the targets of every quarter of the contract, by contract version where they changed';
CREATE INDEX promises_of_contract ON promises (contract_id);

CREATE TABLE return_versions (
    return_id uuid NOT NULL,
    version integer NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    quarter date NOT NULL,
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    due_on date NOT NULL,
    review_due_on date,
    first_submitted_at timestamptz,
    decided integer NOT NULL,
    PRIMARY KEY (return_id, version)
);
COMMENT ON TABLE return_versions IS 'append-only: every version of every return';
COMMENT ON COLUMN return_versions.decided IS 'How many of its lines a reviewer has decided on';
CREATE INDEX return_versions_of_contract ON return_versions (contract_id, quarter);

CREATE TABLE owed (
    return_id uuid NOT NULL,
    obligation_id uuid NOT NULL,
    version integer NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    quarter date NOT NULL,
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    terms jsonb,
    days integer NOT NULL,
    PRIMARY KEY (return_id, obligation_id, version)
);
COMMENT ON TABLE owed IS 'append-only: what a return asks for, by return version where it changed; no terms: no longer asked for';
CREATE INDEX owed_of_obligation ON owed (obligation_id);

CREATE TABLE line_versions (
    line_id uuid NOT NULL,
    version integer NOT NULL,
    return_id uuid NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    obligation_id uuid NOT NULL,
    quarter date NOT NULL,
    at timestamptz NOT NULL,
    position bigint NOT NULL,
    terms jsonb NOT NULL,
    days integer NOT NULL,
    figure jsonb NOT NULL,
    judgement text,
    unlikely text[] NOT NULL,
    evidence text[] NOT NULL,
    pledge boolean NOT NULL,
    PRIMARY KEY (line_id, version)
);
COMMENT ON TABLE line_versions IS 'append-only: every approved line, and every restatement of it';
CREATE INDEX line_versions_of_obligation ON line_versions (obligation_id);
CREATE INDEX line_versions_of_return ON line_versions (return_id);
CREATE INDEX line_versions_of_evidence ON line_versions USING gin (evidence);

CREATE TABLE evidence_files (
    sha256 text PRIMARY KEY
);
COMMENT ON TABLE evidence_files IS 'Locked by whoever decides whether a file is shared between contracts, before any contract is.';

CREATE TABLE ratings (
    obligation_id uuid NOT NULL REFERENCES obligations,
    quarter date NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    version integer NOT NULL,
    rated_at timestamptz NOT NULL,
    rating text NOT NULL CHECK (rating IN ('good', 'approaching_target', 'requires_improvement', 'inadequate', 'other')),
    reason text,
    incomplete date[] NOT NULL,
    delivered numeric,
    target numeric,
    arithmetic jsonb NOT NULL,
    PRIMARY KEY (obligation_id, quarter),
    CHECK ((rating = 'other') = (reason IS NOT NULL))
);
CREATE INDEX ratings_of_contract ON ratings (contract_id, quarter);

CREATE TABLE alerts (
    alert_id uuid PRIMARY KEY,
    version integer NOT NULL,
    contract_id uuid NOT NULL REFERENCES contracts,
    kind text NOT NULL CHECK (kind IN ('shortfall', 'story_not_met', 'late_return', 'late_review', 'missing_evidence',
                                       'forecast', 'unlikely_figure', 'shared_evidence')),
    subject_id uuid NOT NULL,
    obligation_id uuid,
    first_quarter date NOT NULL,
    quarter date NOT NULL,
    severity text NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
    because jsonb NOT NULL,
    raised_at timestamptz NOT NULL,
    changed_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('open', 'acknowledged', 'recovery_agreed', 'resolved')),
    level text NOT NULL CHECK (level IN ('contract_manager', 'accountable_owner', 'executive', 'icb')),
    level_since date NOT NULL,
    escalates_on date,
    acknowledged_at timestamptz,
    acknowledged_by uuid,
    planned_at timestamptz,
    recovery_due_on date,
    resolved_at timestamptz,
    ending jsonb,
    CHECK ((status = 'resolved') = (resolved_at IS NOT NULL)),
    CHECK ((resolved_at IS NULL) = (ending IS NULL)),
    CHECK ((acknowledged_at IS NULL) = (acknowledged_by IS NULL)),
    CHECK ((planned_at IS NULL) = (recovery_due_on IS NULL)),
    CHECK (status <> 'recovery_agreed' OR recovery_due_on IS NOT NULL),
    CHECK (escalates_on IS NULL OR status IN ('open', 'acknowledged')),
    UNIQUE (kind, subject_id, first_quarter)
);
COMMENT ON COLUMN alerts.subject_id IS 'What it is about: an obligation, a return, or a contract and a file of evidence';
COMMENT ON COLUMN alerts.because IS 'The figures of this kind of alert, beside the rating of its quarter';
COMMENT ON COLUMN alerts.ending IS 'What ended it: a code, the quarter that mended it, or the person who resolved it';
CREATE INDEX alerts_of_subject ON alerts (subject_id);
CREATE INDEX alerts_of_contract ON alerts (contract_id, alert_id);
CREATE INDEX alerts_by_age ON alerts (raised_at, alert_id);
CREATE INDEX alerts_on_the_clock ON alerts (escalates_on) WHERE escalates_on IS NOT NULL;
CREATE INDEX alerts_waiting_for_recovery ON alerts (recovery_due_on) WHERE status = 'recovery_agreed';
CREATE INDEX alerts_unresolved ON alerts (severity, kind) WHERE status <> 'resolved';

CREATE TABLE resolutions (
    resolution_id uuid PRIMARY KEY,
    alert_id uuid NOT NULL,
    subject_id uuid NOT NULL,
    at timestamptz NOT NULL,
    heard bigint NOT NULL,
    resolved_by uuid NOT NULL,
    reason text NOT NULL
);
COMMENT ON TABLE resolutions IS 'append-only: alerts that a person resolved, with the reason';
COMMENT ON COLUMN resolutions.heard IS 'The furthest position on the topic returns that was known of the contract then';
CREATE INDEX resolutions_of_subject ON resolutions (subject_id);

CREATE TABLE recovery_plans (
    plan_id uuid PRIMARY KEY,
    alert_id uuid NOT NULL,
    plan text NOT NULL,
    due_on date NOT NULL,
    status text NOT NULL CHECK (status IN ('proposed', 'agreed', 'declined', 'superseded', 'lapsed')),
    proposed_at timestamptz NOT NULL,
    proposed_by uuid NOT NULL,
    decided_at timestamptz,
    decided_by uuid,
    answer text,
    CHECK ((decided_at IS NULL) = (decided_by IS NULL))
);
CREATE INDEX recovery_plans_of_alert ON recovery_plans (alert_id, plan_id);
CREATE UNIQUE INDEX recovery_plans_one_of_a_status ON recovery_plans (alert_id, status) WHERE status IN ('proposed', 'agreed');

CREATE TABLE disputes (
    dispute_id uuid PRIMARY KEY,
    alert_id uuid NOT NULL,
    reason text NOT NULL,
    raised_at timestamptz NOT NULL,
    raised_by uuid NOT NULL,
    upheld boolean,
    answer text,
    answered_at timestamptz,
    answered_by uuid,
    CHECK ((upheld IS NULL) = (answered_at IS NULL)),
    CHECK ((upheld IS NULL) = (answered_by IS NULL)),
    CHECK ((upheld IS NULL) = (answer IS NULL))
);
CREATE INDEX disputes_of_alert ON disputes (alert_id, dispute_id);
CREATE UNIQUE INDEX disputes_one_unanswered ON disputes (alert_id) WHERE upheld IS NULL;

-- What the ICB may see follows from the buyers' settings, all of them; where the clock ends, from the lead's.
CREATE VIEW contracts_in_sight AS
SELECT
    c.*,
    NOT EXISTS (
        SELECT FROM unnest(c.buyer_ids) AS buyer (organisation_id)
        LEFT JOIN organisations o USING (organisation_id)
        WHERE o.icb_sees IS DISTINCT FROM 'contracts'
    ) AS shared_with_icb,
    coalesce(lead.escalates_to_icb, false) AS escalates_to_icb,
    lead.executive_id
FROM contracts c
LEFT JOIN organisations lead ON lead.organisation_id = c.lead_buyer_id;
