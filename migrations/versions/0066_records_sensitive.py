"""More codes tell a sensitive class, and genes are known by their type: all is looked at again."""

from lianyi.kernel.migrate import run

revision = "0066"
down_revision = "0065"

RULES = """
ALTER TABLE records.resource ALTER filed SET DEFAULT 3;
DROP INDEX records.resource_unfiled;
CREATE INDEX resource_unfiled ON records.resource (type, fhir_id) WHERE filed < 3;
CREATE OR REPLACE VIEW records.unfiled AS SELECT * FROM records.resource WHERE filed < 3;
"""


def upgrade() -> None:
    run(RULES)
