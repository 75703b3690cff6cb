"""The paper of a prescription, and what anybody may learn who holds it (处方笺、扫码验真).

The paper shows the very text that was signed. Its code leads to a page without persons: whether the
paper is authentic, whose institution it is of, of which day, and how it stands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose
from lianyi.insurance import queries as insurance
from lianyi.insurance.model import CoverState
from lianyi.kernel import crypto
from lianyi.kernel.crypto import Keys, sm3
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import DOCTOR, PHARMACIST, RESIDENT, Post
from lianyi.pharmacy import queries as pharmacy
from lianyi.pharmacy.model import UNSOLD
from lianyi.prescribing import queries as prescriptions
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import IN_FORCE, Document, Kind, Prescription, Standing, State
from lianyi.prescribing.model.review import Decision, Review
from lianyi.signatures import queries as signatures
from lianyi.signatures.model import Checked

WRITTEN, REVIEWED = "prescription", "review"  # the subjects of their signatures
PURPOSES = {DOCTOR: Purpose.TREAT, PHARMACIST: Purpose.REVIEW, RESIDENT: Purpose.OWN}
MAC = 12  # bytes of a code that nobody guesses


@dataclass(frozen=True, slots=True)
class Hand:
    """Whoever signed: `is_valid` says whether it holds against the text as it is kept now."""

    name: str
    at: datetime
    is_valid: bool


@dataclass(frozen=True, slots=True)
class Done:
    """Who did a step at the seller, and when where that is kept (PH-08)."""

    name: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """What became of it at its seller, step by step: what hasn't happened is not there yet."""

    fen: int | None = None
    filled: Done | None = None
    checked: Done | None = None
    issued: Done | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything a prescription's paper shows. `text` is what its doctor signed, to the letter.

    `fee` is the scheme that the person is insured with, empty for somebody who pays alone.
    """

    document_id: UUID
    code: str
    text: str
    kind: Kind
    state: State
    expires_at: datetime
    doctor: Hand | None
    pharmacist: Hand | None
    fee: str = ""
    sold: Sold = Sold()
    is_demo: bool = False

    @property
    def is_in_force(self) -> bool:
        """RX-28: signed and approved, and both signatures hold."""
        hands = (self.doctor, self.pharmacist)
        return self.state in IN_FORCE and all(hand and hand.is_valid for hand in hands)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is told to whoever scans a paper.

    `state` is that of the prescription, or `expired`, or `superseded` by a newer version.
    """

    institution: str
    at: datetime
    expires_at: datetime
    state: str
    is_authentic: bool


async def paper(tx: Tx, *, prescription_id: UUID) -> Paper:
    """Return the paper of a prescription to its doctor's place, its pharmacists, or its person.

    The person has no paper of what is not in force yet.

    :raises NoSuchPrescription, NoSuchPerson, WrongRole:
    """
    found, chart = await _open(tx, prescription_id)
    documents = await prescriptions.documents(tx, chart, prescriptions=[found])
    if found.id not in documents:
        raise NoSuchPrescription(id=prescription_id)
    document = documents[found.id]
    review = await _review(tx, chart, found, document)
    posts = await people.posts(tx, ids=[document.post_id, *([review.post_id] if review else [])])
    checked = await _checked(tx, document, review)
    return Paper(
        document_id=document.id,
        code=code_of(tx.keys, document.id),
        text=document.text,
        kind=found.sheet.kind,
        state=found.state,
        expires_at=document.expires_at,
        doctor=_hand(checked[document.id], posts),
        pharmacist=_hand(checked[review.id], posts) if review else None,
        fee=await _fee(tx, chart),
        sold=await sold(tx, chart, found),
    )


async def verify(tx: Tx, *, code: str) -> Verdict | None:
    """Return what anybody may know of a paper, or None if no paper of ours has this code."""
    document_id = document_of(tx.keys, code)
    if document_id is None:
        return None
    standing = await prescriptions.standing(tx, document_id=document_id)
    if standing is None:
        return None
    places = await people.institutions(tx, ids=[standing.institution_id])
    return Verdict(
        institution=places[standing.institution_id].name,
        at=standing.at,
        expires_at=standing.expires_at,
        state=_state(standing, tx.now),
        is_authentic=await _is_authentic(tx, standing),
    )


def code_of(keys: Keys, document_id: UUID) -> str:
    """Return what leads from a paper to its page: an id, and a seal so that ids can't be tried."""
    return document_id.hex + keys.digest(f"paper {document_id}")[:MAC].hex()


