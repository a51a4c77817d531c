-- Tasks that were written down by mistake, and those that are overdue.

ALTER TABLE meeting_tasks
    ADD COLUMN removed_at timestamptz,
    ADD COLUMN removed_by uuid,
    ADD COLUMN removed_because text;
COMMENT ON COLUMN meeting_tasks.removed_because IS 'As the buyer said it; a removed task is shown nowhere but in the history';
-- squawk-ignore require-concurrent-index-creation -- a deployment's own tasks are indexed within a second
CREATE INDEX meeting_tasks_open ON meeting_tasks (contract_id, due_on) WHERE done_at IS NULL AND removed_at IS NULL;
