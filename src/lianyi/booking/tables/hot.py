"""Hold and confirm: the busiest acts of the platform, each one statement.

They are made from the same table of moves as all others and leave the same traces. They do not go
through `begin` and `advance` because a round trip costs more than the work it asks for.
"""

from functools import cache

from lianyi.booking import events
from lianyi.booking.model import AppointmentState, Origin, Payment
from lianyi.booking.states import APPOINTMENT
from lianyi.kernel import once
from lianyi.kernel.actor import Role
from lianyi.kernel.outbox import COLUMNS

TIMER = "hold"
KIND = "Appointment"  # what an appointment is as FHIR, which the scopes of an app name
GOT = """id AS appointment_id, institution_id, session_id, person_id, number, starts_at, ends_at,
         expires_at, origin, fee_code, fee_label, fee_fen, payment"""
FREE = """SELECT s.session_id, s.number, s.starts_at, s.ends_at, s.holder_id, e.institution_id,
            e.department_id, e.day, e.fee_code, e.fee_label, e.fee_fen, e.payment
          FROM booking.slot s JOIN booking.session e ON e.id = s.session_id
          WHERE s.session_id = :session AND s.ends_at > :now"""
HERE = "e.institution_id = :here"
# One number on its way back to the public, if nobody has taken it meanwhile.
FREED = f"""{FREE} AND {HERE} AND s.number = :number AND s.free_from < 'infinity'
              AND NOT EXISTS (SELECT FROM booking.appointment a WHERE a.id = s.holder_id
                AND a.stands AND (a.state <> 'held' OR a.expires_at > :now))
            FOR UPDATE OF s SKIP LOCKED"""


# A number nobody had before, of a session without a bill: to take it is all there is to do.
PLAIN = f"s.holder_id IS NULL AND e.payment = '{Payment.AT_VISIT}'"


@cache
def of_a_time(*, anywhere: bool, referred: bool, plain: bool = False) -> str:
    """Return the query for the first number of a time that may be taken now.

    Those in other hands this very moment are passed by. `free_from` of a held number lies behind
    the end of its hold, so an expired hold is no obstacle.
    """
    place = f"{'TRUE' if anywhere else HERE} AND {PLAIN if plain else 'TRUE'}"
    return f"""{FREE} AND {place} AND s.starts_at = :starts_at
                 AND s.{"referred_from" if referred else "free_from"} <= :now
                 AND (SELECT count(*) FROM booking.no_show n
                      WHERE n.person_id = :person AND n.at > :missed_since) < :missed_limit
               ORDER BY s.number LIMIT 1 FOR UPDATE OF s SKIP LOCKED"""


def body(row: str) -> str:
    """Return what every AppointmentEvent says, written where the ids are known."""
    return f"""json_build_object('appointment_id', {row}.id, 'session_id', {row}.session_id,
                 'person_id', {row}.person_id, 'institution_id', {row}.institution_id)::text"""


def history(row: str, verb: str, before: str, why: str) -> str:
    return f"""SELECT '{APPOINTMENT.table}', {row}.id, '{verb}', {before}, {row}.state,
                 :post::uuid, :now::timestamptz, {why} FROM {row}"""


@cache
def hold(role: Role, free: str, sees: str, *, keyed: bool = False) -> str:
    """Return the statement that takes a number for a while, and clears an expired hold on it.

    Nothing comes back if no number is free, or a limit of the person's is reached; `ordinal`
    counts their appointments of the day, so the unique indexes hold the limits against any race.
    `keyed` makes it a whole act: it keeps its key and its answer itself.
    """
    held, lapsed = _to("hold", role), _to("lapse", role)
    return f"""
WITH free AS ({free}),
gone AS (
    UPDATE booking.appointment a SET state = '{lapsed}' FROM free
    WHERE a.id = free.holder_id AND a.state = '{held}' RETURNING a.id, a.state),
born AS (
    INSERT INTO booking.appointment (id, state, institution_id, session_id, number, department_id,
      person_id, day, starts_at, ends_at, ordinal, origin, expires_at, fee_code, fee_label,
      fee_fen, payment)
    SELECT :id, '{held}', institution_id, session_id, number, department_id, :person, day,
      starts_at, ends_at, next.ordinal, :origin, :expires_at, fee_code, fee_label, fee_fen, payment
    FROM free, (SELECT count(*) FROM gone) AS tidied,
      LATERAL (SELECT min(n) AS ordinal FROM generate_series(1, :per_day::int) AS n
        WHERE NOT EXISTS (SELECT FROM booking.appointment o WHERE o.person_id = :person
          AND o.day = free.day AND o.stands AND o.ordinal = n)) AS next
    WHERE next.ordinal IS NOT NULL AND {sees}
    ON CONFLICT DO NOTHING RETURNING *),
taken AS (
    UPDATE booking.slot s SET holder_id = born.id, free_from = :free_from,
      referred_from = :free_from
    FROM born WHERE s.session_id = born.session_id AND s.number = born.number),
told AS (
    INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)
    {history("born", "hold", "NULL", "''")} UNION ALL
    {history("gone", "lapse", f"'{held}'", "'expired'")}),
sent AS (
    INSERT INTO kernel.outbox ({COLUMNS}, at)
    SELECT :event::text, {body("born")}, session_id, :lane::int, :now FROM born),
timed AS (
    INSERT INTO kernel.timer (thing_id, timer, due_at, {COLUMNS})
    SELECT id, '{TIMER}', expires_at, '{events.HoldDue.name}', {body("born")}, session_id, :lane
    FROM born){_also(once.kept("born", GOT) if keyed else "")}
SELECT {GOT} FROM born"""


@cache
def confirm(role: Role, sees: str, *, prepaid: bool, also: str = "") -> str:
    """Return the statement that makes a hold an appointment, if it has not expired.

    `also` is what else is done with each row of `moved`; with it the statement is a whole act that
    keeps its key and its answer itself, for a number nobody waited for.
    """
    (move,) = APPOINTMENT.allowed("confirm", role)
    payment = "" if prepaid else f"AND payment = '{Payment.AT_VISIT}'"
    payment += f" AND origin <> '{Origin.OFFER}'" if also else ""
    return f"""
WITH old AS (
    SELECT id FROM booking.appointment
    WHERE id = :id AND state = '{move.from_}' AND expires_at > :now {payment} AND {sees}
    FOR UPDATE),
moved AS (
    UPDATE booking.appointment a SET state = '{move.to}' FROM old WHERE a.id = old.id
    RETURNING a.*),
kept AS (
    UPDATE booking.slot s SET free_from = 'infinity', referred_from = 'infinity'
    FROM moved WHERE s.session_id = moved.session_id AND s.number = moved.number),
cleared AS (
    DELETE FROM kernel.timer USING moved WHERE thing_id = moved.id AND timer = '{TIMER}'),
told AS (
    INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)
    {history("moved", "confirm", f"'{AppointmentState.HELD}'", "''")}),
sent AS (
    INSERT INTO kernel.outbox ({COLUMNS}, at)
    SELECT '{events.AppointmentConfirmed.name}', {body("moved")}, session_id, :lane, :now
    FROM moved){_also(also, once.kept("moved", GOT)) if also else ""}
SELECT {GOT} FROM moved"""


def _also(*parts: str) -> str:
    """Return more parts of a statement, which nothing else in it reads."""
    return "".join(f",\nalso_{n} AS ({part})" for n, part in enumerate(parts) if part)


def _to(verb: str, role: Role) -> str:
    (move,) = APPOINTMENT.allowed(verb, role)
    return move.to
