"""What is signed, by whom, and what happens when the authority says no, or nothing."""

import asyncio
from datetime import timedelta

import asyncpg
import pytest

from lianyi.journeys import sign
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.lifecycle import WrongRole
from lianyi.links.ca import Revoke
from lianyi.people import service as people
from lianyi.people.model import ADMIN, CLERK, DOCTOR, PHARMACIST
from lianyi.signatures import queries, service
from lianyi.signatures.errors import (
    AlreadyAsked,
    AlreadyCertified,
    BadDigest,
    BadPin,
    KeyClosed,
    KeyOpen,
    NotCertified,
)
from lianyi.signatures.model import (
    CLOSED,
    LONGEST,
    SILENT,
    CertificateState,
    Fault,
    SignatureState,
    UnlockingState,
)
from tests.links import provider as providers
from tests.place import Place
from tests.signatures.make import PIN, Hall, digest, set_clock


@pytest.fixture
async def doctor(hall):
    return await hall.signer(DOCTOR)


async def test_a_post_is_given_a_certificate_in_its_holders_name(hall, place):
    hat = await place.appoint(DOCTOR)
    certificate = await hall.certify(hat)
    assert certificate.state is CertificateState.ISSUED
    assert certificate.person_id == hat.person_id
    assert certificate.serial
    assert certificate.is_live(place.app.clock())


async def test_what_is_signed_holds_against_the_very_text_and_no_other(hall, doctor):
    """EMR-06: one byte changed and the verification fails."""
    subject = hall.subject()
    signed = await hall.sign(doctor, subject)
    assert signed.state is SignatureState.SIGNED
    (checked,) = await hall.check(subject)
    assert (checked.faults, checked.is_valid) == ((), True)
    (tampered,) = await hall.check(subject, "门诊病历：头晕 4 天")
    assert Fault.DOCUMENT in tampered.faults
    assert not tampered.is_valid


async def test_a_key_that_was_never_opened_signs_nothing(hall, place):
    """EMR-06: controlled by the signer alone."""
    hat = await place.appoint(DOCTOR)
    await hall.certify(hat)
    with pytest.raises(KeyClosed):
        await hall.ask(hat, hall.subject())


async def test_without_a_certificate_nothing_is_signed(hall, place):
    """RX-25: the right to prescribe needs a certificate on file."""
    hat = await place.appoint(DOCTOR)
    with pytest.raises(NotCertified):
        await hall.ask(hat, hall.subject())
    with pytest.raises(NotCertified):
        await place.do(hat, sign.unlock, pin=PIN)


async def test_after_twelve_hours_the_key_is_closed_without_any_timer(hall, place, doctor):
    place.app.clock.forward(hours=12)
    with pytest.raises(KeyClosed):
        await hall.ask(doctor, hall.subject())
    assert (await hall.own(doctor)).unlocking.state is UnlockingState.OPEN
    await hall.later(seconds=1)
    assert (await hall.own(doctor)).unlocking.state is UnlockingState.CLOSED


async def test_no_key_is_opened_for_longer_than_twelve_hours(hall, place):
    hat = await place.appoint(DOCTOR)
    await hall.certify(hat)
    asked = await place.do(hat, service.unlock, pin=PIN, hours=timedelta(hours=40))
    assert asked.until - asked.at == LONGEST


async def test_who_goes_home_can_close_the_key(hall, place, doctor):
    await place.do(doctor, sign.lock)
    with pytest.raises(KeyClosed):
        await hall.ask(doctor, hall.subject())
    assert (await hall.unlock(doctor)).state is UnlockingState.OPEN


async def test_a_wrong_pin_opens_nothing_and_says_so(hall, place):
    hat = await place.appoint(DOCTOR)
    await hall.certify(hat)
    tried = await hall.unlock(hat, pin="000000")
    assert (tried.state, tried.code) == (UnlockingState.REFUSED, "PIN_WRONG")
    assert (await hall.unlock(hat)).state is UnlockingState.OPEN


