"""The demo's next two weeks: hospital doctors sit every working morning (出诊表)."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from uuid import UUID

from lianyi.booking.model import Half, Kind, Payment, Plan
from lianyi.journeys import book
from lianyi.kernel import profile
from lianyi.kernel.actor import system
from lianyi.kernel.time import day
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, Grade, Post
from lianyi.people.model import Kind as Place

DAYS = 14
SATURDAY = 5
SITTING = {Half.MORNING: (time(8), time(11, 30)), Half.AFTERNOON: (time(14), time(17))}
SLOT = 30  # minutes
NUMBERS = 4  # a slot
HOSPITALS = (Place.TERTIARY_HOSPITAL, Place.COUNTY_HOSPITAL, Place.HEALTH_CENTRE)
SENIOR = frozenset({Grade.CHIEF, Grade.ASSOCIATE_CHIEF})
FEES = {
    Kind.EXPERT: ("110200001-3", "专家门诊诊察费", 2500),
    Kind.ORDINARY: ("110200001-1", "普通门诊诊察费", 1000),
}


async def publish(tx: Tx) -> None:
    """Put the sessions of every hospital on its schedule; today's are open already."""
    for hospital in await people.institutions_of(tx, kinds=HOSPITALS):
        here = replace(tx, actor=system("seed", hospital.id))
        posts = await people.staff_of(here, institution_id=hospital.id)
        doctors = [post for post in posts if post.role == DOCTOR and post.department_id]
        plans = [plan for n, post in enumerate(doctors) for plan in _fortnight(tx, n, post)]
        await book.publish(here, plans=plans)


def _fortnight(tx: Tx, n: int, post: Post) -> Iterator[Plan]:
    first = day(tx.now, profile.at(tx.now).zone)
    for ahead in range(DAYS):
        sits = first + timedelta(days=ahead)
        if ahead and sits.weekday() >= SATURDAY:
            continue
        for half in _halves(n + ahead):
            plan = _plan(tx, post, sits, half)
            if plan.ends_at > tx.now:  # a demo may begin in the evening
                yield plan


def _halves(turn: int) -> tuple[Half, ...]:
    """Return a morning, and every other day the afternoon: each morning anybody can be booked."""
    return (Half.MORNING, Half.AFTERNOON) if turn % 2 else (Half.MORNING,)


def _plan(tx: Tx, post: Post, sits: date, half: Half) -> Plan:
    kind = Kind.EXPERT if post.grade in SENIOR else Kind.ORDINARY
    code, label, fen = FEES[kind]
    begins, ends = (_at(tx, sits, hour) for hour in SITTING[half])
    return Plan(
        department_id=_department(post),
        post_id=post.id,
        day=sits,
        half=half,
        kind=kind,
        starts_at=begins,
        ends_at=ends,
        slot_minutes=SLOT,
        numbers_per_slot=NUMBERS,
        fee_code=code,
        fee_label=label,
        fee_fen=fen,
        payment=Payment.PREPAY if kind is Kind.EXPERT else Payment.AT_VISIT,
        releases_at=tx.now,
        room=f"{post.department_name}诊室",
    )


def _department(post: Post) -> UUID:
    if post.department_id is None:
        raise ValueError(post.id)
    return post.department_id


def _at(tx: Tx, sits: date, hour: time) -> datetime:
    return datetime.combine(sits, hour, profile.at(tx.now).zone)
