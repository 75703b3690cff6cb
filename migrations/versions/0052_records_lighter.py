"""What resources are found by is filed in indexes that say once what many rows share."""

from lianyi.kernel.migrate import run

revision = "0052"
down_revision = "0051"

# An index whose rows end in an id says each value as often as there are rows; without it, one list
# of places stands beside each value, and rows of one value go to one page.
TABLES = """
DROP INDEX records.token_type_name_value_fhir_id_idx;
CREATE INDEX ON records.token (type, name, value);
DROP INDEX records.token_type_name_substr_fhir_id_idx;
CREATE INDEX ON records.token (type, name, substr(value, strpos(value, '|') + 1));
DROP INDEX records.word_type_name_value_fhir_id_idx;
CREATE INDEX ON records.word (type, name, value);

-- By whose it is, the newest first, only what something is (`code`) is asked for.
DROP INDEX records.token_owner_type_name_value_at_fhir_id_idx;
CREATE INDEX ON records.token (owner, type, value, at DESC, fhir_id DESC) WHERE name = 'code';

-- The names of what one resource is found by are few enough to be looked through.
DROP INDEX records.token_type_fhir_id_name_idx;
CREATE INDEX ON records.token (type, fhir_id);
DROP INDEX records.word_type_fhir_id_name_idx;
CREATE INDEX ON records.word (type, fhir_id);
DROP INDEX records.moment_type_fhir_id_name_idx;
CREATE INDEX ON records.moment (type, fhir_id);
DROP INDEX records.amount_type_fhir_id_name_idx;
CREATE INDEX ON records.amount (type, fhir_id);
DROP INDEX records.link_type_fhir_id_name_idx;
CREATE INDEX ON records.link (type, fhir_id);

-- The same pieces as before, found by what the server does letter by letter by itself: every two
-- letters from the first and from the second on, and each that may be a word by itself. A control
-- character parts them. Not STRICT, so that it becomes a part of what asks.
DROP INDEX records.word_pieces_idx;
CREATE OR REPLACE FUNCTION records.pieces(value text) RETURNS text[]
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT array_remove(string_to_array(
      regexp_replace(value, '(..)|.', E'\\\\1\\x01', 'g')
      || regexp_replace(substr(value, 2), '(..)|.', E'\\\\1\\x01', 'g'), E'\\x01'), '')
    || string_to_array(regexp_replace(value, E'[\\x01-\\x7f]+', '', 'g'), NULL)$$;
CREATE INDEX ON records.word USING gin (records.pieces(value)) WHERE name NOT LIKE '%:text';
"""


def upgrade() -> None:
    run(TABLES)
