"""A resident asks for an online visit; what the law forbids is refused before money (复诊申请).

Signs of an emergency come first, then the doctor's licence, then the proof of an earlier diagnosis
and the rest; the price that was shown is the price that is charged.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from lianyi.access import service as access
from lianyi.access.model import Chart, Purpose, Share
from lianyi.billing import queries as money
from lianyi.billing import service as billing
from lianyi.billing.model import Item, Line
from lianyi.consult import queries, service
from lianyi.consult.errors import (
    NotEligible,
    PriceChanged,
    ProofMissing,
    Unanswered,
    UnknownDisease,
)
from lianyi.consult.model import (
    Asking,
    Disease,
    Evidence,
    Intake,
    Kind,
    Offer,
    Proof,
    State,
    Terms,
    Visit,
)
from lianyi.consult.rules import flags, gate
from lianyi.files import service as files
from lianyi.insurance.model import Filing
from lianyi.insurance.model import Kind as Claimed
from lianyi.journeys import earlier, settle
from lianyi.kernel import profile
from lianyi.kernel.money import to_fen
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import DOCTOR, KinKind, KinState, Practice
from lianyi.records.fhir import outpatient
from lianyi.records.rules.sensitive import classes_of
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import Diagnosis

SUBJECT = "consult"  # of a bill for an online visit
ORDINARY = "110200001"  # 普通门诊诊查费, as the national list of medical prices numbers it
CARED_FOR = timedelta(days=30)
SHARED_FOR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Paper:
    """A proof that was uploaded, and what it is."""

    kind: Evidence
    content: bytes


@dataclass(frozen=True, slots=True)
class Wish:
    """What a patient fills in. `condition` is a line of the record; or `disease` and its papers.

    `fen` is the price that was shown (CON-27); `share` lets the doctor read another institution's
    record; `agreed` is to the risk notice.
    """

    intake: Intake
    fen: int
    condition: str = ""
    disease: str = ""
    papers: tuple[Paper, ...] = ()
    photos: tuple[bytes, ...] = ()
    share: bool = False
    agreed: bool = False
    guardian_present: bool = False


async def terms(tx: Tx, *, offer: Offer) -> Terms:
    """Return what is shown before payment (CON-27).

    :raises NoPrice:
    """
    line = await _line(tx, offer.institution_id, offer.item)
    return Terms(offer.item, line.fen, offer.minutes, offer.rounds)


async def ask(tx: Tx, *, post_id: UUID, kind: Kind, wish: Wish) -> Visit:
    """Ask a doctor for an online visit; what the law forbids is refused before anything is paid.

    A sign of an emergency comes before every other question (CON-28): the visit is stopped,
    whatever else is wrong with what was filled in.

    :raises AlreadyAsked, NoPrice, NoSuchOffer, PriceChanged, ProofMissing, UnknownDisease:
    :raises NotEligible: CON-01..04, CON-06, CON-07, CON-11, CON-12, CON-17, LIC-13.
    :raises MayNotPractise: LIC-01, LIC-13, LIC-14, CON-08, CON-23, CON-24.
    :raises ProofTooLow, NoSuchPerson: CON-10.
    :raises UnknownType, TooBig, BrokenFile:
    """
    chart = await own(tx)
    if closed := gate.kind_findings(kind):
        raise NotEligible(findings=closed)
    offer = await queries.offer(tx, post_id=post_id, kind=kind)
    if signs(wish):
        spoken_of = await _spoken_of(tx, chart, wish)
        return await service.halt(tx, chart, offer=offer, disease=spoken_of, intake=_told(wish))
    shown = await terms(tx, offer=offer)
    disease, proofs = await _proofs(tx, chart, offer, wish)
    _check_answers(wish, disease.code)
    await _check(tx, chart, offer, wish, disease=disease, proofs=proofs)
    if wish.fen != shown.fen:
        raise PriceChanged
    photos = [await _keep(tx, chart, offer, disease, each) for each in wish.photos]
    asked = await service.ask(
        tx,
        chart,
        offer=offer,
        disease=disease,
        terms=shown,
        intake=replace(wish.intake, photos=tuple(photos)),
        proofs=proofs,
        guardian_present=wish.guardian_present,
    )
    await _let_in(tx, asked, proofs)
    return asked


def signs(wish: Wish) -> tuple[str, ...]:
    """Return the signs of an emergency in all that was answered and typed (CON-28)."""
    return flags.hits(_told(wish))


def named(text: str) -> Diagnosis | None:
    """Return the diagnosis that is called exactly so, by its name or code."""
    found = terminology.search_diagnoses(text) if text else ()
    return next((each for each in found if text in {each.name, each.code}), None)


def _told(wish: Wish) -> Intake:
    """Add a typed diagnosis to what was told, unless it is one that is followed up online."""
    known = named(wish.disease)
    if known and terminology.may_be_followed_up_online(known.code):
        return wish.intake
    return replace(wish.intake, named=known.name if known else wish.disease)


def _check_answers(wish: Wish, code: str) -> None:
    """CON-28: every disease has its own questions beside the general ones, however proven."""
    answered = {answer.question for answer in wish.intake.answers}
    if not set(flags.asked_for(code)) <= answered:
        raise Unanswered


async def _check(
    tx: Tx, chart: Chart, offer: Offer, wish: Wish, *, disease: Disease, proofs: Sequence[Proof]
) -> None:
    practice = await check_practice(tx, offer.doctor_id, offer.department_id, offer.institution_id)
    person = await people.person(tx, chart)
    drugs = terminology.snapshot().drugs.values()
    if wish.agreed:
        await service.agree(tx, chart)
    asking = Asking(
        kind=offer.kind,
        code=disease.code,
        followable=terminology.may_be_followed_up_online(disease.code),
        proofs=tuple(proofs),
        shared=wish.share or not _elsewhere(offer, proofs),
        course=wish.intake.course,
        controlled=gate.controlled_in(wish.intake.wanted, drugs),
        age=person.age_on(registry.today(tx)),
        by_guardian=await _by_guardian(tx, chart),
        guardian_present=wish.guardian_present,
        subject=offer.subject,
        online=offer.is_online(tx.now),
        agreed=await queries.has_agreed(tx, chart),
        on=registry.today(tx),
        place=practice.institution.licence_number,
        physician=practice.licence.number if practice.licence else "",
    )
    if found := gate.ask_findings(asking, profile.at(tx.now)):
        raise NotEligible(findings=found)


async def _proofs(
    tx: Tx, chart: Chart, offer: Offer, wish: Wish
) -> tuple[Disease, tuple[Proof, ...]]:
    if offer.kind is Kind.COUNSEL:
        return Disease(), ()
    if wish.condition:
        return await _from_record(tx, chart, wish.condition)
    if not wish.disease:
        raise ProofMissing
    known = named(wish.disease)
    if known is None:
        raise UnknownDisease
    disease = _disease(known.code, known.name)
    papers = [await _paper(tx, chart, offer, disease, each) for each in wish.papers]
    return disease, tuple(papers)


async def _spoken_of(tx: Tx, chart: Chart, wish: Wish) -> Disease:
    """Return what a stopped visit was to be about, if that is known: its classes hold for it."""
    known = await earlier.diagnoses(tx, chart) if wish.condition else []
    for each in known:
        if each.proof.fhir_id == wish.condition:
            return _disease(each.proof.code, each.proof.name)
    typed = named(wish.disease)
    return _disease(typed.code, typed.name) if typed else Disease()


async def _from_record(tx: Tx, chart: Chart, condition: str) -> tuple[Disease, tuple[Proof, ...]]:
    """Return what is followed up, with it every diagnosis of the same visit as its proof."""
    known = await earlier.diagnoses(tx, chart)
    chosen = next((each for each in known if each.proof.fhir_id == condition), None)
    if chosen is None:
        raise ProofMissing
    same_visit = (each.proof for each in known if each.visit_id == chosen.visit_id)
    others = (proof for proof in same_visit if proof.fhir_id != condition)
    return _disease(chosen.proof.code, chosen.proof.name), (chosen.proof, *others)


async def _paper(tx: Tx, chart: Chart, offer: Offer, disease: Disease, paper: Paper) -> Proof:
    file_id = await _keep(tx, chart, offer, disease, paper.content)
    return Proof(paper.kind, disease.code, disease.name, None, file_id=file_id)


def _disease(code: str, name: str) -> Disease:
    return Disease(code, name, classes_of([(outpatient.ICD10, code)]))


async def _keep(tx: Tx, chart: Chart, offer: Offer, disease: Disease, content: bytes) -> UUID:
    kept = await files.keep(
        tx,
        owner_id=chart.person_id,
        content=content,
        holder_id=offer.institution_id,
        classes=disease.classes,
    )
    return kept.id


async def _let_in(tx: Tx, asked: Visit, proofs: Sequence[Proof]) -> None:
    """Let the doctor see the person and the proofs, and charge what needs no reading first."""
    await access.open_relation(
        tx,
        person_id=asked.person_id,
        institution_id=asked.institution_id,
        roles=frozenset({DOCTOR}),
        cause_id=asked.id,
        until=tx.now + CARED_FOR,
    )
    for holder_id in _holders(asked.institution_id, proofs):
        await _share(tx, asked, holder_id)
    if asked.state is State.UNPAID:
        await charge(tx, asked)


async def _share(tx: Tx, asked: Visit, holder_id: UUID) -> None:
    """Give the consent that was ticked: another institution's record, for this visit's doctor."""
    chart = await access.open_chart(
        tx, person_id=asked.person_id, purpose=Purpose.CONSENT, what="consult"
    )
    share = Share(
        holder_id=holder_id,
        receiver_id=asked.institution_id,
        purpose=Purpose.TREAT,
        expires_at=tx.now + SHARED_FOR,
        classes=asked.classes,
    )
    await access.give_consent(tx, chart, share=share)


def _elsewhere(offer: Offer, proofs: Sequence[Proof]) -> bool:
    return bool(_holders(offer.institution_id, proofs))


def _holders(own: UUID, proofs: Collection[Proof]) -> list[UUID]:
    return sorted({proof.holder_id for proof in proofs if proof.holder_id} - {own})


async def _by_guardian(tx: Tx, chart: Chart) -> bool:
    """Return whether the acting resident is this child's proven guardian (IDN-06, CON-11)."""
    return any(
        kin.kind is KinKind.GUARDIAN
        and kin.state is KinState.LIVE
        and kin.holder_id == tx.actor.person_id
        and kin.subject_id == chart.person_id
        for kin in await people.family(tx, chart)
    )


