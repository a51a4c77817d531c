CREATE TABLE restatements_asked (
    asked_id uuid PRIMARY KEY,
    line_id uuid NOT NULL REFERENCES lines,
    contract_id uuid NOT NULL,
    reason text NOT NULL,
    asked_at timestamptz NOT NULL,
    asked_by uuid NOT NULL,
    settled_at timestamptz
);
COMMENT ON TABLE restatements_asked IS 'A contract manager asks the supplier to look at an approved line again; settled once either side restates it or asks for that.';
CREATE UNIQUE INDEX one_restatement_asked ON restatements_asked (line_id) WHERE settled_at IS NULL;
