"""What waits for its release, found without looking through all that software has brought."""

from lianyi.kernel.migrate import run

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    run(
        "CREATE INDEX ON records.resource (holder_id, owner)"
        " WHERE released_at IS NULL AND app_id IS NOT NULL"
    )
