"""Hold and confirm: the busiest acts of the platform, each one statement.

They are made from the same table of moves as all others and leave the same traces. They do not go
through `begin` and `advance` because a round trip costs more than the work it asks for. What is
asked is a table of its own, `asked`: of one row, or of as many as ask at the same moment.
"""

from functools import cache

from lianyi.booking import events
from lianyi.booking.model import AppointmentState, Origin, Payment
from lianyi.booking.states import APPOINTMENT
from lianyi.kernel import once
from lianyi.kernel.actor import Role
from lianyi.kernel.named import Kinds
from lianyi.kernel.outbox import COLUMNS

TIMER = "hold"
KIND = "Appointment"  # what an appointment is as FHIR, which the scopes of an app name
BOOKED = "id AS appointment_id, number"
# What the traces are made of, and what else the ordinary way tells. Each column that is carried
# from one part of a statement to the next is copied for each part that reads there.
TRACED = "id, state, institution_id, session_id, person_id, number, ends_at, expires_at"
TOLD = "starts_at, origin, fee_code, fee_label, fee_fen, payment"
GOT = f"{BOOKED}, institution_id, session_id, person_id, ends_at, expires_at, {TOLD}"

# The columns of `asked`, of which no table of ours has the names.
ACT: Kinds = (("this", "uuid"), ("lane", "int"), ("by_post", "uuid"), ("moment", "timestamptz"))
WISH: Kinds = (
    *ACT,
    ("session", "uuid"),
    ("person", "uuid"),
    ("here", "uuid"),
    ("by_way", "text"),
    ("until", "timestamptz"),
    ("back_from", "timestamptz"),
    ("per_day", "int"),
    ("event", "text"),
)
OF_A_NUMBER: Kinds = (*WISH, ("wanted", "int"))
OF_A_TIME: Kinds = (
    *WISH,
    ("wanted", "timestamptz"),
    ("missed_limit", "int"),
    ("missed_since", "timestamptz"),
)
CONFIRMATION: Kinds = (*ACT, ("whose", "uuid"))

FREE = """s.session_id, s.number, s.starts_at, s.ends_at, s.holder_id, e.institution_id,
            e.department_id, e.day, e.fee_code, e.fee_label, e.fee_fen, e.payment
          FROM booking.slot s JOIN booking.session e ON e.id = s.session_id
          WHERE s.session_id = wish.session AND s.ends_at > wish.moment"""
HERE = "e.institution_id = wish.here"
# One number on its way back to the public, if nobody has taken it meanwhile.
FREED = f"""{FREE} AND {HERE} AND s.number = wish.wanted AND s.free_from < 'infinity'
              AND NOT EXISTS (SELECT FROM booking.appointment a WHERE a.id = s.holder_id
                AND a.stands AND (a.state <> 'held' OR a.expires_at > wish.moment))
            FOR UPDATE OF s SKIP LOCKED"""
# A number nobody had before, of a session without a bill: to take it is all there is to do.
PLAIN = f"s.holder_id IS NULL AND e.payment = '{Payment.AT_VISIT}'"
COMES = """(SELECT count(*) FROM booking.no_show n
            WHERE n.person_id = asked.person AND n.at > asked.missed_since) < asked.missed_limit"""


@cache
def of_a_time(*, anywhere: bool, referred: bool, plain: bool = False) -> str:
    """Return the query for the first number of a time that may be taken now.

    Those in other hands this very moment are passed by; of several who ask together for the same
    time each gets the next. `free_from` of a held number lies behind the end of its hold, so an
    expired hold is no obstacle.
    """
    place = f"{'TRUE' if anywhere else HERE} AND {PLAIN if plain else 'TRUE'}"
    return f"""{FREE} AND {place} AND s.starts_at = wish.wanted
                 AND s.{"referred_from" if referred else "free_from"} <= wish.moment
               ORDER BY s.number OFFSET wish.before LIMIT 1 FOR UPDATE OF s SKIP LOCKED"""


def history(row: str, verb: str, before: str, why: str) -> str:
    return f"""SELECT '{APPOINTMENT.table}', id, '{verb}', {before}, state, by_post, moment, {why}
               FROM {row}"""


