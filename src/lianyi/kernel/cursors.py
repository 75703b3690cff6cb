"""Where a list goes on, as a text that means nothing to anybody else.

A cursor is bound to the hat and to the query it was drawn for: brought by another, or to another
list, it is no cursor, and the list begins anew.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from hmac import compare_digest

from lianyi.kernel.moment import Moment

MAC = 12  # bytes; who guesses one only turns a page of what they may read anyway


def write(at: Moment, query: str, position: str) -> str:
    """Return the cursor behind this position of this query."""
    return urlsafe_b64encode(_mac(at, query, position) + position.encode()).decode().rstrip("=")


def read(at: Moment, query: str, cursor: str) -> str:
    """Return the position, or nothing if the cursor is not one of this hat and query."""
    if not cursor:
        return ""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        position = raw[MAC:].decode()
    except (Error, ValueError):
        return ""
    return position if compare_digest(raw[:MAC], _mac(at, query, position)) else ""


def _mac(at: Moment, query: str, position: str) -> bytes:
    return at.keys.digest(f"cursor {at.actor.post_id} {query} {position}")[:MAC]
