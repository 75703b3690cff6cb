"""Who may see a person's record, who did, and what the person says to it (授权共享、紧急调阅).

Another institution's part is shown by the person's consent, or in an emergency by breaking the
glass: with a reason, for a day, told at once, reviewed by somebody else.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from lianyi.access import fhir, queries, service
from lianyi.access.model import Chart, Glass, Looked, Purpose, Sensitive, Share
from lianyi.access.service import glasses as broken
from lianyi.kernel import profile
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Kind, Post
from lianyi.records import service as records

# Who may hold a part of somebody's record that another institution wants to read.
HOLDERS = (
    Kind.TERTIARY_HOSPITAL,
    Kind.COUNTY_HOSPITAL,
    Kind.INTERNET_SECOND_NAME,
    Kind.INTERNET_INDEPENDENT,
    Kind.HEALTH_CENTRE,
    Kind.VILLAGE_CLINIC,
    Kind.LABORATORY,
)


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is shared: written from one day to another, which classes, for how many days."""

    days: int
    since: date | None = None
    until: date | None = None
    classes: frozenset[Sensitive] = frozenset()


@dataclass(frozen=True, slots=True)
class Opened:
    """A broken glass, who broke it, and what they looked at."""

    glass: Glass
    post: Post | None
    looked: tuple[Looked, ...]
    due_at: datetime

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at <= now


def share_of(tx: Tx, *, holder_id: UUID, receiver_id: UUID, extent: Extent) -> Share:
    """Return what a consent for treatment would cover, in whole days of the place (EMR-17)."""
    after = extent.until + timedelta(days=1) if extent.until else None
    return Share(
        holder_id=holder_id,
        receiver_id=receiver_id,
        purpose=Purpose.TREAT,
        expires_at=tx.now + timedelta(days=extent.days),
        covers_since=_morning(tx, extent.since),
        covers_until=_morning(tx, after),
        classes=extent.classes,
    )


def _morning(tx: Tx, day: date | None) -> datetime | None:
    """Return when a day begins at the place."""
    return datetime.combine(day, time.min, profile.at(tx.now).zone) if day else None


async def ask(tx: Tx, *, person_id: UUID, share: Share) -> UUID:
    """Ask a patient to share what another institution holds with the acting one.

    :raises NoSuchPerson, AskedTooSoon, EmptyShare, WrongRole:
    """
    chart = await service.open_chart(
        tx, person_id=person_id, purpose=Purpose.TREAT, what="consent.ask"
    )
    consent_id = await service.ask_consent(tx, chart, share=share)
    await _publish(tx, chart, consent_id)
    return consent_id


async def give(tx: Tx, *, share: Share) -> UUID:
    """Share without being asked.

    :raises NoSuchPerson, ProofTooLow, EmptyShare, WrongRole:
    """
    chart = await _chart(tx, Purpose.CONSENT, "consent.give")
    consent_id = await service.give_consent(tx, chart, share=share)
    await _publish(tx, chart, consent_id)
    return consent_id


async def agree(tx: Tx, *, consent_id: UUID) -> None:
    """Share what was asked for.

    :raises NoSuchPerson, ProofTooLow, NoSuchConsent, WrongRole, WrongState:
    """
    chart = await _chart(tx, Purpose.CONSENT, "consent.agree")
    await service.agree_to_consent(tx, chart, consent_id=consent_id)
    await _publish(tx, chart, consent_id)


async def refuse(tx: Tx, *, consent_id: UUID) -> None:
    """Share nothing. Raises as `agree` does."""
    chart = await _chart(tx, Purpose.CONSENT, "consent.refuse")
    await service.refuse_consent(tx, chart, consent_id=consent_id)
    await _publish(tx, chart, consent_id)


async def withdraw(tx: Tx, *, consent_id: UUID) -> None:
    """PRI-04: as easy as giving, and effective at once. Raises as `agree` does."""
    chart = await _chart(tx, Purpose.CONSENT, "consent.withdraw")
    await service.withdraw_consent(tx, chart, consent_id=consent_id)
    await _publish(tx, chart, consent_id)


async def break_glass(tx: Tx, *, person_id: UUID, reason: str) -> UUID:
    """See everything of a person for a day, in an emergency.

    :raises ReasonMissing, WrongRole:
    """
    return await broken.break_glass(tx, person_id=person_id, reason=reason)


async def glasses_to_review(tx: Tx) -> list[Opened]:
    """Return what the institution's own staff opened and nobody has judged yet (EMR-17).

    :raises WrongRole:
    """
    desk = await service.open_desk(tx, purpose=Purpose.MANAGE)
    glasses = await queries.glasses_to_review(tx, desk)
    posts = await people.posts(tx, ids=[glass.post_id for glass in glasses])
    looked = await queries.looked_under(tx, desk, glass_ids=[glass.id for glass in glasses])
    hours = timedelta(hours=profile.at(tx.now)["EMR-17"])
    return [
        Opened(each, posts.get(each.post_id), tuple(looked[each.id]), each.at + hours)
        for each in glasses
    ]


async def review_glass(tx: Tx, *, glass_id: UUID, justified: bool, note: str) -> None:
    """Judge another's use of break-glass.

    :raises NoSuchGlass, OwnGlass, ReasonMissing, WrongRole, WrongState:
    """
    await broken.review_glass(tx, glass_id=glass_id, justified=justified, note=note)


async def _publish(tx: Tx, chart: Chart, consent_id: UUID) -> None:
    """Write a consent to the record as it is now; whoever may read by it holds it."""
    one = await queries.consent(tx, chart, consent_id=consent_id)
    await records.publish(
        tx, owner=one.person_id, body=fhir.consent(one), holder_id=one.share.receiver_id
    )


async def _chart(tx: Tx, purpose: Purpose, what: str) -> Chart:
    return await service.open_chart(tx, person_id=tx.actor.subject_id, purpose=purpose, what=what)
