-- A supplier who is asked to look at an approved line again may answer that its figure is right.

ALTER TABLE restatements_asked ADD COLUMN answered_by uuid;
ALTER TABLE restatements_asked ADD COLUMN answer text
CHECK ((answer IS NULL) = (answered_by IS NULL) AND (answer IS NULL OR settled_at IS NOT NULL));
COMMENT ON TABLE restatements_asked IS 'A contract manager asks the supplier to look at an approved line again. Settled once it is restated or a change is asked for, once the supplier answers that it is right, or once the asking is withdrawn.';
-- squawk-ignore require-concurrent-index-creation -- it begins empty
CREATE INDEX restatements_asked_answered ON restatements_asked (line_id) WHERE answer IS NOT NULL;
