"""What an audit asks of an institution in a span of days is found by that span (PRI-27).

The log lies in the order of time: an index of its ranges is small and costs a writer next to none.
"""

from lianyi.kernel.migrate import run

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    run(
        """
CREATE INDEX log_at_idx ON access.log USING brin (at);
CREATE INDEX consent_holder_idx ON access.consent (holder_id, at);
CREATE INDEX consent_receiver_idx ON access.consent (receiver_id, at);
CREATE INDEX glass_audited_idx ON access.glass (institution_id, at)"""
    )
