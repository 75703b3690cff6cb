"""An institution's patients are a group, also where it was registered before there were groups.

What is written here is found once it is filed, which each start sees to (`lianyi migrate`).
"""

from lianyi.kernel.migrate import run

revision = "0046"
down_revision = "0045"

# As `people.fhir.patients_of` has it, in the post of the followers that publish the directory.
SQL = """
WITH missing AS (
    SELECT i.id, '{"resourceType":"Group","id":"' || i.id || '","active":true,"type":"person",'
      || '"actual":true,"name":' || to_json(i.short_name || '的患者')
      || ',"managingEntity":{"reference":"Organization/' || i.id || '"}}' AS body
    FROM people.institution i
    WHERE NOT EXISTS (SELECT FROM records.resource r
                      WHERE r.type = 'Group' AND r.fhir_id = i.id::text)),
now AS (
    INSERT INTO records.resource (type, fhir_id, owner, holder_id, version, at, recorded_at,
      released_at, status, in_error, classes, body, filed)
    SELECT 'Group', id, id, id, 1, transaction_timestamp(), transaction_timestamp(),
      transaction_timestamp(), '', false, '{}', body, 0
    FROM missing RETURNING *)
INSERT INTO records.version (type, fhir_id, version, post_id, at, released, classes, body,
  holder_id)
SELECT type, fhir_id, version, '1e40203f-baf4-5987-a908-8833879dffaa', at, true, classes, body,
  holder_id FROM now"""


def upgrade() -> None:
    run(SQL)
