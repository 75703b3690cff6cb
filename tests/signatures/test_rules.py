"""A signature is believed for what it is, long after the authority has gone (EMR-06, EMR-08)."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from cryptography import x509 as certificates

from lianyi.kernel import sm2
from lianyi.kernel.crypto import sm3
from lianyi.links import ca
from lianyi.links.simulators import x509
from lianyi.signatures import rules
from lianyi.signatures.model import (
    Certificate,
    CertificateState,
    Fault,
    Issued,
    Proof,
    Signature,
    SignatureState,
)

AT = datetime(2030, 1, 7, 4, tzinfo=UTC)
DAY = timedelta(days=1)
HOLDER = UUID(int=7)
DIGEST = sm3("处方笺：缬沙坦 80 mg".encode()).hex()
OTHER = sm3("处方笺：缬沙坦 81 mg".encode()).hex()
ROOT_KEY, KEY, STRANGER = (sm2.new_key() for _ in range(3))
ROOT = x509.name("根", "认证机构", "root")


def pem(key, issuer_key, *, issuer=ROOT, holder=HOLDER.hex, serial=5, authority=False):
    subject = ROOT if authority else x509.name("陈静", "青山一院", holder)
    draft = x509.Draft(
        serial,
        issuer,
        subject,
        sm2.public_key(key, der=True),
        sm2.public_key(issuer_key, der=True),
        AT - DAY,
        AT + DAY,
        is_authority=authority,
    )
    return x509.signed(draft, issuer_key)


ROOT_PEM = pem(ROOT_KEY, ROOT_KEY, serial=1, authority=True)


def text(signature):
    return base64.b64encode(signature).decode()


def proof(digest=DIGEST, key=KEY, stamper=ROOT_KEY, at=AT):
    return Proof(
        text(sm2.sign(key, bytes.fromhex(digest))),
        text(sm2.sign(stamper, ca.stamped(digest, at))),
        at,
    )


def certificate(**given):
    values = {
        "id": UUID(int=1),
        "institution_id": UUID(int=2),
        "person_id": HOLDER,
        "post_id": UUID(int=3),
        "state": CertificateState.ISSUED,
        "at": AT,
        "code": "",
        "serial": "5",
        "pem": pem(KEY, ROOT_KEY),
        "issuer_pem": ROOT_PEM,
        "expires_at": AT + DAY,
        "ended_at": None,
        **given,
    }
    return Certificate(**values)


def signature(**given):
    values = {
        "id": UUID(int=9),
        "institution_id": UUID(int=2),
        "person_id": HOLDER,
        "post_id": UUID(int=3),
        "certificate_id": UUID(int=1),
        "subject_type": "note",
        "subject_id": UUID(int=4),
        "document_id": UUID(int=6),
        "digest": DIGEST,
        "state": SignatureState.SIGNED,
        "at": AT,
        "code": "",
        "signed_at": AT,
        "proof": proof(),
        **given,
    }
    return Signature(**values)


def faults(signature, certificate, digest=DIGEST):
    return set(rules.faults(signature, certificate, digest))


def test_a_signature_that_is_what_it_says_has_no_fault():
    assert faults(signature(), certificate()) == set()


def test_the_bytes_of_a_time_stamp_are_the_authoritys():
    assert rules.stamped(DIGEST, AT) == ca.stamped(DIGEST, AT)


def test_one_byte_of_the_document_changed_is_seen():
    """EMR-06"""
    found = faults(signature(), certificate(), OTHER)
    assert found == {Fault.DOCUMENT, Fault.SIGNATURE, Fault.STAMP}


@pytest.mark.parametrize("place", range(0, 64, 9))
def test_one_byte_of_the_signature_changed_is_seen(place):
    """EMR-06"""
    made = bytearray(base64.b64decode(proof().signature))
    made[place] ^= 1
    broken = replace(proof(), signature=text(bytes(made)))
    assert faults(signature(proof=broken), certificate()) == {Fault.SIGNATURE}


@pytest.mark.parametrize(
    ("given", "held", "expected"),
    [
        ({"proof": proof(key=STRANGER)}, {}, {Fault.SIGNATURE}),
        ({"proof": proof(stamper=STRANGER)}, {}, {Fault.STAMP}),
        ({"proof": replace(proof(), stamped_at=AT + timedelta(seconds=1))}, {}, {Fault.STAMP}),
        ({"proof": proof(at=AT + 2 * DAY)}, {}, {Fault.PERIOD}),
        ({"proof": proof(at=AT - 2 * DAY)}, {}, {Fault.PERIOD}),
        ({"proof": replace(proof(), signature="???")}, {}, {Fault.SIGNATURE}),
        ({"proof": None}, {}, {Fault.SIGNATURE}),
        ({"person_id": UUID(int=8)}, {}, {Fault.HOLDER}),
        ({}, {"serial": "6"}, {Fault.HOLDER}),
        ({}, {"ended_at": AT - DAY}, {Fault.REVOKED}),
        ({}, {"ended_at": AT + DAY}, set()),
        ({}, {"pem": pem(KEY, STRANGER)}, {Fault.CHAIN}),
        ({}, {"pem": pem(KEY, ROOT_KEY, issuer=x509.name("别家", "别家", "x"))}, {Fault.CHAIN}),
        ({}, {"issuer_pem": pem(ROOT_KEY, ROOT_KEY, serial=1)}, {Fault.CHAIN}),
        ({}, {"issuer_pem": "no certificate"}, {Fault.CHAIN, Fault.STAMP}),
        ({}, {"pem": "no certificate"}, {Fault.CHAIN, Fault.HOLDER, Fault.SIGNATURE, Fault.PERIOD}),
    ],
    ids=[
        "another's key",
        "another's stamp",
        "a moved stamp",
        "after the certificate",
        "before the certificate",
        "no base64",
        "nothing",
        "another signer",
        "another certificate",
        "after revocation",
        "before revocation",
        "a forged certificate",
        "another authority",
        "an anchor that is no authority",
        "a broken anchor",
        "a broken certificate",
    ],
)
def test_every_fault_of_a_signature_is_found(given, held, expected):
    assert faults(signature(**given), certificate(**held)) == expected


@pytest.mark.parametrize(
    ("issued", "trusted"),
    [
        (Issued("5", pem(KEY, ROOT_KEY), ROOT_PEM, AT), True),
        (Issued("5", pem(KEY, ROOT_KEY, holder="ff"), ROOT_PEM, AT), False),
        (Issued("6", pem(KEY, ROOT_KEY), ROOT_PEM, AT), False),
        (Issued("5", pem(KEY, STRANGER), ROOT_PEM, AT), False),
    ],
    ids=["the holder's", "another holder", "another number", "another authority"],
)
def test_only_the_authoritys_own_certificate_for_the_holder_is_taken(issued, trusted):
    assert rules.is_trusted(issued, HOLDER.hex) is trusted


def test_the_key_of_a_certificate_is_read():
    found = certificates.load_pem_x509_certificate(pem(KEY, ROOT_KEY).encode())
    made = sm2.sign(KEY, b"x")
    assert sm2.has_signed(sm2.key_of(found), made, b"x")
