-- Who may sign in, and as what. Only commitments writes here; the other services may read.

CREATE TABLE people (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (name <> ''),
    email text NOT NULL CHECK (email LIKE '%@%'),
    organisation_id uuid NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    created_at timestamptz NOT NULL,
    removed_at timestamptz
);
CREATE UNIQUE INDEX people_by_email ON people (lower(email)) WHERE removed_at IS NULL;
CREATE INDEX people_of_organisation ON people (organisation_id, id);

CREATE TABLE api_keys (
    id uuid PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    label text NOT NULL,
    secret_sha256 bytea NOT NULL UNIQUE,
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz
);
CREATE INDEX api_keys_of_person ON api_keys (person_id, id);

-- One row in a demonstration, none in production.
CREATE TABLE demonstration_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    at timestamptz NOT NULL
);
