"""What was imported is found by whose it is, not by what a file called them."""

from lianyi.kernel.migrate import run

revision = "0054"
down_revision = "0053"

# What a body says no more is filed anew: `lianyi migrate` does so with what is behind.
BEHIND = """
UPDATE records.resource r SET filed = 0 FROM records.link l
WHERE (l.type, l.fhir_id, l.version) = (r.type, r.fhir_id, r.version) AND l.to_type = 'Patient'
  AND r.body <> '' AND position('Patient/' || l.to_id IN r.body) = 0
"""


def upgrade() -> None:
    run(BEHIND)
