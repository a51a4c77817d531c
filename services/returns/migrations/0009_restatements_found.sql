-- What is asked for is found by its line and by its contract, whether it is answered or not.

-- squawk-ignore require-concurrent-index-creation -- a deployment's own requests are indexed within a second
CREATE INDEX restatement_requests_of_line ON restatement_requests (line_id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX restatement_requests_of_contract ON restatement_requests (contract_id, request_id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX restatements_asked_of_line ON restatements_asked (line_id);
-- squawk-ignore require-concurrent-index-creation
CREATE INDEX restatements_asked_of_contract ON restatements_asked (contract_id, asked_id);
-- squawk-ignore require-concurrent-index-deletion
DROP INDEX restatements_asked_answered;
