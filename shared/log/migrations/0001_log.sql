-- The event log of one machine: a database of its own, in which every service appends and reads.

CREATE TABLE partitions (
    topic text NOT NULL,
    partition smallint NOT NULL,
    next_offset bigint NOT NULL DEFAULT 0,
    last_position bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (topic, partition)
);
COMMENT ON TABLE partitions IS 'The end of each partition. Its row is locked while records are appended, so offsets appear in the order of their commits.';

CREATE TABLE records (
    topic text NOT NULL,
    partition smallint NOT NULL,
    log_offset bigint NOT NULL,
    position bigint NOT NULL,
    key bytea NOT NULL,
    value bytea NOT NULL,
    PRIMARY KEY (topic, partition, log_offset)
);
COMMENT ON TABLE records IS 'append-only: kept for ever, like the topics of a broker with retention.ms=-1';
