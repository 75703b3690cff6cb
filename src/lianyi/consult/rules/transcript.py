"""The digest of a conversation: what was said by whom, when, in which order. Pure."""

from collections.abc import Sequence

import msgspec

from lianyi.consult.model import Message
from lianyi.kernel.crypto import sm3


def digest_of(messages: Sequence[Message]) -> bytes:
    """Return one digest over all messages, each chained to the one before (SM3)."""
    link = bytes(32)
    for message in messages:
        said = (message.id, message.at, message.post_id, message.author, message.text)
        link = sm3(link + msgspec.json.encode((*said, message.files)))
    return link
