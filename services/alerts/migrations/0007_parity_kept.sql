-- Parity reports over many contracts, counted once a day: to count them while somebody waits takes too long.

CREATE TABLE parity_counts (
    seen_as text NOT NULL,
    organisation_id uuid NOT NULL,
    quarter date NOT NULL,
    side text NOT NULL,
    what text NOT NULL,
    by text NOT NULL,
    number bigint NOT NULL,
    PRIMARY KEY (seen_as, organisation_id, quarter, side, what, by)
);
COMMENT ON COLUMN parity_counts.seen_as IS 'icb: the whole region, of no one organisation; buyer, supplier: what the organisation buys or supplies';
COMMENT ON COLUMN parity_counts.side IS 'For the parity report alone; nothing decides by it';
COMMENT ON COLUMN parity_counts.by IS 'The class of a rating, or how many working days it took; empty where there is one number';

CREATE TABLE parity_counted (
    seen_as text NOT NULL,
    organisation_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (seen_as, organisation_id)
);
COMMENT ON TABLE parity_counted IS 'Whose report is counted once a day, and when it last was';
