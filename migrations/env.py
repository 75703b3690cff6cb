"""How Alembic reaches the database: through the connection that `lianyi.kernel.migrate` holds."""

from alembic import context
from sqlalchemy import text

connection = context.config.attributes["connection"]
connection.execute(text("CREATE SCHEMA IF NOT EXISTS kernel"))
context.configure(connection=connection, version_table_schema="kernel", transactional_ddl=True)
with context.begin_transaction():
    context.run_migrations()