async def test_neither_pin_nor_token_is_kept_once_it_has_served(hall, place, doctor):
    """Between question and answer a PIN lies sealed; after it, nowhere."""
    await hall.sign(doctor, hall.subject())
    (token,) = await hall.kept(doctor)  # of the open key
    assert PIN not in token
    await place.do(doctor, sign.lock)
    assert await hall.kept(doctor) == []


async def test_a_pin_is_wiped_when_the_authority_stays_silent(hall, place):
    hat = await place.appoint(DOCTOR)
    await hall.certify(hat)
    await hall.authority.fails(lose_request=9)
    await hall.unlock(hat)
    assert any(PIN in text for text in await hall.kept(hat))
    await hall.later(minutes=2)
    own = await hall.own(hat)
    assert (own.unlocking.state, own.unlocking.code) == (UnlockingState.REFUSED, SILENT)
    assert await hall.kept(hat) == []


async def test_a_lost_answer_is_asked_about_and_the_document_signed_once(hall, doctor):
    subject = hall.subject()
    await hall.authority.fails(lose_answer=1)
    assert (await hall.sign(doctor, subject)).state is SignatureState.ASKED
    await hall.later(minutes=1)
    assert (await hall.newest(subject)).state is SignatureState.SIGNED
    assert len(await hall.check(subject)) == 1


async def test_a_silent_authority_means_not_signed_and_nothing_else(hall, doctor):
    subject = hall.subject()
    await hall.authority.fails(lose_request=9)
    await hall.ask(doctor, subject)
    await hall.later(minutes=5)
    refused = await hall.newest(subject)
    assert (refused.state, refused.code) == (SignatureState.REFUSED, SILENT)
    await hall.authority.fails()
    assert (await hall.own(doctor)).unlocking.state is UnlockingState.OPEN
    assert (await hall.sign(doctor, subject)).state is SignatureState.SIGNED


async def test_an_answer_that_comes_twice_or_too_late_changes_nothing(hall, place, doctor):
    subject = hall.subject()
    signed = await hall.sign(doctor, subject)
    for late in (Answer(Outcome.NO, {"code": "LOCKED"}), Answer(Outcome.NO)):
        record = next(e for e in sign.ERRANDS if e.kind == "sign.sign").record
        await place.do(place.office, lambda tx, r=record, a=late: r(tx, signed.id, a))
    assert (await hall.newest(subject)) == signed
    assert (await hall.own(doctor)).unlocking.state is UnlockingState.OPEN


async def test_a_forged_signature_is_not_taken(hall, place, doctor):
    """What comes over the wire is checked before it is believed."""
    first, second = hall.subject(), hall.subject()
    proof = (await hall.sign(doctor, first)).proof
    other = await hall.ask(doctor, second, "另一份文书")
    await place.do(place.office, service.signed, signature_id=other.id, proof=proof)
    refused = await hall.newest(second)
    assert (refused.state, refused.code) == (SignatureState.REFUSED, "FORGED")


async def test_a_revoked_certificate_signs_nothing_from_that_moment(hall, place, doctor):
    """RX-25: the right is removed at once, an open key included."""
    subject = hall.subject()
    asked = await hall.ask(doctor, subject)
    admin = await place.hat(ADMIN)
    await place.do(admin, service.revoke, post_id=doctor.post_id, reason="离职")
    with pytest.raises(NotCertified):
        await hall.ask(doctor, hall.subject())
    await hall.work()
    assert (await hall.newest(subject)).id == asked.id
    assert (await hall.newest(subject)).state is SignatureState.REFUSED
    own = await hall.own(doctor)
    assert own.certificate.state is CertificateState.REVOKED
    assert own.unlocking.state is UnlockingState.CLOSED


async def test_what_was_signed_before_a_revocation_stays_signed(hall, place, doctor):
    subject = hall.subject()
    await hall.sign(doctor, subject)
    place.app.clock.forward(hours=1)
    admin = await place.hat(ADMIN)
    await place.do(admin, service.revoke, post_id=doctor.post_id, reason="离职")
    (checked,) = await hall.check(subject)
    assert checked.is_valid


async def test_with_the_post_goes_the_right_to_sign(hall, place, doctor):
    """RX-25: removed within the same day, here at once."""
    await place.do(await place.hat(ADMIN), people.end_post, post_id=doctor.post_id)
    await hall.work()
    assert (await hall.own(doctor)).certificate.state is CertificateState.REVOKED


