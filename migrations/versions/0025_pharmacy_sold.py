"""What was handed over last, for the authority over sales."""

from lianyi.kernel.migrate import run

revision = "0025"
down_revision = "0024"

PATH = """
CREATE INDEX ON pharmacy.sale (handed_at) WHERE handed_at IS NOT NULL;
"""


def upgrade() -> None:
    run(PATH)
