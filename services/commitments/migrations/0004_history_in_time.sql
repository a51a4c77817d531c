-- For the administrators' page of everything that was done.

-- squawk-ignore require-concurrent-index-creation -- a region's history is indexed within seconds
CREATE INDEX IF NOT EXISTS history_by_time ON history (at, id);