def document_of(keys: Keys, code: str) -> UUID | None:
    try:
        document_id = UUID(hex=code[:32])
    except ValueError:
        return None
    return document_id if crypto.same(code_of(keys, document_id).encode(), code.encode()) else None


async def _open(tx: Tx, id: UUID) -> tuple[Prescription, Chart]:
    if tx.actor.role not in PURPOSES:
        raise WrongRole(verb="paper", role=tx.actor.role)
    purpose, what = PURPOSES[tx.actor.role], "prescription.paper"
    if tx.actor.role != RESIDENT:
        desk = await access.open_desk(tx, purpose=purpose)
        known = await prescriptions.at_desk(tx, desk, prescription_id=id)
        chart = await access.open_chart(tx, person_id=known.person_id, purpose=purpose, what=what)
        return known, chart
    me = tx.actor.subject_id
    chart = await access.open_chart(tx, person_id=me, purpose=purpose, what=what)
    found = await prescriptions.prescription(tx, chart, prescription_id=id)
    if found.state not in IN_FORCE:
        raise NoSuchPrescription(id=id)
    return found, chart


async def _review(tx: Tx, chart: Chart, found: Prescription, document: Document) -> Review | None:
    """Return the review that agreed to this very text."""
    reviews = (await prescriptions.reviews_of(tx, chart, prescriptions=[found]))[found.id]
    agreed = (
        each
        for each in reviews
        if each.decision is Decision.APPROVE and each.document_id == document.id
    )
    return next(agreed, None)


async def _fee(tx: Tx, chart: Chart) -> str:
    """RX-13: return the fee class by how the person is insured."""
    cover = await insurance.cover(tx, chart)
    bound = cover is not None and cover.state is CoverState.BOUND
    return cover.scheme or "" if cover and bound else ""


async def sold(tx: Tx, chart: Chart, found: Prescription) -> Sold:
    """RX-13, PH-08: return the amount and who filled, checked and issued, as far as it has come."""
    sales = await pharmacy.sales_of(tx, chart, prescription_ids=[found.id])
    sale = next((each for each in sales if each.state not in UNSOLD), None)
    if sale is None:
        return Sold()
    ids = [id for id in (sale.filled_by, sale.checked_by, sale.handed_by) if id]
    names = await people.names_at(tx, institution_id=sale.institution_id, person_ids=ids)
    return Sold(
        fen=sum(line.fen for line in sale.sold),
        filled=_done(names, sale.filled_by, None),
        checked=_done(names, sale.checked_by, sale.checked_at),
        issued=_done(names, sale.handed_by, sale.handed_at),
    )


def _done(names: Mapping[UUID, str], id: UUID | None, at: datetime | None) -> Done | None:
    return Done(names[id], at) if id and id in names else None


async def _checked(tx: Tx, document: Document, review: Review | None) -> dict[UUID, list[Checked]]:
    subjects = [(WRITTEN, document.prescription_id)]
    digests = {document.id: _digest(document.text)}
    if review:
        subjects.append((REVIEWED, review.id))
        digests[review.id] = _digest(review.text)
    return await signatures.checked(tx, subjects=subjects, digests=digests)


async def _is_authentic(tx: Tx, standing: Standing) -> bool:
    """Return whether the doctor's signature holds, and the pharmacist's where there is one."""
    digests = {standing.document_id: standing.digest}
    subjects = [(WRITTEN, standing.prescription_id)]
    if standing.review_id and standing.state in IN_FORCE:
        digests[standing.review_id] = standing.review_digest
        subjects.append((REVIEWED, standing.review_id))
    found = await signatures.checked(tx, subjects=subjects, digests=digests)
    return all(checked and checked[-1].is_valid for checked in found.values())


def _state(standing: Standing, now: datetime) -> str:
    if not standing.is_newest:
        return "superseded"
    over = standing.expires_at <= now
    return "expired" if over and standing.state is not State.DISPENSED else standing.state


def _hand(checked: Sequence[Checked], posts: Mapping[UUID, Post]) -> Hand | None:
    if not checked:
        return None
    signature = checked[-1].signature
    at = signature.signed_at or signature.at
    return Hand(posts[signature.post_id].name, at, checked[-1].is_valid)


def _digest(text: str) -> str:
    return sm3(text.encode()).hex()
