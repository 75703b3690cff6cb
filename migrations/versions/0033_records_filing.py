"""Texts are found by what stands inside them; what was filed under older rules is filed again."""

from lianyi.kernel.migrate import run

revision = "0033"
down_revision = "0032"

TABLES = """
-- The pairs of letters in a text, and each letter that may be a word by itself, as in Chinese.
CREATE FUNCTION records.pieces(value text) RETURNS text[]
  LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array_agg(DISTINCT piece) FROM (
    SELECT substr(value, n, 2) FROM generate_series(1, greatest(length(value) - 1, 1)) n
    UNION ALL
    SELECT substr(value, n, 1) FROM generate_series(1, length(value)) n
    WHERE ascii(substr(value, n, 1)) > 127) AS of (piece)$$;
-- Words beside a code (`code:text`) are asked for by their beginning only.
CREATE INDEX ON records.word USING gin (records.pieces(value)) WHERE name NOT LIKE '%:text';

-- More than, which asks for the upper end of a range.
CREATE INDEX ON records.amount (type, name, high, low);

-- What a resource is found by may come to mean more. Then a migration raises the default, and draws
-- the view and its index anew; `lianyi migrate` files again what is behind.
ALTER TABLE records.resource ADD filed int2 NOT NULL DEFAULT 0;
ALTER TABLE records.resource ALTER filed SET DEFAULT 1;
CREATE INDEX resource_unfiled ON records.resource (type, fhir_id) WHERE filed < 1;
CREATE VIEW records.unfiled AS SELECT * FROM records.resource WHERE filed < 1;
"""


def upgrade() -> None:
    run(TABLES)
