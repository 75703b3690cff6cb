"""All that a resource is found by says whose it is; what something is, is found newest first."""

from lianyi.kernel.migrate import run

revision = "0055"
down_revision = "0054"

# Made anew: to change every row where it is would write it into every index once more.
TABLE = """
DROP INDEX {indexes};
ALTER TABLE records.{name} RENAME TO {name}_before;
CREATE TABLE records.{name} (
  owner uuid NOT NULL, type text NOT NULL, fhir_id text NOT NULL, version int NOT NULL,
  name text NOT NULL, {held}, part int2 NOT NULL);
INSERT INTO records.{name} SELECT r.owner, k.* FROM records.{name}_before k
  JOIN records.resource r USING (type, fhir_id);
DROP TABLE records.{name}_before;
CREATE INDEX ON records.{name} (type, fhir_id);
"""
WORD = TABLE.format(
    name="word",
    held="value text NOT NULL, exact text NOT NULL",
    indexes="""records.word_type_fhir_id_idx, records.word_type_name_value_idx,
      records.word_pieces_idx""",
)
MOMENT = TABLE.format(
    name="moment",
    held="low timestamptz NOT NULL, high timestamptz NOT NULL",
    indexes="records.moment_type_fhir_id_idx, records.moment_type_name_low_high_idx",
)
AMOUNT = TABLE.format(
    name="amount",
    held="""low numeric NOT NULL, high numeric NOT NULL,
      system text NOT NULL, code text NOT NULL, unit text NOT NULL""",
    indexes="""records.amount_type_fhir_id_idx, records.amount_type_name_low_high_idx,
      records.amount_type_name_high_low_idx""",
)
LINK = TABLE.format(
    name="link",
    held="to_type text NOT NULL, to_id text NOT NULL",
    indexes="records.link_type_fhir_id_idx, records.link_to_type_to_id_type_name_idx",
)
INDEXES = """
CREATE INDEX ON records.word (type, name, value);
CREATE INDEX ON records.word USING gin (records.pieces(value)) WHERE name NOT LIKE '%:text';
CREATE INDEX ON records.moment (type, name, low, high);
CREATE INDEX ON records.amount (type, name, low, high);
CREATE INDEX ON records.amount (type, name, high, low);
CREATE INDEX ON records.link (to_type, to_id, type, name);

-- Whose it is no more: of one person's, and of everybody's, the newest first. What is of one
-- instant is put into its order by who asks.
DROP INDEX records.token_owner_type_value_at_fhir_id_idx;
CREATE INDEX ON records.token (owner, type, value, at DESC) WHERE name = 'code';
CREATE INDEX ON records.token (type, value, at DESC) WHERE name = 'code';
"""


def upgrade() -> None:
    run(WORD + MOMENT + AMOUNT + LINK + INDEXES)
