-- The tables of booking.sql: as few columns and indexes as a booking can do with.
CREATE SCHEMA bench;
CREATE TABLE bench.slot (
  id int PRIMARY KEY, capacity int NOT NULL, taken int NOT NULL DEFAULT 0) WITH (fillfactor = 50);
CREATE TABLE bench.appointment (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, slot_id int NOT NULL, person_id int NOT NULL,
  state text NOT NULL, expires_at timestamptz NOT NULL) WITH (fillfactor = 70);
CREATE TABLE bench.outbox (
  seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text NOT NULL,
  appointment_id bigint NOT NULL);
INSERT INTO bench.slot (id, capacity) SELECT n, 1000000 FROM generate_series(1, 100000) AS n;
ANALYZE bench.slot;