async def test_the_authoritys_word_that_a_certificate_has_ended_is_followed(hall, doctor):
    serial = (await hall.own(doctor)).certificate.serial
    await hall.links.ca.act(hall.subject()[1], Revoke(serial, "遗失"))
    refused = await hall.sign(doctor, hall.subject())
    assert refused.code == "REVOKED"
    assert (await hall.own(doctor)).certificate.state is CertificateState.REVOKED


async def test_another_institutions_admin_revokes_nothing(hall, app, doctor):
    other = await Place.found(app)
    with pytest.raises(NotCertified):
        await other.do(
            await other.hat(ADMIN), service.revoke, post_id=doctor.post_id, reason="试试"
        )


async def test_who_treats_nobody_signs_nothing(place):
    clerk = await place.hat(CLERK)
    with pytest.raises(WrongRole):
        await place.do(clerk, sign.ask_certificate, pin=PIN)


@pytest.mark.parametrize("pin", ["", "12345", "1234567", "abcdef", "１２３４５６"])
async def test_a_pin_is_six_digits(place, pin):
    with pytest.raises(BadPin):
        await place.do(await place.hat(DOCTOR), sign.ask_certificate, pin=pin)


async def test_a_digest_is_an_sm3(hall, place, doctor):
    with pytest.raises(BadDigest):
        await place.do(
            doctor,
            service.ask,
            subject=hall.subject(),
            digest="deadbeef",
            document=hall.subject()[1],
        )


async def test_a_post_holds_one_certificate_and_opens_one_key(hall, place, doctor):
    with pytest.raises(AlreadyCertified):
        await place.do(doctor, sign.ask_certificate, pin=PIN)
    with pytest.raises(KeyOpen):
        await place.do(doctor, sign.unlock, pin=PIN)


async def test_twenty_at_once_ask_for_one_signature(hall, place, doctor):
    subject = hall.subject()

    async def ask():
        try:
            return await hall.ask(doctor, subject)
        except AlreadyAsked:
            return None

    asked = await asyncio.gather(*(ask() for _ in range(20)))
    assert sum(each is not None for each in asked) == 1
    await hall.work()
    with pytest.raises(AlreadyAsked):
        await hall.ask(doctor, subject)


async def test_what_was_missed_is_owed_until_it_is_signed(hall, place):
    hat = await place.appoint(PHARMACIST)
    subject = hall.subject()
    missed = await place.do(
        hat, service.ask_or_miss, subject=subject, digest=digest(), document=subject[1]
    )
    assert (missed.state, missed.code) == (SignatureState.REFUSED, CLOSED)
    assert [s.id for s in await place.ask(hat, queries.owed, types=["note"])] == [missed.id]
    await hall.certify(hat)
    await hall.unlock(hat)
    await hall.sign(hat, subject)
    assert await place.ask(hat, queries.owed, types=["note"]) == []


async def test_evidence_can_not_be_changed(hall, place, doctor):
    """EMR-04: proofs are append-only, even for the application itself."""
    await hall.sign(doctor, hall.subject())
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await place.rows("UPDATE signatures.proof SET signature = 'x'")


async def test_a_killed_authority_loses_no_signature_and_makes_none_twice(place, tmp_path):
    """The authority dies with a request in its hands; what it signed is signed once."""
    async with providers.process(tmp_path, "ca") as (authority, child):
        hall = Hall(place, authority)
        await set_clock(place.app, authority)
        doctor = await hall.signer(DOCTOR)
        subject, after = hall.subject(), hall.subject()
        await authority.fails(lose_answer=1)
        await hall.sign(doctor, subject)  # signed there, unknown here
        child.kill()
        await hall.sign(doctor, after)  # nobody there
        assert (await hall.newest(after)).state is SignatureState.ASKED
        child.start()
        await authority.get("/faults")
        await hall.later(minutes=1)
        for each in (subject, after):
            assert (await hall.newest(each)).state is SignatureState.SIGNED
            assert len(await hall.check(each)) == 1
