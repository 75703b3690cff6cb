"""What fills tables may have them looked at, which else only their owner may."""

from lianyi.kernel.migrate import run

revision = "0061"
down_revision = "0060"

ANALYZE = """
CREATE FUNCTION kernel.analyze(filled regclass) RETURNS void LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = '' AS $$
  BEGIN
    PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);  -- nothing is lost by it
    EXECUTE pg_catalog.format('ANALYZE (SKIP_LOCKED) %s', filled);
  END $$;
REVOKE EXECUTE ON FUNCTION kernel.analyze FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kernel.analyze TO lianyi_app;
"""


def upgrade() -> None:
    run(ANALYZE)
