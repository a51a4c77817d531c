-- The history for administrators: all of it, what some people did, or what was done to one kind of subject, the latest first.

-- squawk-ignore require-concurrent-index-creation -- a region's history is indexed within seconds
CREATE INDEX history_by_time ON history (at, id);
-- squawk-ignore require-concurrent-index-creation -- a region's history is indexed within seconds
CREATE INDEX history_of_person ON history (person_id, at, id);
-- squawk-ignore require-concurrent-index-creation -- a region's history is indexed within seconds
CREATE INDEX history_of_kind ON history (subject, at, id);
