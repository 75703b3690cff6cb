import base64
import subprocess
from datetime import timedelta
from random import Random
from uuid import UUID

import msgspec
import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from lianyi.kernel import sm2
from lianyi.kernel.crypto import sm3
from lianyi.kernel.errand import Answer, Outcome
from lianyi.kernel.ids import Ids
from lianyi.links.authority import Authority
from lianyi.links.ca import (
    Certificate,
    Issue,
    Revoke,
    Sign,
    Signed,
    Stamp,
    Stamped,
    Unlock,
    Unlocked,
    stamped,
)
from lianyi.links.signed import Customer, SignedWire
from lianyi.links.wire import Unanswered
from tests.links import provider as providers
from tests.links.provider import now

DOCTOR = UUID(int=7)
PIN = "271828"
DOCUMENT = "处方笺：缬沙坦 80 mg".encode()
DIGEST = sm3(DOCUMENT).hex()
SM2_ID = "distid:1234567812345678"


@pytest.fixture
async def provider(tmp_path):
    async with providers.running(tmp_path, "ca") as provider:
        yield provider


@pytest.fixture
def keys(request):
    ids = Ids(Random(request.node.nodeid))
    return lambda: ids.new(now())


class Holder:
    """A doctor with a certificate."""

    def __init__(self, authority, keys):
        self._authority, self._keys = authority, keys
        self.certificate = None

    async def issued(self):
        body = await self.does(Issue(DOCTOR, "陈静", "青山市第一人民医院", PIN), Certificate)
        self.certificate = body
        return self

    async def does(self, act, kind):
        answer = await self.asks(act)
        assert answer.outcome is Outcome.YES, answer
        return msgspec.convert(answer.body, kind)

    async def asks(self, act):
        return await self._authority.act(self._keys(), act)

    async def unlock(self, pin=PIN, hours=12):
        return await self.asks(Unlock(self.certificate.serial, pin, hours))

    async def token(self, hours=12):
        return msgspec.convert((await self.unlock(hours=hours)).body, Unlocked).token

    async def sign(self, token):
        return await self.asks(Sign(self.certificate.serial, token, DIGEST))


def authority(provider, papers=None):
    wire = SignedWire(provider.client, provider.url, papers or provider.papers, now)
    return Authority(wire)


@pytest.fixture
async def doctor(provider, keys):
    return await Holder(authority(provider), keys).issued()


def openssl(*words):
    return subprocess.run(["openssl", *words], check=False, capture_output=True, text=True)  # noqa: S603, S607 - our own words


