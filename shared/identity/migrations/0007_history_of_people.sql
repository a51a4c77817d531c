-- The history narrowed to what some people did, or to what was done to one kind of subject, the latest first.

-- squawk-ignore require-concurrent-index-creation -- what was done to people is indexed within seconds
CREATE INDEX history_of_person ON history (person_id, at, id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX history_of_kind ON history (subject, at, id);
