"""The kernel's tables, the app's role, and what every later migration says its laws with.

`kernel.open_room('people')` makes a room's schema in which the app may read and write;
`kernel.append_only('access.log')` takes back what would let it change or remove a row.
"""

from lianyi.kernel.migrate import run

revision = "0001"
down_revision = None

ROLE = """
DO $$BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'lianyi_app') THEN
    CREATE ROLE lianyi_app NOLOGIN;
    GRANT lianyi_app TO CURRENT_USER;
  ELSIF NOT pg_has_role(CURRENT_USER, 'lianyi_app', 'MEMBER') THEN
    GRANT lianyi_app TO CURRENT_USER;
  END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
  NULL;  -- another database of this server was migrated at the same moment
END$$;
"""

LAWS = """
CREATE FUNCTION kernel.open_room(room text) RETURNS void LANGUAGE plpgsql AS $$BEGIN
  EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', room);
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO lianyi_app', room);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT SELECT, INSERT, UPDATE, DELETE'
                 ' ON TABLES TO lianyi_app', room);
  EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA %I GRANT USAGE ON SEQUENCES TO lianyi_app',
                 room);
END$$;

CREATE FUNCTION kernel.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END$$;

CREATE FUNCTION kernel.append_only(log regclass) RETURNS void LANGUAGE plpgsql AS $$BEGIN
  EXECUTE format('REVOKE UPDATE, DELETE, TRUNCATE ON %s FROM lianyi_app', log);
  EXECUTE format('CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON %s'
                 ' FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change()', log);
END$$;

REVOKE EXECUTE ON FUNCTION kernel.open_room, kernel.append_only FROM PUBLIC;
SELECT kernel.open_room('kernel');
GRANT SELECT ON kernel.alembic_version TO lianyi_app;
"""

TABLES = """
CREATE TABLE kernel.once (
  post_id uuid, key text, fingerprint text NOT NULL, answer text, at timestamptz NOT NULL,
  PRIMARY KEY (post_id, key));
CREATE INDEX ON kernel.once (at);

CREATE TABLE kernel.history (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  thing text NOT NULL, thing_id uuid NOT NULL, verb text NOT NULL, before text, after text NOT NULL,
  post_id uuid NOT NULL, at timestamptz NOT NULL, why text NOT NULL);
CREATE INDEX ON kernel.history (thing_id);
SELECT kernel.append_only('kernel.history');

CREATE TABLE kernel.outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tx xid8 NOT NULL DEFAULT pg_current_xact_id(),
  name text NOT NULL, body text NOT NULL, owner uuid NOT NULL, lane int NOT NULL,
  at timestamptz NOT NULL, delivered_at timestamptz);
CREATE INDEX ON kernel.outbox (lane, tx, seq) WHERE delivered_at IS NULL;

CREATE TABLE kernel.followed (seq bigint, follower text, PRIMARY KEY (seq, follower));

CREATE TABLE kernel.parked (
  owner uuid PRIMARY KEY, seq bigint NOT NULL, tries int NOT NULL, next_at timestamptz NOT NULL,
  trouble text NOT NULL);

CREATE TABLE kernel.errand (
  id uuid PRIMARY KEY, kind text NOT NULL, thing_id uuid NOT NULL, institution_id uuid NOT NULL,
  request bytea, tries int NOT NULL DEFAULT 0, next_at timestamptz NOT NULL,
  outcome text CHECK (outcome IN ('yes', 'no', 'unknown')));
CREATE INDEX ON kernel.errand (next_at) WHERE outcome IS NULL OR outcome = 'unknown';
CREATE INDEX ON kernel.errand (thing_id);

CREATE TABLE kernel.timer (
  thing_id uuid, timer text, due_at timestamptz NOT NULL,
  name text NOT NULL, body text NOT NULL, owner uuid NOT NULL, lane int NOT NULL,
  PRIMARY KEY (thing_id, timer));
CREATE INDEX ON kernel.timer (due_at);

-- Its one row says that this database is a demo, how far its clock was moved forward, and whether
-- the demo network is in it.
CREATE TABLE kernel.demo (
  single bool PRIMARY KEY DEFAULT true CHECK (single),
  offset_ms bigint NOT NULL CHECK (offset_ms >= 0), seeded bool NOT NULL DEFAULT false);
REVOKE INSERT, DELETE, TRUNCATE ON kernel.demo FROM lianyi_app;
"""


def upgrade() -> None:
    run(ROLE)
    run(LAWS)
    run(TABLES)
