-- For the pages of administrators: people by name, and the history by time.

-- squawk-ignore require-concurrent-index-creation -- people, and what was done to them, are indexed within seconds
CREATE INDEX IF NOT EXISTS people_by_name ON people (lower(name), id) WHERE removed_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX IF NOT EXISTS history_by_time ON history (at, id);
