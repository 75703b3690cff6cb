"""Whose line is parked, who skipped an event and why, and the oldest transaction that writes.

Only what is parked is indexed by institution: a few rows, so that no event pays for it.
`kernel.oldest_write()` sees every session, which the app's own role may not, and tells an age only.
"""

from lianyi.kernel.migrate import run

revision = "0008"
down_revision = "0007"

SKIPPED = """
ALTER TABLE kernel.outbox
  ADD skipped_by uuid, ADD skipped_why text,
  ADD CHECK ((skipped_by IS NULL) = (skipped_why IS NULL)),
  ADD CHECK (skipped_by IS NULL OR delivered_at IS NOT NULL);
CREATE INDEX ON kernel.outbox (delivered_at) WHERE skipped_by IS NOT NULL;
"""

PARKED = """
ALTER TABLE kernel.parked ADD institution_id uuid;
UPDATE kernel.parked p SET institution_id = (o.body::json ->> 'institution_id')::uuid
  FROM kernel.outbox o WHERE o.seq = p.seq;
ALTER TABLE kernel.parked ALTER institution_id SET NOT NULL;
CREATE INDEX ON kernel.parked (institution_id);
CREATE INDEX ON kernel.errand (institution_id, id) WHERE outcome IN ('no', 'unknown');
"""

OLDEST_WRITE = """
CREATE FUNCTION kernel.oldest_write() RETURNS interval LANGUAGE sql SECURITY DEFINER
  SET search_path = '' AS $$
    SELECT pg_catalog.clock_timestamp() - pg_catalog.min(xact_start)
    FROM pg_catalog.pg_stat_activity
    WHERE backend_xid IS NOT NULL AND pid <> pg_catalog.pg_backend_pid() $$;
REVOKE EXECUTE ON FUNCTION kernel.oldest_write FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kernel.oldest_write TO lianyi_app;
"""


def upgrade() -> None:
    run(SKIPPED)
    run(PARKED)
    run(OLDEST_WRITE)