async def _line(tx: Tx, institution_id: UUID, item: str) -> Line:
    lines = await money.priced(tx, institution_id=institution_id, items=[Item(item)])
    return lines[0]


async def charge(tx: Tx, asked: Visit, *, claimed: bool = True) -> None:
    """Charge what was shown, whatever the list says by now (CON-27)."""
    line = await _line(tx, asked.institution_id, asked.terms.item)
    fen = asked.terms.fen
    bill = await billing.open_bill(
        tx,
        person_id=asked.person_id,
        institution_id=asked.institution_id,
        subject=(SUBJECT, asked.id),
        lines=[replace(line, unit_price=Decimal(fen) / 100, fen=fen)],
        due_at=tx.now + timedelta(minutes=profile.at(tx.now)["CON-27"]),
    )
    if claimed and (filing := await filing_of(tx, asked)):
        await settle.begin(tx, bill=bill, filing=filing)


async def filing_of(tx: Tx, asked: Visit) -> Filing | None:
    """Say what an online visit is claimed as, if it is claimed at all.

    Nobody claims a health consultation (CON-26), nor a follow-up that costs more than the ordinary
    visit here, or at the hospital behind it where there are no others (INS-16).
    """
    if asked.kind is not Kind.FOLLOW_UP or not await _is_ordinary(tx, asked):
        return None
    return Filing(Claimed.OUTPATIENT, online=True, diagnosis=asked.code)


async def _is_ordinary(tx: Tx, asked: Visit) -> bool:
    places = await people.institutions(tx, ids=[asked.institution_id])
    here = places[asked.institution_id]
    behind = [id for id in (here.id, here.parent_id) if id]
    known = await money.prices_at(tx, institution_ids=behind, codes=[ORDINARY])
    price = next((known[id][ORDINARY] for id in behind if ORDINARY in known[id]), None)
    return price is not None and asked.terms.fen <= to_fen(price.unit_price)


async def own(tx: Tx) -> Chart:
    """Open the record of whose affairs these are: their own identity is bound (CON-10)."""
    return await access.open_chart(
        tx, person_id=tx.actor.subject_id, purpose=Purpose.OWN, what="consult"
    )


async def check_practice(
    tx: Tx, doctor_id: UUID, department_id: UUID | None, institution_id: UUID | None = None
) -> Practice:
    practice = await people.practice(
        tx,
        person_id=doctor_id,
        institution_id=institution_id or tx.actor.institution_id,
        department_id=department_id,
    )
    registry.check_practice(tx, practice, online=True)
    return practice
