"""Quantities are found in every unit of UCUM: what was filed in its own only is filed again."""

from lianyi.kernel.migrate import run

revision = "0037"
down_revision = "0036"

RULES = """
ALTER TABLE records.resource ALTER filed SET DEFAULT 2;
DROP INDEX records.resource_unfiled;
CREATE INDEX resource_unfiled ON records.resource (type, fhir_id) WHERE filed < 2;
CREATE OR REPLACE VIEW records.unfiled AS SELECT * FROM records.resource WHERE filed < 2;
"""


def upgrade() -> None:
    run(RULES)
