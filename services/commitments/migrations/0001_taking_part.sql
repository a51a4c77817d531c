-- Who takes part, and what may be measured. People are not here: they and their keys live in the identity database.

CREATE TABLE organisations (
    organisation_id uuid PRIMARY KEY,
    version integer NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    sector text NOT NULL,
    place text,
    buyer boolean NOT NULL,
    supplier boolean NOT NULL,
    icb_sees text NOT NULL,
    escalates_to_icb boolean NOT NULL,
    executive_id uuid,
    CHECK (buyer OR supplier)
);
COMMENT ON COLUMN organisations.icb_sees IS 'Of a buyer: what the ICB may see, totals only or single contracts too';
COMMENT ON COLUMN organisations.executive_id IS 'The person at the end of the buyer''s clock; the name is in the identity database';
CREATE INDEX organisations_by_name ON organisations (lower(name), organisation_id);

CREATE TABLE organisation_identifiers (
    organisation_id uuid NOT NULL REFERENCES organisations,
    scheme text NOT NULL,
    id text NOT NULL,
    PRIMARY KEY (organisation_id, scheme, id)
);
CREATE UNIQUE INDEX organisation_by_identifier ON organisation_identifiers (upper(scheme), upper(id));

CREATE TABLE frameworks (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    version integer NOT NULL,
    event_version integer NOT NULL,
    loaded_at timestamptz NOT NULL,
    UNIQUE (name, version)
);
COMMENT ON COLUMN frameworks.event_version IS 'Counts the changes of this version''s measures, such as a confirmed unit';

CREATE TABLE measures (
    framework_id uuid NOT NULL REFERENCES frameworks,
    code text NOT NULL,
    label text NOT NULL,
    unit text NOT NULL,
    kind text NOT NULL,
    direction text NOT NULL,
    over_time text NOT NULL,
    scope text NOT NULL,
    theme text NOT NULL,
    outcome text NOT NULL,
    overlapping text[] NOT NULL,
    suppress boolean NOT NULL,
    partner_vcfse boolean NOT NULL,
    status text NOT NULL CHECK (status IN ('active', 'inactive', 'to_confirm')),
    note text NOT NULL,
    PRIMARY KEY (framework_id, code)
);

CREATE TABLE buyer_measures (
    buyer_id uuid NOT NULL REFERENCES organisations,
    code text NOT NULL,
    label text NOT NULL,
    unit text NOT NULL,
    kind text NOT NULL,
    direction text NOT NULL,
    over_time text NOT NULL,
    PRIMARY KEY (buyer_id, code)
);
COMMENT ON TABLE buyer_measures IS 'append-only: measures of a buyer''s own, for core KPIs that no framework has';

CREATE VIEW catalogue AS
SELECT f.name AS framework, f.version AS framework_version, m.code, m.label, m.unit, m.kind, m.direction, m.over_time, m.scope,
       m.theme, m.outcome, m.overlapping, m.suppress, m.partner_vcfse, NULL::uuid AS buyer_id, m.status, m.note, f.loaded_at
FROM frameworks AS f JOIN measures AS m ON m.framework_id = f.id
WHERE f.version = (SELECT max(newest.version) FROM frameworks AS newest WHERE newest.name = f.name)
UNION ALL
SELECT 'own', 1, b.code, b.label, b.unit, b.kind, b.direction, b.over_time, 'contract',
       '', '', '{}', false, false, b.buyer_id, 'active', '', NULL
FROM buyer_measures AS b;
COMMENT ON VIEW catalogue IS 'What may be promised now: the newest version of each framework, and every buyer''s own measures';
