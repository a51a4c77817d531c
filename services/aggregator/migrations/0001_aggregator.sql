-- What the aggregator knows. The ledger (figures, dues) holds every fact as it was heard, for ever; totals are kept beside it by
-- differences, so that nothing is summed when somebody reads.

CREATE TABLE measures (
    measure_id uuid PRIMARY KEY,
    framework text NOT NULL,
    code text NOT NULL,
    unit text NOT NULL,
    kind text NOT NULL,
    buyer_id uuid,
    label text NOT NULL,
    over_time text NOT NULL,
    scope text NOT NULL,
    theme text NOT NULL,
    outcome text NOT NULL,
    overlapping text[] NOT NULL,
    suppress boolean NOT NULL,
    partner_vcfse boolean NOT NULL,
    framework_version integer NOT NULL,
    catalogue_version integer NOT NULL,
    content uuid NOT NULL
);
COMMENT ON TABLE measures IS 'What is counted: framework, code, unit, kind and owner make a measure; the rest is its newest description.';
COMMENT ON COLUMN measures.buyer_id IS 'Whose own core KPI this is; empty for a measure of the framework';
COMMENT ON COLUMN measures.catalogue_version IS '0 where only lines have described it; a catalogue of the same framework version wins';

CREATE TABLE allocations (
    allocation_id uuid NOT NULL,
    dimension text COLLATE "C" NOT NULL,
    member text COLLATE "C" NOT NULL,
    share numeric(20, 6) NOT NULL,
    others numeric[],
    PRIMARY KEY (allocation_id, dimension, member)
);
COMMENT ON TABLE allocations IS 'append-only: how a contract''s figures are spread over region, places, buyers and sectors; the id is the content''s digest';
COMMENT ON COLUMN allocations.others IS 'Only of the largest share, which takes what rounding leaves: the other shares of its dimension';

