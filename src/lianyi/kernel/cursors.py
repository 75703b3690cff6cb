"""Where a list goes on, as a text that means nothing to anybody else.

A cursor is bound to the hat and to the query it was drawn for: brought by another, or to another
list, it is no cursor, and the list begins anew. Sealed, because a place may be a row that its
reader may not see.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error

from lianyi.kernel.crypto import Tampered
from lianyi.kernel.moment import Moment
from lianyi.kernel.presumed import LastUsed

MOST = 1000  # remembered

_drawn: LastUsed[tuple[bytes, bytes, str], str] = LastUsed(MOST)


def write(at: Moment, query: str, position: str) -> str:
    """Return the cursor behind this position of this query.

    One is remembered as it was drawn: to seal it takes as long as to write out half a page.
    """
    drawn = (at.keys.index, _bound(at, query), position)
    cursor = _drawn.get(drawn)
    if cursor is None:
        sealed = at.keys.seal(position.encode(), bound=drawn[1])
        cursor = urlsafe_b64encode(sealed).decode().rstrip("=")
        _drawn.put(drawn, cursor)
    return cursor


def read(at: Moment, query: str, cursor: str) -> str:
    """Return the position, or nothing if the cursor is not one of this hat and query."""
    if not cursor:
        return ""
    try:
        sealed = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return at.keys.open(sealed, bound=_bound(at, query)).decode()
    except (Error, ValueError, Tampered):
        return ""


def _bound(at: Moment, query: str) -> bytes:
    return f"cursor {at.actor.post_id} {query}".encode()
