"""What two parameters read alike is filed once; what is filed twice is let go, page by page."""

from lianyi.kernel.migrate import run

revision = "0060"
down_revision = "0059"

# A search asks for none of these rows any more. `lianyi migrate` lets them go after this, a piece
# at a time; where each table has been looked through up to.
TABLES = """
CREATE TABLE records.sweep (name text PRIMARY KEY, page bigint NOT NULL);
INSERT INTO records.sweep SELECT name, 0
  FROM unnest(ARRAY['token', 'word', 'amount', 'link']) AS of (name)
  WHERE EXISTS (SELECT FROM records.resource);
"""


def upgrade() -> None:
    run(TABLES)
