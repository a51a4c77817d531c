-- The region's parity report, counted once a day: to count over everybody while somebody waits takes too long.

CREATE TABLE parity_counts (
    quarter date NOT NULL,
    side text NOT NULL,
    what text NOT NULL,
    by text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (quarter, side, what, by)
);
COMMENT ON COLUMN parity_counts.side IS 'For the parity report alone; nothing decides by it';
COMMENT ON COLUMN parity_counts.by IS 'The class of a rating, or how many working days it took; empty where there is one number';

CREATE TABLE parity_counted (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    at timestamptz NOT NULL
);
COMMENT ON TABLE parity_counted IS 'One row: when parity_counts was counted; none before it ever was.';
