-- What a booking costs PostgreSQL alone: hold, then confirm, each one minimal statement of its own
-- transaction. pgbench plays it; it is the limit the product is measured against and never follows
-- the product's own tables.
\set slot random(1, 100000)
\set person random(1, 1000000)
WITH taken AS (
  UPDATE bench.slot SET taken = taken + 1 WHERE id = :slot AND taken < capacity RETURNING id),
held AS (
  INSERT INTO bench.appointment (slot_id, person_id, state, expires_at)
  SELECT id, :person, 'held', now() + interval '15 min' FROM taken RETURNING id),
sent AS (
  INSERT INTO bench.outbox (name, appointment_id) SELECT 'held', id FROM held)
SELECT id AS appointment FROM held \gset
WITH kept AS (
  UPDATE bench.appointment SET state = 'confirmed'
  WHERE id = :appointment AND state = 'held' AND expires_at > now() RETURNING id)
INSERT INTO bench.outbox (name, appointment_id) SELECT 'confirmed', id FROM kept;
