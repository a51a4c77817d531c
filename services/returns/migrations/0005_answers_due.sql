-- When a return that was sent back is to be sent again. Those sent back before have no day.

ALTER TABLE quarterly_returns ADD COLUMN sent_back_on date;
ALTER TABLE quarterly_returns ADD COLUMN answer_due_on date
CHECK (answer_due_on IS NULL OR (status = 'changes_requested' AND sent_back_on IS NOT NULL));
-- squawk-ignore require-concurrent-index-creation -- it begins empty
CREATE INDEX quarterly_returns_to_answer ON quarterly_returns (answer_due_on) WHERE answer_due_on IS NOT NULL;
