"""What a hospital is licensed for is looked up as such, however the planner goes about it."""

from lianyi.kernel.migrate import run

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    run("CREATE INDEX ON people.department (institution_id, code) WHERE licensed;")
