-- Signed-in people. Only the hash of what a browser holds is kept.

CREATE TABLE sessions (
    secret_sha256 bytea PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    begun_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE INDEX sessions_of_person ON sessions (person_id) WHERE ended_at IS NULL;
