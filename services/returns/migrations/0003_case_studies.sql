-- Stories worth telling: an approved line's story, marked as a case study, with the consent to tell it.

CREATE TABLE case_studies (
    case_study_id uuid PRIMARY KEY,
    line_id uuid NOT NULL REFERENCES lines,
    contract_id uuid NOT NULL REFERENCES contracts,
    title text NOT NULL CHECK (title <> ''),
    marked_at timestamptz NOT NULL,
    marked_by uuid NOT NULL,
    consent_by text,
    consent_how text CHECK (consent_how IN ('email', 'letter', 'form', 'in_person', 'phone')),
    consent_on date,
    consent_story text,
    consent_recorded_at timestamptz,
    consent_recorded_by uuid,
    removed_at timestamptz,
    removed_by uuid,
    CHECK ((removed_at IS NULL) = (removed_by IS NULL)),
    CHECK (num_nonnulls(consent_by, consent_how, consent_on, consent_story, consent_recorded_at, consent_recorded_by) IN (0, 6))
);
COMMENT ON TABLE case_studies IS 'Approved lines whose story may be told to others once somebody consented';
COMMENT ON COLUMN case_studies.consent_story IS 'The words that were consented to; a later restatement does not change them';
CREATE UNIQUE INDEX case_study_of_line ON case_studies (line_id) WHERE removed_at IS NULL;
CREATE INDEX case_studies_in_order ON case_studies (case_study_id) WHERE removed_at IS NULL;
-- squawk-ignore require-concurrent-index-creation -- a region's lines are indexed within seconds
CREATE INDEX lines_with_story ON lines (quarter, approved_at, line_id)
WHERE status = 'approved' AND owed AND content ->> 'story' IS NOT NULL;
