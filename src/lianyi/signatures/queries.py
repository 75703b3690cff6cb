"""What others may ask about certificates and signatures: digests and posts, no person's data."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from lianyi.kernel.work import Tx
from lianyi.signatures import rules, tables
from lianyi.signatures.model import Certificate, Checked, Own, Signature, SignatureState


async def own(tx: Tx) -> Own:
    """Return what the acting post can sign with."""
    post_id = tx.actor.post_id
    certificate = await tables.find_certificate(tx, post_id)
    return Own(certificate, await tables.find_unlocking(tx, post_id) if certificate else None)


async def certificates_of(tx: Tx, *, post_ids: Collection[UUID]) -> dict[UUID, Certificate]:
    """Return the newest certificate of each of these posts that has ever asked for one."""
    return {each.post_id: each for each in await tables.list_of_posts(tx, post_ids)}


async def of(tx: Tx, *, subject: tuple[str, UUID]) -> list[Signature]:
    """Return every request for a signature about this subject, oldest first."""
    return await tables.list_signatures(tx, [subject])


async def owed(tx: Tx, *, types: Collection[str]) -> list[Signature]:
    """Return what the acting post was to sign and has not, of subjects that stand nevertheless."""
    return await tables.list_owed(tx, tx.actor.post_id, types)


async def checked(
    tx: Tx, *, subjects: Sequence[tuple[str, UUID]], digests: Mapping[UUID, str]
) -> dict[UUID, list[Checked]]:
    """Hold the signatures of these subjects against their documents; see `held`."""
    return await held(tx, asked=await tables.list_signatures(tx, subjects), digests=digests)


async def held(
    tx: Tx, *, asked: Sequence[Signature], digests: Mapping[UUID, str]
) -> dict[UUID, list[Checked]]:
    """Hold signatures against the digests that documents, by their ids, have now.

    Only what was signed: a document that lacks a signature has an empty list, or a shorter one.
    """
    made = [
        each
        for each in asked
        if each.state is SignatureState.SIGNED and each.document_id in digests
    ]
    ids = {each.certificate_id for each in made if each.certificate_id}
    known = {each.id: each for each in await tables.list_certificates(tx, ids)} if ids else {}
    found: dict[UUID, list[Checked]] = {id: [] for id in digests}
    for each in made:
        found[each.document_id].append(_checked(each, known, digests[each.document_id]))
    return found


def _checked(signature: Signature, known: Mapping[UUID, Certificate], digest: str) -> Checked:
    if signature.certificate_id is None:
        raise ValueError(signature.id)  # the database holds no proof without a certificate
    certificate = known[signature.certificate_id]
    return Checked(signature, rules.faults(signature, certificate, digest))