@cache
def hold(asked: str, may: str, free: str, role: Role, *, plain: bool = False) -> str:
    """Return the statement that takes a number for a while, and clears an expired hold on it.

    Nothing comes back if no number is free, or a limit of the person's is reached; `ordinal`
    counts their appointments of the day, so the unique indexes hold the limits against any race.
    A `plain` one is a whole act: it keeps its key and its answer itself, and has nothing to clear.
    """
    return f"""
WITH asked AS ({asked}),
wish AS (
    SELECT *, row_number() OVER (PARTITION BY session, wanted ORDER BY nth) - 1 AS before
    FROM asked WHERE {may}),
free AS (
    SELECT this, person, by_way, until, per_day, by_post, moment, its.*
    FROM wish, LATERAL (SELECT {free}) AS its){"" if plain else _gone(role)},
born AS (
    INSERT INTO booking.appointment (id, state, institution_id, session_id, number, department_id,
      person_id, day, starts_at, ends_at, ordinal, origin, expires_at, fee_code, fee_label,
      fee_fen, payment)
    SELECT this, '{_to("hold", role)}', institution_id, session_id, number, department_id, person,
      day, starts_at, ends_at, next.ordinal, by_way, until, fee_code, fee_label, fee_fen, payment
    FROM free{"" if plain else ", (SELECT count(*) FROM gone) AS tidied"},
      LATERAL (SELECT min(n) AS ordinal FROM generate_series(1, per_day) AS n
        WHERE NOT EXISTS (SELECT FROM booking.appointment o WHERE o.person_id = free.person
          AND o.day = free.day AND o.stands AND o.ordinal = n)) AS next
    WHERE next.ordinal IS NOT NULL
    ON CONFLICT DO NOTHING RETURNING {TRACED}{"" if plain else f", {TOLD}"}),
held AS (
    SELECT born.*, by_post, moment, back_from, event, lane, nth{_keys(keyed=plain)}, {_body("born")}
    FROM born JOIN asked ON asked.this = born.id),
taken AS (
    UPDATE booking.slot s SET holder_id = held.id, free_from = back_from, referred_from = back_from
    FROM held WHERE s.session_id = held.session_id AND s.number = held.number),
told AS (
    INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)
    {history("held", "hold", "NULL", "''")}{"" if plain else _told_gone()}),
sent AS (
    INSERT INTO kernel.outbox ({COLUMNS}, at)
    SELECT event, body, session_id, lane, moment FROM held),
timed AS (
    INSERT INTO kernel.timer (thing_id, timer, due_at, {COLUMNS})
    SELECT id, '{TIMER}', expires_at, '{events.HoldDue.name}', body, session_id, lane
    FROM held){_also(once.kept("held", BOOKED)) if plain else ""}
SELECT {BOOKED if plain else GOT}, nth FROM held"""


@cache
def confirm(asked: str, may: str, role: Role, *, prepaid: bool, also: str = "") -> str:
    """Return the statement that makes a hold an appointment, if it has not expired.

    `also` is what else is done with each row of `kept`; with it the statement is a whole act that
    keeps its key and its answer itself, for a number nobody waited for. Such an act waits for
    nobody who has the appointment in hands.
    """
    (move,) = APPOINTMENT.allowed("confirm", role)
    payment = "" if prepaid else f"AND a.payment = '{Payment.AT_VISIT}'"
    payment += f" AND a.origin <> '{Origin.OFFER}'" if also else ""
    return f"""
WITH asked AS ({asked}),
old AS (
    SELECT this, by_post, moment, lane, nth{_keys(keyed=bool(also))}
    FROM asked JOIN booking.appointment a ON a.id = asked.this
    WHERE a.state = '{move.from_}' AND a.expires_at > moment {payment} AND {may}
    FOR UPDATE OF a{" SKIP LOCKED" if also else ""}),
kept AS (
    UPDATE booking.appointment a SET state = '{move.to}' FROM old WHERE a.id = old.this
    RETURNING {TRACED}{"" if also else f", {TOLD}"}, old.*, {_body("a")}),
taken AS (
    UPDATE booking.slot s SET free_from = 'infinity', referred_from = 'infinity'
    FROM kept WHERE s.session_id = kept.session_id AND s.number = kept.number),
cleared AS (
    DELETE FROM kernel.timer USING kept WHERE thing_id = kept.id AND timer = '{TIMER}'),
told AS (
    INSERT INTO kernel.history (thing, thing_id, verb, before, after, post_id, at, why)
    {history("kept", "confirm", f"'{AppointmentState.HELD}'", "''")}),
sent AS (
    INSERT INTO kernel.outbox ({COLUMNS}, at)
    SELECT '{events.AppointmentConfirmed.name}', body, session_id, lane, moment
    FROM kept){_also(also, once.kept("kept", BOOKED)) if also else ""}
SELECT {BOOKED if also else GOT}, nth FROM kept"""


def _gone(role: Role) -> str:
    """Return what clears an expired hold on a number out of the way."""
    return f""",
gone AS (
    UPDATE booking.appointment a SET state = '{_to("lapse", role)}' FROM free
    WHERE a.id = free.holder_id AND a.state = '{AppointmentState.HELD}'
    RETURNING a.id, a.state, free.by_post, free.moment)"""


def _told_gone() -> str:
    return " UNION ALL " + history("gone", "lapse", f"'{AppointmentState.HELD}'", "'expired'")


def _body(row: str) -> str:
    """Return what every AppointmentEvent says, written where the ids are known."""
    return f"""json_build_object('appointment_id', {row}.id, 'session_id', {row}.session_id,
      'person_id', {row}.person_id, 'institution_id', {row}.institution_id)::text AS body"""


def _keys(*, keyed: bool) -> str:
    """Return the columns with the key of a whole act: what is not asked for is not carried on."""
    return "".join(f", {name}" for name, _ in once.KEYED) if keyed else ""


def _also(*parts: str) -> str:
    """Return more parts of a statement, which nothing else in it reads."""
    return "".join(f",\nalso_{n} AS ({part})" for n, part in enumerate(parts) if part)


def _to(verb: str, role: Role) -> str:
    (move,) = APPOINTMENT.allowed(verb, role)
    return move.to
