-- People who sign in by an OpenID Connect provider. No other service's role may read these tables.

CREATE TABLE IF NOT EXISTS provider_accounts (
    issuer text NOT NULL,
    subject text NOT NULL,
    person_id uuid NOT NULL REFERENCES people,
    PRIMARY KEY (issuer, subject)
);
CREATE INDEX IF NOT EXISTS provider_accounts_of_person ON provider_accounts (person_id);

CREATE TABLE IF NOT EXISTS provider_sessions (
    secret_sha256 bytea PRIMARY KEY REFERENCES sessions ON DELETE CASCADE,
    id_token text NOT NULL
);
COMMENT ON TABLE provider_sessions IS 'What the provider wants to see again when such a session is signed out of';

-- squawk-ignore require-concurrent-index-creation -- people are indexed within a second
CREATE INDEX IF NOT EXISTS people_by_email_ever ON people (lower(email));
