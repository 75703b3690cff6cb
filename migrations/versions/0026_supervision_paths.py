"""How authorities find things: a report by its receipt, a pack by its code, a claim by its day."""

from lianyi.kernel.migrate import run

revision = "0026"
down_revision = "0025"

PATHS = """
CREATE INDEX ON supervision.upload (receipt) WHERE receipt <> '';
CREATE INDEX ON pharmacy.scan (trace_code);
CREATE INDEX ON pharmacy.sale (handed_at) WHERE handed_at IS NOT NULL;
CREATE INDEX ON insurance.claim (institution_id, at);
CREATE INDEX ON insurance.books (day DESC, institution_id, scheme);
CREATE INDEX ON insurance.claim (at);
"""


def upgrade() -> None:
    run(PATHS)
