CREATE TABLE cuts (
    cut_id uuid PRIMARY KEY,
    quarter date NOT NULL,
    day date NOT NULL,
    made_at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    UNIQUE (quarter, day)
);
COMMENT ON TABLE cuts IS 'append-only: which provisional cuts were made, so that they are found again; their figures are those of the ledger at the end of the day';
