"""Exports of some persons and of some elements; whom the searches of an app have shown today."""

from lianyi.kernel.migrate import run

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    run(
        """
ALTER TABLE access.export
  ADD patients uuid[] NOT NULL DEFAULT '{}',
  ADD elements text[] NOT NULL DEFAULT '{}';
ALTER TABLE access.export ALTER patients DROP DEFAULT, ALTER elements DROP DEFAULT;
CREATE TABLE access.shown (
  institution_id uuid NOT NULL,
  app_id uuid NOT NULL,
  reader_id uuid NOT NULL,
  day date NOT NULL,
  person_ids uuid[] NOT NULL,
  PRIMARY KEY (institution_id, app_id, reader_id))"""
    )
