"""Why a case was declined is said to whoever asked for it."""

from lianyi.kernel.migrate import run

revision = "0031"
down_revision = "0030"

DECLINED = """
ALTER TABLE supervision.case ADD COLUMN declined_for text NOT NULL DEFAULT '';
UPDATE supervision.case c SET declined_for = h.why FROM kernel.history h
  WHERE h.thing = 'supervision.case' AND h.thing_id = c.id AND h.verb = 'reject';
ALTER TABLE supervision.case ADD CHECK (state <> 'rejected' OR declined_for <> '');
"""


def upgrade() -> None:
    run(DECLINED)
