-- How people prove who they are. No other service's role may read these tables; see deploy/database/provision.py.

CREATE TABLE passwords (
    person_id uuid PRIMARY KEY REFERENCES people,
    hash text NOT NULL,
    set_at timestamptz NOT NULL
);
COMMENT ON COLUMN passwords.hash IS 'argon2id, with its salt and parameters';

CREATE TABLE one_time_links (
    secret_sha256 bytea PRIMARY KEY,
    person_id uuid NOT NULL REFERENCES people,
    purpose text NOT NULL CHECK (purpose IN ('set_password', 'sign_in', 'second_step')),
    made_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX one_time_links_of_person ON one_time_links (person_id) WHERE used_at IS NULL;

CREATE TABLE attempts (
    subject_sha256 bytea PRIMARY KEY,
    number integer NOT NULL,
    since timestamptz NOT NULL
);
COMMENT ON TABLE attempts IS 'How often somebody tried to sign in to an account, or from an address, of late';

CREATE TABLE second_steps (
    person_id uuid PRIMARY KEY REFERENCES people,
    secret text NOT NULL,
    last_step bigint NOT NULL DEFAULT 0,
    turned_on_at timestamptz NOT NULL
);
COMMENT ON COLUMN second_steps.secret IS 'What the codes of RFC 6238 are made of; base32';
COMMENT ON COLUMN second_steps.last_step IS 'The half minute whose code was used last: no code is good twice';

CREATE TABLE recovery_codes (
    person_id uuid NOT NULL REFERENCES people,
    code_sha256 bytea NOT NULL,
    used_at timestamptz,
    PRIMARY KEY (person_id, code_sha256)
);

ALTER TABLE sessions ADD COLUMN device text NOT NULL DEFAULT '';
COMMENT ON COLUMN sessions.device IS 'The browser, in words that its owner recognises';
