-- What totals were at the end of each day, so that a provisional cut is read and not summed anew from the ledger.

-- squawk-ignore adding-required-field -- filled below, in the same transaction
ALTER TABLE quarter_marks ADD COLUMN changed_at timestamptz;
UPDATE quarter_marks AS q SET changed_at = greatest(
    (SELECT max(applied_at) FROM figures AS f WHERE f.quarter = q.quarter),
    (SELECT max(applied_at) FROM dues AS d WHERE d.quarter = q.quarter)
);
COMMENT ON COLUMN quarter_marks.changed_at IS 'When a total of the quarter changed last: whatever was known since is what is known now';
ALTER TABLE rebuild.quarter_marks ADD COLUMN changed_at timestamptz;

CREATE TABLE daily_totals (
    quarter date NOT NULL,
    measure_id uuid NOT NULL,
    pledge boolean NOT NULL,
    dimension text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    value numeric NOT NULL,
    numerator numeric NOT NULL,
    denominator numeric NOT NULL,
    figures bigint NOT NULL,
    due bigint NOT NULL,
    received bigint NOT NULL,
    approved bigint NOT NULL,
    promised_due numeric NOT NULL,
    promised_received numeric NOT NULL,
    promised_approved numeric NOT NULL,
    day date NOT NULL,
    until date NOT NULL,
    PRIMARY KEY (quarter, measure_id, pledge, dimension, member, day)
);
COMMENT ON TABLE daily_totals IS 'What the ledger gave for the end of each day: from a day on, until the next day that gave something else.';
COMMENT ON COLUMN daily_totals.until IS 'infinity: it still stood at the end of the last day that was kept';
CREATE INDEX daily_totals_at ON daily_totals (quarter, dimension, until, day);

CREATE TABLE days_kept (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    through date NOT NULL
);
COMMENT ON TABLE days_kept IS 'One row: the last day that daily_totals speaks of.';
