"""What a doctor still has to decide of, found without looking through all they ever wrote."""

from lianyi.kernel.migrate import run

revision = "0050"
down_revision = "0049"


def upgrade() -> None:
    run(
        "CREATE INDEX ON prescribing.prescription (prescriber_id, held_at)"
        " WHERE held_at IS NOT NULL"
    )
