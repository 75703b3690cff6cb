"""Persons, institutions with their departments, posts, licences and filings."""

from lianyi.kernel.migrate import run

revision = "0005"
down_revision = "0004"

TABLES = """
SELECT kernel.open_room('people');

CREATE TABLE people.person (
  id uuid PRIMARY KEY, name text NOT NULL CHECK (name <> ''),
  sex text NOT NULL CHECK (sex IN ('male', 'female', 'unknown')), birth_date date NOT NULL,
  id_type text NOT NULL, id_number bytea NOT NULL, id_index bytea NOT NULL UNIQUE,
  phone bytea, proof int NOT NULL CHECK (proof BETWEEN 0 AND 2),
  died_on date, merged_into uuid REFERENCES people.person CHECK (merged_into <> id),
  registered_at timestamptz NOT NULL);

CREATE TABLE people.institution (
  id uuid PRIMARY KEY, name text NOT NULL, short_name text NOT NULL, kind text NOT NULL,
  credit_code text NOT NULL, address text NOT NULL,
  parent_id uuid REFERENCES people.institution CHECK (parent_id <> id),
  level text NOT NULL, licence_number text NOT NULL, licence_until date,
  emergency_phone text NOT NULL, insurance_code text NOT NULL);
-- A second name is the same legal body as its hospital, a store as its chain.
CREATE UNIQUE INDEX ON people.institution (credit_code)
  WHERE kind NOT IN ('internet_second_name', 'store', 'online_pharmacy');
CREATE UNIQUE INDEX ON people.institution (licence_number) WHERE licence_number <> '';
CREATE INDEX ON people.institution (kind);

CREATE TABLE people.department (
  id uuid PRIMARY KEY, institution_id uuid NOT NULL REFERENCES people.institution,
  code text NOT NULL, name text NOT NULL, licensed bool NOT NULL, online bool NOT NULL,
  UNIQUE (institution_id, code));

CREATE TABLE people.post (
  id uuid PRIMARY KEY, person_id uuid NOT NULL REFERENCES people.person,
  institution_id uuid NOT NULL REFERENCES people.institution, role text NOT NULL,
  department_id uuid REFERENCES people.department, grade text NOT NULL,
  since timestamptz NOT NULL, ended_at timestamptz);
CREATE INDEX ON people.post (person_id) WHERE ended_at IS NULL;
CREATE INDEX ON people.post (institution_id, role) WHERE ended_at IS NULL;
CREATE INDEX ON people.post (department_id) WHERE ended_at IS NULL;

CREATE TABLE people.licence (
  id uuid PRIMARY KEY, person_id uuid NOT NULL REFERENCES people.person,
  register text NOT NULL, number text NOT NULL, scope text[] NOT NULL,
  main_institution_id uuid NOT NULL REFERENCES people.institution,
  practising_since date NOT NULL, checked_on date NOT NULL, valid_until date,
  superseded_at timestamptz);
CREATE UNIQUE INDEX ON people.licence (person_id, register) WHERE superseded_at IS NULL;
CREATE UNIQUE INDEX ON people.licence (register, number) WHERE superseded_at IS NULL;

CREATE TABLE people.filing (
  id uuid PRIMARY KEY, person_id uuid NOT NULL REFERENCES people.person,
  institution_id uuid NOT NULL REFERENCES people.institution, number text NOT NULL,
  filed_on date NOT NULL, main_agreed_on date, valid_until date, superseded_at timestamptz);
CREATE UNIQUE INDEX ON people.filing (person_id, institution_id) WHERE superseded_at IS NULL;
"""


def upgrade() -> None:
    run(TABLES)
