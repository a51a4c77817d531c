-- The event spine's tables, in every service's database: what it tells (outbox), how far that was sent, how far it has heard
-- others, and the events that it could not apply.

CREATE TABLE outbox (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL,
    topic text NOT NULL,
    partition smallint NOT NULL,
    position bigint,
    type text NOT NULL,
    key uuid NOT NULL,
    time timestamptz NOT NULL,
    traceparent text,
    data json NOT NULL,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_insert_scale_factor = 0.05);
COMMENT ON TABLE outbox IS 'Every event this service ever told, kept for ever: the log can be refilled from it.';
COMMENT ON COLUMN outbox.position IS '1, 2, 3, … without holes in each (topic, partition), given by the relay; empty until then';

CREATE UNIQUE INDEX outbox_position ON outbox (topic, partition, position);
CREATE INDEX outbox_unnumbered ON outbox (number) WHERE position IS NULL;

CREATE TABLE relay_watermarks (
    topic text NOT NULL,
    partition smallint NOT NULL,
    epoch integer NOT NULL,
    numbered bigint NOT NULL DEFAULT 0,
    sent bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE relay_watermarks IS 'Per partition: the last position given, and the last one that the log of this epoch acknowledged without a hole.';

CREATE TABLE consumer_positions (
    topic text NOT NULL,
    partition smallint NOT NULL,
    epoch integer NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    position bigint NOT NULL DEFAULT 0,
    furthest bigint NOT NULL DEFAULT 0,
    hole_since timestamptz,
    buried_in_a_row integer NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE consumer_positions IS 'How far this service has applied each partition. The position is the authority; the offset only says where to read on.';
COMMENT ON COLUMN consumer_positions.furthest IS 'The highest position seen; above position while something between has not come';

CREATE TABLE dead_letters (
    topic text NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL,
    key text NOT NULL,
    type text NOT NULL,
    value bytea NOT NULL,
    error text,
    buried_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition, position)
);
COMMENT ON TABLE dead_letters IS 'Events that could not be applied, and later ones of the same key behind them; empty error: behind another.';

CREATE INDEX dead_letters_key ON dead_letters (topic, key, position);