CREATE FUNCTION rest_of(amount numeric, others numeric[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN amount - (SELECT coalesce(sum(round(amount * other, 6)), 0) FROM unnest(others) AS other);

CREATE FUNCTION part_of(amount numeric, share numeric, others numeric[]) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN others IS NULL THEN round(amount * share, 6) WHEN others = '{}' THEN amount ELSE rest_of(amount, others) END;
COMMENT ON FUNCTION part_of IS 'A member''s part of an amount; the parts of all members add up to it exactly';

CREATE SEQUENCE ledger_entries;

CREATE TABLE figures (
    return_id uuid NOT NULL,
    line_id uuid NOT NULL,
    version integer NOT NULL,
    contract_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    quarter date NOT NULL,
    measure_id uuid NOT NULL,
    pledge boolean NOT NULL,
    per_supplier boolean NOT NULL,
    allocation_id uuid NOT NULL,
    value numeric(20, 6),
    numerator numeric(20, 6),
    denominator numeric(20, 6),
    reported numeric(20, 6),
    promised numeric(20, 6) NOT NULL,
    nil boolean NOT NULL,
    approved_at timestamptz NOT NULL,
    event_time timestamptz NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL,
    epoch integer NOT NULL,
    applied_at timestamptz NOT NULL,
    entry bigint NOT NULL DEFAULT nextval('ledger_entries'),
    correction smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (return_id, line_id, version, correction)
);
COMMENT ON TABLE figures IS 'append-only: every approved figure of topic returns as it was heard, and where and when; a line''s newest version counts';
COMMENT ON COLUMN figures.value IS 'What counts: for FTE weighted by the days of the contract in the quarter';
COMMENT ON COLUMN figures.reported IS 'What the supplier said, where that is not what counts';
COMMENT ON COLUMN figures.per_supplier IS 'Counts once per supplier and quarter: the figure approved last';
COMMENT ON COLUMN figures.correction IS '0 as heard; above it where a rebuild found that the ledger had not kept what the log says';
CREATE INDEX figures_of_quarter ON figures (quarter, entry);
CREATE INDEX figures_per_supplier ON figures (supplier_id, quarter, measure_id) WHERE per_supplier;

CREATE TABLE dues (
    return_id uuid NOT NULL,
    version integer NOT NULL,
    contract_id uuid NOT NULL,
    supplier_id uuid NOT NULL,
    quarter date NOT NULL,
    pledge boolean NOT NULL,
    allocation_id uuid NOT NULL,
    received boolean NOT NULL,
    line_ids uuid[] NOT NULL,
    measure_ids uuid[] NOT NULL,
    promised numeric(20, 6)[] NOT NULL,
    approved boolean[] NOT NULL,
    event_time timestamptz NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL,
    epoch integer NOT NULL,
    applied_at timestamptz NOT NULL,
    entry bigint NOT NULL DEFAULT nextval('ledger_entries'),
    correction smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (return_id, version, correction)
);
COMMENT ON TABLE dues IS 'append-only: what each return owes and how far it has come, of topic returns as it was heard; the newest version counts';
CREATE INDEX dues_of_quarter ON dues (quarter, entry);

CREATE TABLE supplier_figures (
    supplier_id uuid NOT NULL,
    quarter date NOT NULL,
    measure_id uuid NOT NULL,
    pledge boolean NOT NULL,
    line_id uuid NOT NULL,
    version integer NOT NULL,
    allocation_id uuid NOT NULL,
    value numeric(20, 6),
    numerator numeric(20, 6),
    denominator numeric(20, 6),
    PRIMARY KEY (supplier_id, quarter, measure_id, pledge)
);
COMMENT ON TABLE supplier_figures IS 'Of measures that speak of the whole supplier: the one figure that counts at present.';

CREATE TABLE totals (
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
    mark bigint NOT NULL,
    PRIMARY KEY (quarter, measure_id, pledge, dimension, member)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
COMMENT ON TABLE totals IS 'The quarterly totals at present, with their coverage; exactly what summing the newest facts would give.';
COMMENT ON COLUMN totals.figures IS 'How many approved figures are in it; 0: nothing is known, which is not zero';
COMMENT ON COLUMN totals.mark IS 'feed.mark when it last changed';

CREATE TABLE feed (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    mark bigint NOT NULL,
    described bigint NOT NULL
);
COMMENT ON TABLE feed IS 'One row. Whoever changes totals locks it first, so that marks commit in their order.';
COMMENT ON COLUMN feed.described IS 'The mark when a measure''s description or an organisation''s name changed last';
INSERT INTO feed (mark, described) VALUES (0, 0);

CREATE TABLE quarter_marks (
    quarter date PRIMARY KEY,
    mark bigint NOT NULL
);
COMMENT ON TABLE quarter_marks IS 'The mark when a total of the quarter changed last: what its ETag is made of.';

CREATE TABLE organisations (
    organisation_id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL,
    shares_contracts boolean NOT NULL
);
COMMENT ON COLUMN organisations.shares_contracts IS 'Whether this buyer lets the ICB see single contracts';

CREATE TABLE contracts (
    contract_id uuid PRIMARY KEY,
    version integer NOT NULL,
    reference text NOT NULL,
    title text NOT NULL,
    buyers uuid[] NOT NULL,
    suppliers uuid[] NOT NULL
);

CREATE TABLE pledges (
    contract_id uuid PRIMARY KEY,
    version integer NOT NULL,
    organisation_id uuid NOT NULL,
    measures jsonb NOT NULL
);
COMMENT ON TABLE pledges IS 'Partner VCFSE: each organisation''s baselines and yearly targets.';

CREATE TABLE publications (
    publication_id uuid PRIMARY KEY,
    quarter date NOT NULL,
    number integer NOT NULL,
    published_at timestamptz NOT NULL,
    person_id uuid NOT NULL,
    entry bigint NOT NULL,
    threshold integer NOT NULL,
    totals integer NOT NULL,
    UNIQUE (quarter, number)
);
COMMENT ON TABLE publications IS 'append-only: each closing of a quarter, numbered; it never changes afterwards';
COMMENT ON COLUMN publications.entry IS 'The last entry of the ledger that it knew';

CREATE TABLE publication_positions (
    publication_id uuid NOT NULL REFERENCES publications,
    topic text NOT NULL,
    partition smallint NOT NULL,
    epoch integer NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (publication_id, topic, partition)
);
COMMENT ON TABLE publication_positions IS 'append-only: how far each partition had been heard when a publication was made';

CREATE TABLE published_totals (
    publication_id uuid NOT NULL REFERENCES publications,
    nth integer NOT NULL,
    total jsonb NOT NULL,
    PRIMARY KEY (publication_id, nth)
);
COMMENT ON TABLE published_totals IS 'append-only: the figures of a publication as they were published; hidden ones carry no value';

CREATE TABLE publication_changes (
    publication_id uuid NOT NULL REFERENCES publications,
    line_id uuid NOT NULL,
    contract_id uuid NOT NULL,
    measure_id uuid NOT NULL,
    reason text NOT NULL,
    before jsonb,
    after jsonb,
    PRIMARY KEY (publication_id, line_id)
);
COMMENT ON TABLE publication_changes IS 'append-only: which figures differ from the publication before, and why';

-- The rebuild makes everything anew from the log, in tables of the same names. They need not survive a crash: it starts again.
CREATE SCHEMA rebuild;
CREATE UNLOGGED TABLE rebuild.measures (LIKE public.measures INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.allocations (LIKE public.allocations INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.figures (LIKE public.figures INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.dues (LIKE public.dues INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.supplier_figures (LIKE public.supplier_figures INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.totals (LIKE public.totals INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.feed (LIKE public.feed INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.quarter_marks (LIKE public.quarter_marks INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.organisations (LIKE public.organisations INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.contracts (LIKE public.contracts INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.pledges (LIKE public.pledges INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.consumer_positions (LIKE public.consumer_positions INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.dead_letters (LIKE public.dead_letters INCLUDING ALL);
CREATE UNLOGGED TABLE rebuild.state (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    compared_at timestamptz
);
COMMENT ON TABLE rebuild.state IS 'Whether a rebuild is under way (empty: none), and when it was finished.';
