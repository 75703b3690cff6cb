"""What other software brings: by which app, and the history of an institution's writing."""

from lianyi.kernel.migrate import run

revision = "0035"
down_revision = "0034"

COLUMNS = """
-- The app that brought a resource, or a version; none where this network's own acts wrote it.
ALTER TABLE records.resource ADD app_id uuid;
ALTER TABLE records.version ADD app_id uuid, ADD holder_id uuid;

-- What an institution wrote, the newest first. Who wrote the versions there are is known.
ALTER TABLE records.version DISABLE TRIGGER append_only;
UPDATE records.version v SET holder_id = r.holder_id
FROM records.resource r WHERE r.type = v.type AND r.fhir_id = v.fhir_id;
ALTER TABLE records.version ENABLE TRIGGER append_only, ALTER holder_id SET NOT NULL;
CREATE INDEX ON records.version (holder_id, at DESC, seq DESC);
"""


def upgrade() -> None:
    run(COLUMNS)
