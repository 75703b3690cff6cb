"""What is a phone, what is a password, which one-time code is right now. Pure."""

import re
from datetime import datetime

import pyotp

from lianyi.kernel import crypto

PHONE = re.compile(r"1[3-9]\d{9}")
PASSWORD_MIN = 12
STEP = 30  # seconds a one-time code lives (RFC 6238)
SKEW = 1  # steps a phone's clock may be off


def phone(text: str) -> str | None:
    """Return the eleven digits of a mainland mobile number, or None."""
    plain = re.sub(r"[\s-]", "", text).removeprefix("+86")
    return plain if PHONE.fullmatch(plain) else None


def masked(phone: str) -> str:
    return f"{phone[:3]}****{phone[-4:]}"


def is_strong(password: str) -> bool:
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", r"\d", r"\W|_"))
    return len(password) >= PASSWORD_MIN and kinds > 1


def totp(secret: str, step: int) -> str:
    """Return the six digits of one step. The secret is base32, as phone apps take it."""
    return pyotp.TOTP(secret).generate_otp(step)


def step_at(now: datetime) -> int:
    return int(now.timestamp()) // STEP


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Return the step a typed code belongs to, or None if it is no code of about now."""
    here = step_at(now)
    for step in range(here - SKEW, here + SKEW + 1):
        if crypto.same(totp(secret, step).encode(), code.encode()):
            return step
    return None
