"""Numbers are told as Slots: found by who sits and when, in sessions of a day at most."""

from lianyi.kernel.migrate import run

revision = "0048"
down_revision = "0047"


def upgrade() -> None:
    run(
        "CREATE INDEX ON booking.session (doctor_id, starts_at);"
        "CREATE INDEX ON booking.session (post_id, starts_at);"
        "CREATE INDEX ON booking.session (starts_at);"
        "ALTER TABLE booking.session ADD CHECK (ends_at - starts_at <= interval '1 day');"
    )
