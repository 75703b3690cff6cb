"""How demo staff sign in: one password for all, and one-time codes that anybody can work out.

Such accounts exist only in a database that was born as a demo; production refuses that database.
"""

import base64
from datetime import datetime

from lianyi.accounts import rules
from lianyi.kernel import demo
from lianyi.kernel.crypto import sm3
from lianyi.kernel.demo import NotADemo
from lianyi.kernel.work import Tx
from lianyi.people import service as people

PASSWORD = "Qingshan-2026"  # noqa: S105 - printed by `make run`, for invented people only
PIN = "271828"  # opens the keys with which they sign


def secret(login: str) -> str:
    """Return the base32 TOTP secret of a demo account."""
    return base64.b32encode(sm3(f"lianyi demo {login}".encode())[:20]).decode()


def code(login: str, now: datetime) -> str:
    """Return what a demo account's phone app would show now."""
    return rules.totp(secret(login), rules.step_at(now))


async def keep_up(tx: Tx) -> None:
    """Let the looks into the register keep up with a demo's clock: what it says is invented anyway.

    :raises NotADemo, WrongRole:
    """
    if not await demo.is_born(tx.db):
        raise NotADemo
    await people.look_again(tx)
