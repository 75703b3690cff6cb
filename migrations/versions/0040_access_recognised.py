"""Who asks whom a number belongs to is counted in the log of who has read."""

from lianyi.kernel.migrate import run

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    run("CREATE INDEX ON access.log (institution_id, app_id, at) WHERE what = 'fhir_match';")
