-- What public notices propose. Releases are kept as far as they were read, so that a later one is laid over the earlier.

CREATE TABLE notice_releases (
    ocid text NOT NULL,
    release_id text NOT NULL,
    released_at timestamptz NOT NULL,
    file text NOT NULL,
    body jsonb NOT NULL,
    imported_at timestamptz NOT NULL,
    imported_by uuid NOT NULL,
    PRIMARY KEY (ocid, release_id, released_at)
);
COMMENT ON TABLE notice_releases IS 'append-only: every release that was imported, without the parts that are not read';

CREATE TABLE proposals (
    proposal_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    ocid text NOT NULL,
    award_id text,
    ocds_contract_id text,
    status text NOT NULL CHECK (status IN ('waiting', 'confirmed', 'changed', 'declined', 'fallen')),
    buyer_id uuid REFERENCES organisations,
    imported_for uuid NOT NULL,
    standing jsonb NOT NULL,
    settled jsonb,
    changes jsonb NOT NULL,
    contract_ids uuid[] NOT NULL,
    CHECK ((status IN ('confirmed', 'changed')) = (settled IS NOT NULL))
);
COMMENT ON COLUMN proposals.buyer_id IS 'The lead buyer, where its identifier is known here';
COMMENT ON COLUMN proposals.imported_for IS 'The organisation of the person who imported it first';
COMMENT ON COLUMN proposals.standing IS 'The contract as all releases together say';
COMMENT ON COLUMN proposals.settled IS 'The contract as it stood when a person decided last';
COMMENT ON COLUMN proposals.changes IS 'What the releases say otherwise since a person decided last';
CREATE UNIQUE INDEX proposals_by_notice ON proposals (ocid, coalesce(award_id, ''), coalesce(ocds_contract_id, ''));
CREATE INDEX proposals_of_buyer ON proposals (buyer_id, proposal_id);
CREATE INDEX proposals_imported_for ON proposals (imported_for, proposal_id);
