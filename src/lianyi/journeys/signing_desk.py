"""What a post sees of its own signing: certificate, key, and what it still owes (电子签名)."""

from dataclasses import dataclass
from datetime import datetime

from lianyi.journeys import notes
from lianyi.kernel.lifecycle import check_role
from lianyi.kernel.text import catalogue
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post
from lianyi.signatures import queries as signatures
from lianyi.signatures.model import Certificate, CertificateState, Signature, Unlocking
from lianyi.signatures.states import CERTIFICATE

LIVE = frozenset({CertificateState.ASKED, CertificateState.ISSUED})


def spoken(code: str) -> str:
    """Return the code under which there are words for an answer of the authority."""
    known = f"signatures.code.{code}" in catalogue("zh")
    return f"signatures.code.{code if known else 'other'}"


@dataclass(frozen=True, slots=True)
class Standing:
    """`unlocking` is the newest try; `is_open` says whether something can be signed now."""

    now: datetime
    post: Post
    certificate: Certificate | None
    unlocking: Unlocking | None
    owed: tuple[Signature, ...]

    @property
    def is_open(self) -> bool:
        return self.unlocking is not None and self.unlocking.is_open(self.now)

    @property
    def may_ask(self) -> bool:
        return self.certificate is None or self.certificate.state not in LIVE

    @property
    def trouble(self) -> str:
        """Return why the key is not open, or the certificate was not issued, as a code of words."""
        for one in (self.unlocking, self.certificate):
            if one is not None and one.state == "refused":
                return spoken(one.code)
        return ""


async def desk(tx: Tx) -> Standing:
    """Return how the acting post can sign.

    :raises WrongRole: for those who never sign.
    """
    check_role(tx, CERTIFICATE, "ask")
    own = await signatures.own(tx)
    posts = await people.posts(tx, ids=[tx.actor.post_id])
    owed = await signatures.owed(tx, types=[notes.SUBJECT])
    return Standing(tx.now, posts[tx.actor.post_id], own.certificate, own.unlocking, tuple(owed))
