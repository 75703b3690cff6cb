"""What institutions and persons have said of apps is kept (PRI-10): nobody deletes it."""

from lianyi.kernel.migrate import run

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    for table in ("access.approval", "access.permission", "accounts.client", "accounts.lease"):
        run(
            f"CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION kernel.refuse_change();"
            f" REVOKE DELETE, TRUNCATE ON {table} FROM lianyi_app;"
        )
