"""What makes an order, a specimen and a result sound, and who may let one pass. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from uuid import UUID

from stdnum import luhn

from lianyi.orders.model import EXECUTED, UNRELEASED, Order, Reading, Result, State
from lianyi.people.model import DOCTOR, NURSE, Post
from lianyi.people.model import Sex as PersonSex
from lianyi.terminology.model import Flag, Level, Observation, Sex

REASON_MIN = 2  # characters
DIGITS = 11  # of a barcode before its check digit
YEAR = Decimal("365.2425")  # days
SEXES = {PersonSex.FEMALE: Sex.FEMALE, PersonSex.MALE: Sex.MALE}


def is_reason(text: str) -> bool:
    return len(text.strip()) >= REASON_MIN


def barcode(number: int) -> str:
    """Return what a tube's label says: a number with a check digit, so that a misread one shows."""
    body = f"{number:0{DIGITS}d}"
    return body + luhn.calc_check_digit(body)


def is_barcode(text: str) -> bool:
    return len(text) == DIGITS + 1 and luhn.is_valid(text)


def sex_of(sex: PersonSex) -> Sex | None:
    return SEXES.get(sex)


def age_on(birth: date, day: date) -> Decimal:
    """Return the age in years with its fraction, since an infant's range changes by the month."""
    return Decimal((day - birth).days) / YEAR


def misread(observations: Sequence[str], readings: Collection[Reading]) -> list[str]:
    """Return the observations without one reading, and the readings nobody has ordered."""
    said = [r.observation for r in readings if r.value is not None or r.words.strip()]
    missing = [code for code in observations if said.count(code) != 1]
    return missing + sorted({r.observation for r in readings} - set(observations))


def result(reading: Reading, observation: Observation, flag: Flag | None, version: str) -> Result:
    """Join a reading with how it lies. Words can't be held against a range, and this says so."""
    return Result(
        observation=observation.code,
        label=observation.name,
        unit=observation.unit if reading.value is not None else "",
        value=reading.value,
        words=reading.words.strip(),
        level=flag.level if flag else Level.UNKNOWN,
        low=flag.low if flag else None,
        high=flag.high if flag else None,
        version=version,
        sources=flag.sources if flag else (),
    )


def has_critical(results: Collection[Result]) -> bool:
    return any(result.is_critical for result in results)


def may_verify(order: Order, person_id: UUID) -> bool:
    """Let a second person read every result: never whoever measured it, in no hat of theirs."""
    return order.measured_by is not None and order.measured_by != person_id


def laboratory_may_release(order: Order, results: Collection[Result]) -> bool:
    """IDN-11: critical, sensitive and mediated results wait for a doctor who explains them."""
    return not (order.mediated or order.classes or has_critical(results))


def may_receive_call(receiver: Post | None, institution_id: UUID) -> bool:
    """TEL-14: it is told to somebody who can act on it: a doctor or nurse of the institution."""
    return (
        receiver is not None
        and receiver.institution_id == institution_id
        and receiver.role in {DOCTOR, NURSE}
        and receiver.ended_at is None
    )


def agrees(read_back: Mapping[str, Decimal], results: Collection[Result]) -> bool:
    """TEL-14: every critical value was read back as it was measured, and no other."""
    return dict(read_back) == {r.observation: r.value for r in results if r.is_critical}


def as_text(read_back: Mapping[str, Decimal]) -> str:
    """Return what was read back as it is kept with the call."""
    return "; ".join(f"{code} = {value}" for code, value in sorted(read_back.items()))


def as_shown(order: Order) -> Order:
    """Return an order as its person may see it: that a value is critical isn't told by a state."""
    if order.state not in UNRELEASED:
        return order
    return replace(order, state=State.RECEIVED)


def may_be_cancelled(order: Order) -> bool:
    return order.state not in EXECUTED
