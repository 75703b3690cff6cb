"""Which results an import of the installation has kept from the person, for a doctor to explain.

No app brought them, so that nothing told them from what a laboratory here has not released yet.
Those that are there are known by who wrote the version that is: the platform's own import.
"""

from lianyi.kernel.migrate import run

revision = "0064"
down_revision = "0063"

CHANGES = """
ALTER TABLE records.resource ADD by_import bool NOT NULL DEFAULT false;
UPDATE records.resource r SET by_import = true FROM records.version v
  WHERE (v.type, v.fhir_id, v.version) = (r.type, r.fhir_id, r.version)
    AND v.post_id = '7af138ba-bb53-5fea-8e6b-ec8964c7164b'
    AND r.released_at IS NULL AND r.app_id IS NULL
    AND r.type <> 'Provenance';
DROP INDEX records.resource_holder_id_owner_idx;
CREATE INDEX ON records.resource (holder_id, owner)
  WHERE released_at IS NULL AND (app_id IS NOT NULL OR by_import);
"""


def upgrade() -> None:
    run(CHANGES)
