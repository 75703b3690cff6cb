"""How demo staff sign in: one password for all, and one-time codes that anybody can work out.

Such accounts exist only in a database that was born as a demo; production refuses that database.
"""

import base64
from datetime import datetime

from lianyi.accounts import rules
from lianyi.kernel.crypto import sm3

PASSWORD = "Qingshan-2026"  # noqa: S105 - printed by `make run`, for invented people only
PIN = "271828"  # opens the keys with which they sign


def secret(login: str) -> str:
    """Return the base32 TOTP secret of a demo account."""
    return base64.b32encode(sm3(f"lianyi demo {login}".encode())[:20]).decode()


def code(login: str, now: datetime) -> str:
    """Return what a demo account's phone app would show now."""
    return rules.totp(secret(login), rules.step_at(now))
