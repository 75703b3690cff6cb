"""What the agency is shown: the credential it gave a person, and only what may be claimed at all.

A claim is born in `opened`, so that is where the law holds; those made before stay what they were.
"""

from lianyi.kernel.migrate import run

revision = "0065"
down_revision = "0064"

CHANGES = """
ALTER TABLE insurance.cover ADD COLUMN credential bytea;
-- CON-26, INS-16: an online visit is claimed as the follow-up of a disease, or not at all.
ALTER TABLE insurance.claim ADD CONSTRAINT claim_of_follow_up
  CHECK (state <> 'opened' OR subject_type <> 'consult' OR (online AND diagnosis <> '')) NOT VALID;
-- INS-17: a shop claims what was prescribed.
ALTER TABLE insurance.claim ADD CONSTRAINT claim_of_prescription
  CHECK (state <> 'opened' OR kind <> 'pharmacy' OR prescription_id IS NOT NULL) NOT VALID;
"""


def upgrade() -> None:
    run(CHANGES)
