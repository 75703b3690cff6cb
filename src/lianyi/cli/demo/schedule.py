"""The demo's schedule: hospital doctors sit every working morning, week by week (出诊表)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, time
from uuid import UUID

from lianyi.booking import rules
from lianyi.booking.model import Half, Kind, Pattern, Payment, Plan
from lianyi.journeys import book, routines
from lianyi.kernel import profile
from lianyi.kernel.actor import system
from lianyi.kernel.time import day
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, Grade, Post
from lianyi.people.model import Kind as Place

WORKING = (1, 2, 3, 4, 5)
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
    """Have the doctors of every hospital sit week by week; today's sessions are open already."""
    for hospital in await people.institutions_of(tx, kinds=HOSPITALS):
        here = replace(tx, actor=system("seed", hospital.id))
        posts = await people.staff_of(here, institution_id=hospital.id)
        doctors = [post for post in posts if post.role == DOCTOR and post.department_id]
        for turn, post in enumerate(doctors):
            for half in Half.MORNING, Half.AFTERNOON:
                await routines.set_up(here, pattern=_pattern(here, turn, post, half))
        await book.publish(here, plans=list(_at_the_weekend(here, doctors)))


def _pattern(tx: Tx, turn: int, post: Post, half: Half) -> Pattern:
    """Return every working morning, and afternoons by turns: each morning anybody can be booked."""
    kind = Kind.EXPERT if post.grade in SENIOR else Kind.ORDINARY
    code, label, fen = FEES[kind]
    begins, ends = SITTING[half]
    afternoons = tuple(day for day in WORKING if (day + turn) % 2)
    return Pattern(
        department_id=_department(post),
        post_id=post.id,
        weekdays=WORKING if half is Half.MORNING else afternoons,
        first=_today(tx),
        half=half,
        kind=kind,
        begins=begins,
        ends=ends,
        slot_minutes=SLOT,
        numbers_per_slot=NUMBERS,
        fee_code=code,
        fee_label=label,
        fee_fen=fen,
        payment=Payment.PREPAY if kind is Kind.EXPERT else Payment.AT_VISIT,
        release_days=profile.at(tx.now)["CAP-11.horizon"] + 1,
        room=f"{post.department_name}诊室",
    )


def _at_the_weekend(tx: Tx, doctors: Sequence[Post]) -> Iterator[Plan]:
    """Yield a session each for today, if a demo begins on a day nobody else works on."""
    today, numbers = _today(tx), profile.at(tx.now)
    if today.isoweekday() in WORKING:
        return
    for turn, post in enumerate(doctors):
        for half in Half.MORNING, Half.AFTERNOON:
            plan = rules.plan_on(_pattern(tx, turn, post, half), today, tx.now, numbers)
            if plan.ends_at > tx.now:
                yield plan


def _today(tx: Tx) -> date:
    return day(tx.now, profile.at(tx.now).zone)


def _department(post: Post) -> UUID:
    if post.department_id is None:
        raise ValueError(post.id)
    return post.department_id
