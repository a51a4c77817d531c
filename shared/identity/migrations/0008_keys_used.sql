-- A key that nobody uses any more can be revoked. Only the day is kept, so that requests seldom write.
ALTER TABLE api_keys ADD COLUMN last_used_on date;
