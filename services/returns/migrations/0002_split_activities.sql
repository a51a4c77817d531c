-- One activity can be done for several contracts: each part is an activity of its own, and they never come to more than the whole.

ALTER TABLE activities ADD COLUMN whole_id uuid, ADD COLUMN whole numeric(20, 6);
-- squawk-ignore constraint-missing-not-valid -- both columns are new and empty
ALTER TABLE activities ADD CONSTRAINT whole_of_part CHECK (
    (whole_id IS NULL) = (whole IS NULL) AND (whole IS NULL OR (quantity ->> 'value')::numeric <= whole)
);
COMMENT ON COLUMN activities.whole_id IS 'The parts of one activity have the same; none where it was done for one contract';
COMMENT ON COLUMN activities.whole IS 'How much was done in all, in the unit of each part';
-- squawk-ignore require-concurrent-index-creation -- a region's activities are indexed within a second
CREATE INDEX parts_of_whole ON activities (whole_id, activity_id) WHERE whole_id IS NOT NULL AND removed_at IS NULL;
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX activities_by_day ON activities (contract_id, happened_on, activity_id) WHERE removed_at IS NULL;
