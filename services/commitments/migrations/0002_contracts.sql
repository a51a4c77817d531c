-- What was awarded and what is owed. The past is never rewritten: obligations are kept in every version.

CREATE TABLE contracts (
    contract_id uuid PRIMARY KEY,
    version integer NOT NULL CHECK (version > 0),
    reference text NOT NULL CHECK (reference <> ''),
    lead_buyer_id uuid NOT NULL REFERENCES organisations,
    ocid text,
    award_id text,
    ocds_contract_id text,
    form text NOT NULL CHECK (form IN ('contract', 'framework', 'lot', 'call_off', 'pledge')),
    parent_id uuid REFERENCES contracts,
    title text NOT NULL CHECK (title <> ''),
    value numeric(20, 6) CHECK (value >= 0),
    currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    awarded_ends_on date NOT NULL,
    legal_regime text CHECK (legal_regime IN ('pa2023', 'psr', 'pcr2015', 'light_touch', 'below_threshold')),
    places jsonb NOT NULL,
    weights jsonb,
    tender_days integer CHECK (tender_days >= 0),
    baselines jsonb NOT NULL,
    recorded_at timestamptz NOT NULL,
    CHECK (starts_on <= ends_on AND ends_on <= awarded_ends_on),
    CONSTRAINT contracts_by_reference UNIQUE (lead_buyer_id, reference)
);
CREATE UNIQUE INDEX contracts_by_notice ON contracts (ocid, coalesce(award_id, ''), coalesce(ocds_contract_id, ''), reference)
    WHERE ocid IS NOT NULL;
CREATE INDEX contracts_under ON contracts (parent_id) WHERE parent_id IS NOT NULL;

CREATE TABLE contract_parties (
    contract_id uuid NOT NULL REFERENCES contracts,
    part text NOT NULL CHECK (part IN ('buyer', 'supplier')),
    organisation_id uuid NOT NULL REFERENCES organisations,
    number integer NOT NULL,
    lead boolean NOT NULL,
    share numeric(20, 6) CHECK (share > 0 AND share <= 1),
    PRIMARY KEY (contract_id, part, organisation_id)
);
CREATE UNIQUE INDEX contract_parties_one_lead ON contract_parties (contract_id, part) WHERE lead;
CREATE INDEX contract_parties_of_organisation ON contract_parties (organisation_id, part, contract_id);

CREATE TABLE obligations (
    obligation_id uuid PRIMARY KEY,
    contract_id uuid NOT NULL REFERENCES contracts,
    number integer NOT NULL,
    reference text NOT NULL CHECK (reference <> ''),
    side text NOT NULL CHECK (side IN ('core_service', 'social_value')),
    owner_id uuid,
    method_statement text,
    relevant text,
    proportionate text,
    additional text,
    CONSTRAINT obligations_by_reference UNIQUE (contract_id, reference)
);

CREATE TABLE obligation_versions (
    obligation_id uuid NOT NULL REFERENCES obligations,
    version integer NOT NULL CHECK (version > 0),
    from_quarter date NOT NULL,
    wording text NOT NULL,
    terms jsonb NOT NULL,
    targets jsonb NOT NULL,
    reason text,
    recorded_at timestamptz NOT NULL,
    recorded_by uuid NOT NULL,
    PRIMARY KEY (obligation_id, version),
    CHECK ((version = 1) OR (reason IS NOT NULL))
);
COMMENT ON TABLE obligation_versions IS 'append-only: an obligation as it was promised, and each variation of it';
