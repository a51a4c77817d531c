-- By when a supplier is to send a return again that was sent back, for lists.

ALTER TABLE return_versions ADD COLUMN answer_due_on date;
ALTER TABLE returns ADD COLUMN answer_due_on date;
