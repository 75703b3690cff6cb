"""Which few have an amount, and whose they are, the index that finds it tells by itself."""

from lianyi.kernel.migrate import run

revision = "0063"
down_revision = "0062"

# Whether few have it is asked before any search over many persons, of as many rows as are few,
# which lie all over the table. Amounts are no texts: an index says each as often as there are rows
# whatever stands behind it.
TABLES = """
DROP INDEX records.amount_type_name_low_high_idx;
CREATE INDEX ON records.amount (type, name, low, high) INCLUDE (owner, fhir_id, version);
DROP INDEX records.amount_type_name_high_low_idx;
CREATE INDEX ON records.amount (type, name, high, low) INCLUDE (owner, fhir_id, version);
"""


def upgrade() -> None:
    run(TABLES)
