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
    tx: Tx, *, documents: Mapping[tuple[str, UUID], Sequence[str]]
) -> dict[tuple[str, UUID], list[Checked]]:
    """Hold signatures against the digests that the documents of each subject have now.

    Only the signed ones: what a subject lacks stands in no list. A signature that is of none of
    the digests has the fault that it was made over something else.
    """
    signatures = await tables.list_signatures(tx, list(documents))
    made = [each for each in signatures if each.state is SignatureState.SIGNED]
    ids = {each.certificate_id for each in made if each.certificate_id}
    known = {each.id: each for each in await tables.list_certificates(tx, ids)} if ids else {}
    found: dict[tuple[str, UUID], list[Checked]] = {subject: [] for subject in documents}
    for each in made:
        subject = each.subject_type, each.subject_id
        found[subject].append(_checked(each, known, documents[subject]))
    return found


def _checked(
    signature: Signature, known: Mapping[UUID, Certificate], digests: Sequence[str]
) -> Checked:
    certificate = known[signature.certificate_id] if signature.certificate_id else None
    if certificate is None:
        raise ValueError(signature.id)  # the database never holds a proof without a certificate
    digest = signature.digest if signature.digest in digests else next(iter(digests), "")
    return Checked(signature, rules.faults(signature, certificate, digest or "0" * 64))
