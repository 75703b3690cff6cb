"""Signing (电子签名): certificates, keys opened by PIN, and the errands to the authority (CA).

A journey that needs a signature calls `ask` and follows `Signed` and `SigningRefused`, by the type
of its subject. Decision 0007 says what is kept, and for how long.
"""

from typing import Any
from uuid import UUID

import msgspec

from lianyi.kernel.errand import Answer, Errand, Outcome
from lianyi.kernel.work import Tx
from lianyi.links import Links, ca
from lianyi.people import queries as people
from lianyi.people.errors import NoSuchPost
from lianyi.people.events import PostEnded
from lianyi.signatures import events
from lianyi.signatures import queries as known
from lianyi.signatures import service as signatures
from lianyi.signatures.model import CertificateState, Issued, Proof, Task

Subject = tuple[str, UUID]


async def ask_certificate(tx: Tx, *, pin: str) -> None:
    """Ask for a certificate for the acting post; its key will be opened by this PIN.

    :raises AlreadyCertified, BadPin, WrongRole:
    """
    me = tx.actor
    await signatures.ask_certificate(tx, person_id=me.person_id, post_id=me.post_id, pin=pin)


async def unlock(tx: Tx, *, pin: str) -> None:
    """Have the acting post's key opened for twelve hours; the answer follows.

    :raises BadPin, KeyOpen, NotCertified, WrongRole:
    """
    await signatures.unlock(tx, pin=pin)


async def lock(tx: Tx) -> None:
    """Close the acting post's key, if it is open."""
    own = await known.own(tx)
    if own.unlocking:
        await signatures.close(tx, unlocking_id=own.unlocking.id)


async def end_post(tx: Tx, event: PostEnded) -> None:
    """Take the right to sign away with the post (RX-25)."""
    found = (await known.certificates_of(tx, post_ids=[event.post_id])).get(event.post_id)
    if found and found.state is CertificateState.ISSUED:
        await signatures.revoke(tx, post_id=event.post_id, reason="post_ended")


async def give_up_certificate(tx: Tx, event: events.IssueDue) -> None:
    await signatures.not_issued(tx, certificate_id=event.thing_id)


async def expire(tx: Tx, event: events.ExpiryDue) -> None:
    await signatures.expire(tx, certificate_id=event.thing_id)


async def give_up_unlocking(tx: Tx, event: events.UnlockingDue) -> None:
    await signatures.not_unlocked(tx, unlocking_id=event.thing_id)


async def close(tx: Tx, event: events.ClosingDue) -> None:
    await signatures.close(tx, unlocking_id=event.thing_id)


async def give_up_signing(tx: Tx, event: events.SigningDue) -> None:
    await signatures.refused(tx, signature_id=event.signature_id)


async def _prepare_issue(tx: Tx, certificate_id: UUID) -> ca.Issue:
    certificate, pin = await signatures.slip(tx, certificate_id=certificate_id)
    posts = await people.posts(tx, ids=[certificate.post_id])
    if certificate.post_id not in posts:
        raise NoSuchPost(id=certificate.post_id)
    post = posts[certificate.post_id]
    return ca.Issue(certificate.person_id, post.name, post.institution_name, pin)


async def _issue(links: Links, key: UUID, act: ca.Issue) -> Answer:
    return _anchored(links, await links.ca.act(key, act))


async def _ask_issue(links: Links, key: UUID, _: ca.Issue) -> Answer | None:
    answer = await links.ca.ask(key)
    return answer and _anchored(links, answer)


def _anchored(links: Links, answer: Answer) -> Answer:
    """Put the anchor we were handed on paper beside what came over the wire."""
    if answer.outcome is not Outcome.YES:
        return answer
    return Answer(answer.outcome, {**answer.body, "root": links.ca.root()})


async def _record_issue(tx: Tx, certificate_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await signatures.not_issued(tx, certificate_id=certificate_id, code=_code(answer))
        return
    said = msgspec.convert(answer.body, ca.Certificate)
    root = str(answer.body["root"])
    issued = Issued(said.serial, said.certificate, root, said.expires_at)
    await signatures.issued(tx, certificate_id=certificate_id, issued=issued)


async def _prepare_unlock(tx: Tx, unlocking_id: UUID) -> ca.Unlock:
    _, serial, pin = await signatures.unlock_slip(tx, unlocking_id=unlocking_id)
    return ca.Unlock(serial, pin)


async def _record_unlock(tx: Tx, unlocking_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await signatures.not_unlocked(tx, unlocking_id=unlocking_id, code=_code(answer))
        return
    said = msgspec.convert(answer.body, ca.Unlocked)
    await signatures.unlocked(tx, unlocking_id=unlocking_id, token=said.token)


async def _prepare_sign(tx: Tx, signature_id: UUID) -> ca.Sign:
    return ca.Sign(*await signatures.sign_slip(tx, signature_id=signature_id))


async def _record_sign(tx: Tx, signature_id: UUID, answer: Answer) -> None:
    if answer.outcome is Outcome.NO:
        await signatures.refused(tx, signature_id=signature_id, code=_code(answer))
        return
    said = msgspec.convert(answer.body, ca.Signed)
    proof = Proof(said.signature, said.stamped.stamp, said.stamped.at)
    await signatures.signed(tx, signature_id=signature_id, proof=proof)


async def _prepare_revoke(tx: Tx, certificate_id: UUID) -> ca.Revoke:
    serial = await signatures.revoke_slip(tx, certificate_id=certificate_id)
    return ca.Revoke(serial, "revoked")


async def _record_revoke(tx: Tx, certificate_id: UUID, answer: Answer) -> None:
    """Nothing follows: here it ended when it was revoked, and there it has now."""


async def _act(links: Links, key: UUID, act: ca.Act) -> Answer:
    return await links.ca.act(key, act)


async def _ask(links: Links, key: UUID, _: ca.Act) -> Answer | None:
    return await links.ca.ask(key)


def _code(answer: Answer) -> str:
    return str(answer.body.get("code", ""))


ERRANDS: tuple[Errand[Links, Any], ...] = (
    Errand(Task.ISSUE, ca.Issue, _prepare_issue, _issue, _ask_issue, _record_issue),
    Errand(Task.UNLOCK, ca.Unlock, _prepare_unlock, _act, _ask, _record_unlock),
    Errand(Task.SIGN, ca.Sign, _prepare_sign, _act, _ask, _record_sign),
    Errand(Task.REVOKE, ca.Revoke, _prepare_revoke, _act, _ask, _record_revoke),
)
