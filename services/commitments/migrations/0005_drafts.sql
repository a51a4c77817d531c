-- What a person has begun to record and can come back to: as it was typed, step by step, and nobody else's business.

CREATE TABLE drafts (
    draft_id uuid PRIMARY KEY,
    person_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('by_form', 'from_notice')),
    content jsonb NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE INDEX drafts_of_person ON drafts (person_id, updated_at DESC);
