-- Something to be told to whoever holds a role in an organisation. A service's database does not know who that is.

CREATE TABLE notices (
    id uuid PRIMARY KEY,
    key text NOT NULL UNIQUE,
    organisation_ids uuid[] NOT NULL,
    roles text[] NOT NULL,
    template text NOT NULL,
    data jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    addressed_at timestamptz
);
COMMENT ON TABLE notices IS 'Each becomes a notification per person, once the identity database was asked who they are.';
CREATE INDEX notices_to_address ON notices (id) WHERE addressed_at IS NULL;
