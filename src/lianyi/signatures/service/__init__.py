"""What can be done about certificates, keys and signatures. Callers open the transaction."""

from lianyi.signatures.service.certificates import (
    ask_certificate,
    expire,
    issued,
    not_issued,
    revoke,
    revoke_slip,
    slip,
)
from lianyi.signatures.service.keys import close, not_unlocked, unlock, unlock_slip, unlocked
from lianyi.signatures.service.requests import ask, ask_or_miss, refused, sign_slip, signed

__all__ = [
    "ask",
    "ask_certificate",
    "ask_or_miss",
    "close",
    "expire",
    "issued",
    "not_issued",
    "not_unlocked",
    "refused",
    "revoke",
    "revoke_slip",
    "sign_slip",
    "signed",
    "slip",
    "unlock",
    "unlock_slip",
    "unlocked",
]
