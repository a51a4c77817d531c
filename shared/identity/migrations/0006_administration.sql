-- For the pages of administrators: people by name, and the history by time.

CREATE INDEX people_by_name ON people (lower(name), id) WHERE removed_at IS NULL;
CREATE INDEX history_by_time ON history (at, id);