async def test_openssl_confirms_certificate_and_signature(provider, doctor, tmp_path):
    signed = msgspec.convert((await doctor.sign(await doctor.token())).body, Signed)
    files = {
        "root.pem": (await provider.client.get(f"{provider.url}/root")).content,
        "holder.pem": doctor.certificate.certificate.encode(),
        "public.pem": doctor.certificate.public_key.encode(),
        "signature": base64.b64decode(signed.signature),
        "digest": bytes.fromhex(DIGEST),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    chain = openssl(
        *("verify", "-x509_strict", "-vfyopt", SM2_ID, "-CAfile", tmp_path / "root.pem"),
        tmp_path / "holder.pem",
    )
    assert chain.returncode == 0, chain.stderr
    shown = openssl("x509", "-in", tmp_path / "holder.pem", "-noout", "-pubkey")
    assert shown.stdout == doctor.certificate.public_key
    checked = openssl(
        *("pkeyutl", "-verify", "-rawin", "-digest", "sm3", "-pkeyopt", SM2_ID, "-pubin"),
        *("-inkey", tmp_path / "public.pem", "-in", tmp_path / "digest"),
        *("-sigfile", tmp_path / "signature"),
    )
    assert checked.returncode == 0, checked.stderr


async def test_a_certificate_names_its_holder(doctor):
    certificate = x509.load_pem_x509_certificate(doctor.certificate.certificate.encode())
    assert f"{certificate.serial_number:X}" == doctor.certificate.serial
    names = {name.oid: name.value for name in certificate.subject}
    assert names[NameOID.COMMON_NAME] == "陈静"
    assert names[NameOID.SERIAL_NUMBER] == DOCTOR.hex


async def test_one_byte_changed_and_the_signature_is_void(doctor):
    """EMR-06: any later change to the content is detectable."""
    signed = msgspec.convert((await doctor.sign(await doctor.token())).body, Signed)
    signature = base64.b64decode(signed.signature)
    public = doctor.certificate.public_key.encode()
    assert sm2.has_signed(public, signature, sm3(DOCUMENT))
    assert not sm2.has_signed(public, signature, sm3(DOCUMENT.replace(b"80", b"81")))


async def test_a_time_stamp_is_the_authoritys_word(doctor):
    stamp = await doctor.does(Stamp(DIGEST), Stamped)
    signature, public = base64.b64decode(stamp.stamp), stamp.public_key.encode()
    assert abs(now() - stamp.at) < timedelta(minutes=1)
    assert sm2.has_signed(public, signature, stamped(DIGEST, stamp.at))
    assert not sm2.has_signed(public, signature, stamped(DIGEST, stamp.at + timedelta(seconds=1)))


async def test_without_a_pin_nothing_is_signed(doctor):
    assert await doctor.sign("guessed") == Answer(Outcome.NO, {"code": "LOCKED"})


async def test_a_key_closes_itself_after_twelve_hours(provider, doctor):
    token = await doctor.token()
    await provider.post("/clock", {"ahead_ms": 12 * 3600 * 1000})
    assert await doctor.sign(token) == Answer(Outcome.NO, {"code": "LOCKED"})


async def test_no_key_is_open_for_more_than_twelve_hours(doctor):
    with pytest.raises(Unanswered):
        await doctor.unlock(hours=13)


async def test_the_key_of_another_is_not_opened_by_ones_own_pin(provider, doctor, keys):
    other = await Holder(authority(provider), keys).issued()
    assert (await other.sign(await doctor.token())).body == {"code": "LOCKED"}


async def test_wrong_pins_block_a_certificate(doctor):
    for _ in range(5):
        assert (await doctor.unlock(pin="000000")).body == {"code": "PIN_WRONG"}
    assert (await doctor.unlock()).body == {"code": "PIN_BLOCKED"}


async def test_a_revoked_certificate_signs_nothing_from_that_moment(doctor):
    """RX-25: the right is removed at once, an open key included."""
    token = await doctor.token()
    await doctor.asks(Revoke(doctor.certificate.serial, "离职"))
    assert (await doctor.sign(token)).body == {"code": "REVOKED"}
    assert (await doctor.unlock()).body == {"code": "REVOKED"}


async def test_a_certificate_out_of_date_signs_nothing(provider, doctor):
    await provider.post("/clock", {"ahead_ms": 2 * 366 * 24 * 3600 * 1000})
    assert (await doctor.unlock()).body == {"code": "EXPIRED"}


async def test_after_a_lost_answer_the_same_signature_is_told(provider, doctor, keys):
    act, key = Sign(doctor.certificate.serial, await doctor.token(), DIGEST), keys()
    await provider.fails(lose_answer=1)
    with pytest.raises(Unanswered):
        await authority(provider).act(key, act)
    told = await authority(provider).ask(key)
    assert told.outcome is Outcome.YES
    assert await authority(provider).act(key, act) == told


async def test_a_key_can_not_be_used_for_another_document(provider, keys):
    key = keys()
    await authority(provider).act(key, Stamp(DIGEST))
    assert (await authority(provider).act(key, Stamp("0" * 64))).body == {"code": "409"}


async def test_a_lost_request_never_arrived(provider, keys):
    key = keys()
    await provider.fails(lose_request=1)
    with pytest.raises(Unanswered):
        await authority(provider).act(key, Stamp(DIGEST))
    assert await authority(provider).ask(key) is None


async def test_a_forged_request_issues_nothing(provider, tmp_path, keys):
    forger = providers.give(tmp_path / "forger", Customer("someone", "else"))
    with pytest.raises(Unanswered):
        await authority(provider, forger).act(keys(), Stamp(DIGEST))


def test_neither_pin_nor_token_is_ever_shown():
    shown = repr([Issue(DOCTOR, "陈静", "", PIN), Unlock("1", PIN), Sign("1", "secret", DIGEST)])
    assert PIN not in shown
    assert "secret" not in shown


async def test_certificates_outlive_a_kill(tmp_path, keys):
    async with providers.process(tmp_path, "ca") as (provider, child):
        doctor = await Holder(authority(provider), keys).issued()
        token = await doctor.token()
        child.kill()
        child.start()
        await provider.get("/faults")
        assert (await doctor.sign(token)).outcome is Outcome.YES
