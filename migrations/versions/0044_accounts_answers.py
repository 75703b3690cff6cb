"""What somebody has answered to an app is remembered, so that it does not ask again and again."""

from lianyi.kernel.migrate import run

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    run(
        """
        ALTER TABLE accounts.ask ADD COLUMN answered_by uuid, ADD COLUMN agreed boolean;
        CREATE INDEX ON accounts.ask (answered_by, client_id, used_at)
          WHERE answered_by IS NOT NULL;
        """
    )
