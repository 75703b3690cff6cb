"""The online visits of an institution by when they were asked for, for its quality figures."""

from lianyi.kernel.migrate import run

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    run("CREATE INDEX ON consult.visit (institution_id, at)")
