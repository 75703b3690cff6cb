"""Tells apps what they asked to be told of, at addresses that their institutions know (rest-hook).

The address comes from an app, so it is looked at before anything is sent: a name is resolved for
each letter, and the connection goes to that very number, which must not be one of ours (SSRF).
"""

import ipaddress
from typing import Protocol, TypeAlias

import msgspec

from lianyi.kernel.errand import Answer

Number: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
HOME = frozenset({"localhost", "127.0.0.1", "::1"})
TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")  # IPv4 behind a translator


class Letter(msgspec.Struct, frozen=True):
    """One request: `path` goes behind the endpoint; `n` is what is told of its arrival.

    By its `key` the app knows what comes again.
    """

    n: int
    key: str
    method: str
    path: str
    body: str


class Round(msgspec.Struct, frozen=True):
    """What is told in one go, in its order; `headers` are the app's own, as `Name: value`."""

    endpoint: str = ""
    headers: list[str] = []
    letters: list[Letter] = []


class Place(msgspec.Struct, frozen=True):
    """Where something of an app's lies that anybody may have."""

    url: str


class Hooks(Protocol):
    async def fetch(self, place: Place) -> Answer:
        """Return what lies there as `text`, and for how many `seconds` it says it holds; or no."""

    async def deliver(self, told: Round) -> Answer:
        """Return through which letter all have arrived, and the trouble with the next one."""


class NotOutside(OSError):
    """The name leads into a network that is not the outside world."""


def is_outside(number: Number) -> bool:
    """Tell whether a number is the outside world's, also if it stands inside another one."""
    inner = _inner(number)
    if inner is not None:
        return is_outside(inner)
    return number.is_global and not number.is_multicast


def is_at_home(number: Number) -> bool:
    return number.is_loopback


def _inner(number: Number) -> Number | None:
    if not isinstance(number, ipaddress.IPv6Address):
        return None
    if number in TRANSLATED:
        return ipaddress.IPv4Address(int(number) & 0xFFFFFFFF)
    teredo = number.teredo
    return number.ipv4_mapped or number.sixtofour or (teredo[1] if teredo else None)
