"""Sales of a seller by their prescription's number, which is typed or read out at the counter."""

from lianyi.kernel.migrate import run

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    run("CREATE INDEX ON pharmacy.sale (institution_id, (slip ->> 'number'))")
