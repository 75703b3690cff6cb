"""What others may ask about insurance. Whatever names a person wants a Chart."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from lianyi.access.model import Chart, Desk
from lianyi.insurance import rules
from lianyi.insurance.errors import NoSuchClaim
from lianyi.insurance.model import (
    Asked,
    Booked,
    Books,
    Charge,
    Claim,
    ClaimView,
    Cover,
    CoverState,
    Difference,
    Settling,
    Slip,
    Split,
)
from lianyi.insurance.tables import books, claims, covers
from lianyi.kernel import profile, time
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people.model import ADMIN, INSURER

LINES = 50


async def cover(tx: Tx, chart: Chart) -> Cover | None:
    """Return the newest word about how the chart's person is insured."""
    return await covers.of_chart(tx, chart)


async def is_bound(tx: Tx, chart: Chart) -> bool:
    """Return whether a cover of the chart's person holds (INS-01), and open nothing of it."""
    return await covers.find_state(tx, chart) is CoverState.BOUND


async def previews(
    tx: Tx, chart: Chart, *, charges: Mapping[UUID, Sequence[Charge]]
) -> dict[UUID, Split]:
    """Return our own arithmetic of what charges would come to at each of these institutions.

    Nothing for who isn't insured. What lies on the personal account only the agency knows, so the
    person's part is shown whole.
    """
    numbers = profile.at(tx.now)
    known = await covers.standing(tx, chart, time.day(tx.now, numbers.zone).year)
    if known is None or known[0].scheme is None or not rules.is_bound(known[0]):
        return {}
    cover, used = known
    terms = rules.terms_of(numbers.numbers, known[0].scheme, cover.person_type)
    codes = {charge.code for each in charges.values() for charge in each}
    items = await covers.items(tx, charges.keys(), codes)
    return {
        id: rules.split_of(
            [rules.rating_of(rules.line_of(one, items.get((id, one.code)))) for one in each],
            terms,
            used,
            aided=cover.aided,
        )
        for id, each in charges.items()
    }


async def claims_of(tx: Tx, chart: Chart, *, bill_ids: Sequence[UUID]) -> dict[UUID, ClaimView]:
    """Return the newest claim of each of these bills of the chart's person."""
    return await claims.of_bills(tx, chart, bill_ids)


async def is_asking(tx: Tx, *, bill_id: UUID) -> bool:
    """Say whether the agency is still being asked what the person has to pay."""
    return await claims.is_asking(tx, bill_id)


async def claim_of_bill(tx: Tx, *, bill_id: UUID) -> Claim | None:
    """Return and lock the newest claim of a bill, for a journey that acts on both."""
    return await claims.lock_of_bill(tx, bill_id)


async def claim_of(tx: Tx, *, subject: tuple[str, UUID]) -> Claim | None:
    """Return and lock the newest claim for a thing that is charged."""
    return await claims.lock_of(tx, subject)


async def slip(tx: Tx, *, claim_id: UUID) -> Slip:
    """Return what an errand tells the agency of a claim.

    :raises NoSuchClaim:
    """
    claim = await claims.lock(tx, claim_id)
    cover = await covers.load(tx, claim.cover_id)
    return Slip(claim, cover, await claims.lines(tx, claim_id))


async def asked(tx: Tx, *, cover_id: UUID) -> UUID:
    """Return whose insurance an errand asks about."""
    return (await covers.load(tx, cover_id)).person_id


async def page(tx: Tx, *, books_id: UUID) -> tuple[Books, list[Booked]]:
    """Return a day in one scheme and what we have booked for it, for the errand that compares."""
    found = await books.load_books(tx, books_id)
    since, until = time.span(found.day, profile.at(tx.now).zone)
    booked = await claims.booked(tx, found.institution_id, found.scheme, since, until)
    return found, booked


async def compared_books(tx: Tx, *, limit: int = 31) -> list[Books]:
    """Return the acting institution's days, or to the agency everybody's, newest first.

    :raises WrongRole:
    """
    return await books.list_books(tx, _reach(tx, "compared_books"), limit)


async def differences(tx: Tx, *, limit: int = 50) -> list[Difference]:
    """Return what the agency and this institution, or any, disagree about, oldest first.

    :raises WrongRole:
    """
    return await books.list_open(tx, _reach(tx, "differences"), limit)


async def claims_at(
    tx: Tx, desk: Desk, *, asked: Asked, before: UUID | None = None, limit: int = LINES
) -> list[ClaimView]:
    """Return the claims of those this desk may see, newest first; the last id continues.

    :raises WrongRole: for all but the agency.
    """
    if tx.actor.role != INSURER:
        raise WrongRole(verb="claims_at", role=tx.actor.role)
    return await claims.list_at(tx, desk, asked, before, limit)


async def claim_at(tx: Tx, desk: Desk, *, claim_id: UUID) -> Claim:
    """Return one claim, before its person's chart is open.

    :raises NoSuchClaim: also if this desk may not know of it.
    """
    found = await claims.find_at(tx, desk, claim_id)
    if found is None:
        raise NoSuchClaim(id=claim_id)
    return found


async def settling(tx: Tx, chart: Chart, *, claim: Claim) -> Settling:
    """Return all there is of a claim of the chart's person.

    :raises NoSuchClaim:
    """
    if claim.person_id != chart.person_id:
        raise NoSuchClaim(id=claim.id)
    cover = await covers.load(tx, claim.cover_id)
    lines = await claims.rated(tx, claim.id)
    return Settling(claim, cover, tuple(lines), await claims.splits(tx, claim.id))


def _reach(tx: Tx, verb: str) -> UUID | None:
    """Return the institution whose books this hat may see, or None for everybody's."""
    if tx.actor.role not in {ADMIN, INSURER}:
        raise WrongRole(verb=verb, role=tx.actor.role)
    return tx.actor.institution_id if tx.actor.role == ADMIN else None
