"""Whether a reader of JSON has lost a member: of one given twice it keeps one (RFC 8259, 4)."""

COLON = b"\\u003"  # how one may be spelled out begins


def are_all(written: bytes, read: bytes) -> bool:
    """Tell whether what was read of a text, written out anew, is known to have all its members.

    Every member has one colon, and every text keeps its own: where there are as many, nothing was
    lost. Where a colon may be spelled out, it isn't known.
    """
    return COLON not in written and written.count(b":") == read.count(b":")
