"""What was so a moment ago, remembered by this process and trusted by nobody.

A statement that holds what is remembered against what there is, in its own WHERE, needs no other to
ask before it. If it has changed, such a statement finds nothing, and all is asked anew. See
decision 0017.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, TypeVar

import msgspec

from lianyi.kernel.actor import Actor
from lianyi.kernel.db import Statement
from lianyi.kernel.moment import Moment
from lianyi.kernel.together import Together

K = TypeVar("K")
V = TypeVar("V")
PRESUMED = "presumed"  # how a face is handed one
LONGEST = 200  # letters of a token


class PresumedHat(msgspec.Struct, frozen=True):
    """Who asks, if `still` holds, which is the part of a WHERE. All else waits for `prove`."""

    actor: Actor
    still: Callable[[Moment], Statement]
    prove: Callable[[], Awaitable[None]]


async def prove(scope: Mapping[str, Any]) -> None:
    """Ask whether who asks by a request is who they were, unless that is known."""
    presumed: PresumedHat | None = scope.get(PRESUMED)
    if presumed is not None:
        await presumed.prove()


class LastUsed(Generic[K, V]):
    """Remembers so many things; the least lately used is forgotten first."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._of: OrderedDict[K, V] = OrderedDict()

    def get(self, key: K) -> V | None:
        value = self._of.get(key)
        if value is not None:
            self._of.move_to_end(key)
        return value

    def put(self, key: K, value: V | None) -> None:
        """Remember a value; None forgets."""
        if value is None:
            self._of.pop(key, None)
            return
        self._of[key] = value
        self._of.move_to_end(key)
        if len(self._of) > self._most:
            self._of.popitem(last=False)


class Tokens(Generic[V]):
    """Whose tokens are: asked together by all who come at once, and remembered to be presumed."""

    def __init__(
        self, fetch: Callable[[Any, Sequence[str]], Awaitable[Mapping[str, V]]], *, most: int
    ) -> None:
        self._fetch = fetch
        self._together: Together[str, V] | None = None
        self._seen: LastUsed[str, V] = LastUsed(most)

    def seen(self, token: str) -> V | None:
        """Return whose it was when it was last asked."""
        return self._seen.get(token)

    async def ask(self, state: object, token: str) -> V | None:
        """Return whose it is; what can be none is nobody's. `state` is of the one app there is."""
        if not 0 < len(token) <= LONGEST:
            return None
        if self._together is None:
            self._together = Together(partial(self._fetch, state))
        found = await self._together.ask(token)
        self._seen.put(token, found)
        return found
