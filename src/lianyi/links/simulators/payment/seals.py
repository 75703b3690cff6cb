"""The provider's keys and the merchant's, and how each side signs and seals.

Source: WeChat Pay API v3, 签名生成, 签名验证, 证书和回调报文解密.
"""

import base64
import re
import secrets
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.x509.oid import NameOID

ALGORITHM = "WECHATPAY2-SHA256-RSA2048"
AUTHORIZATION = re.compile(rf"{ALGORITHM} (.+)")
PART = re.compile(r'(\w+)="([^"]*)"')
FRESH = 300  # seconds
YEARS = timedelta(days=5 * 365)
PLATFORM, MERCHANT, APIV3 = "platform", "merchant", "apiv3.key"


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and the certificate that the other side checks it by."""

    key: rsa.RSAPrivateKey
    certificate: x509.Certificate

    @property
    def serial(self) -> str:
        return f"{self.certificate.serial_number:X}"

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return _key_bytes(self.key).decode()

    def sign(self, *lines: str) -> str:
        message = "".join(f"{line}\n" for line in lines).encode()
        return base64.b64encode(self.key.sign(message, PKCS1v15(), hashes.SHA256())).decode()

    def has_signed(self, signature: str, *lines: str) -> bool:
        message = "".join(f"{line}\n" for line in lines).encode()
        try:
            signed = base64.b64decode(signature)
            self.key.public_key().verify(signed, message, PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True, slots=True)
class Seals:
    platform: Pair
    merchant: Pair
    apiv3_key: str

    def headers(self, body: bytes) -> dict[str, str]:
        """Return what is sent with an answer or a notification of ours."""
        at, nonce = str(int(time.time())), secrets.token_hex(16)
        return {
            "Wechatpay-Timestamp": at,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Serial": self.platform.serial,
            "Wechatpay-Signature": self.platform.sign(at, nonce, body.decode()),
            "Wechatpay-Signature-Type": ALGORITHM,
        }

    def is_from_merchant(
        self, mchid: str, header: str, method: str, target: str, body: str
    ) -> bool:
        """Return whether our merchant has signed this request in the last minutes."""
        found = AUTHORIZATION.fullmatch(header)
        told = dict(PART.findall(found[1])) if found else {}
        at, nonce = told.get("timestamp", ""), told.get("nonce_str", "")
        return (
            told.get("mchid") == mchid
            and told.get("serial_no") == self.merchant.serial
            and at.isdecimal()
            and abs(time.time() - int(at)) < FRESH
            and self.merchant.has_signed(told.get("signature", ""), method, target, at, nonce, body)
        )

    def sealed(self, text: str, about: str) -> dict[str, str]:
        """Return a text that only whoever holds the APIv3 key can read."""
        nonce = secrets.token_hex(6)
        seal = AESGCM(self.apiv3_key.encode())
        closed = seal.encrypt(nonce.encode(), text.encode(), about.encode())
        return {
            "algorithm": "AEAD_AES_256_GCM",
            "nonce": nonce,
            "associated_data": about,
            "ciphertext": base64.b64encode(closed).decode(),
        }


def load(folder: Path) -> Seals:
    """Read the keys, and make them all when this is the first start."""
    if not folder.exists():
        draft = folder.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700, parents=True)
        for name in (PLATFORM, MERCHANT):
            _make(draft, name)
        (draft / APIV3).write_text(secrets.token_hex(16))
        draft.rename(folder)
    return Seals(_read(folder, PLATFORM), _read(folder, MERCHANT), (folder / APIV3).read_text())


def _make(folder: Path, name: str) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"lianyi simulator {name}")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + YEARS)
        .sign(key, hashes.SHA256())
    )
    (folder / f"{name}.key").write_bytes(_key_bytes(key))
    (folder / f"{name}.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _key_bytes(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _read(folder: Path, name: str) -> Pair:
    key = serialization.load_pem_private_key((folder / f"{name}.key").read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(name)
    return Pair(key, x509.load_pem_x509_certificate((folder / f"{name}.pem").read_bytes()))


def describe(pair: Pair, seals: Seals) -> Mapping[str, object]:
    """Return a certificate as the provider hands it out: sealed for the merchant."""
    return {
        "serial_no": pair.serial,
        "effective_time": pair.certificate.not_valid_before_utc.isoformat(timespec="seconds"),
        "expire_time": pair.certificate.not_valid_after_utc.isoformat(timespec="seconds"),
        "encrypt_certificate": seals.sealed(pair.pem, "certificate"),
    }
