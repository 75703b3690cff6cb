"""The electronic signature of an outpatient note, every version of it (病历签名).

A note stands when its author has written it down as theirs; the authority's signature over that
very text follows. While the key is closed it is owed: the author signs it once the key is open.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid5

from lianyi.access.model import Chart
from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people.model import Post
from lianyi.records import queries as history
from lianyi.records.fhir import outpatient
from lianyi.records.model import Text
from lianyi.signatures import queries as signatures
from lianyi.signatures import service
from lianyi.signatures.model import Checked, Signature

SUBJECT = "note"


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a note: who wrote it, and the newest word about its signature.

    `checked` is the signature held against the text as it is kept now; without it, `asked` is the
    newest request, or none was made.
    """

    number: int
    at: datetime
    sections: tuple[tuple[str, str], ...]  # title and words, as they are kept
    author: Post | None
    asked: Signature | None
    checked: Checked | None

    @property
    def signed_at(self) -> datetime | None:
        return self.checked.signature.signed_at if self.checked else None

    @property
    def state(self) -> str:
        """Return valid, broken, asked, refused, or none."""
        if self.checked:
            return "valid" if self.checked.is_valid else "broken"
        return self.asked.state if self.asked else "none"


async def ask(tx: Tx, *, visit_id: UUID, text: Text) -> None:
    """Have the acting post sign the newest version of a note, now or when it can."""
    await service.ask_or_miss(
        tx,
        subject=(SUBJECT, visit_id),
        digest=text.digest,
        document=_document(visit_id, text.version),
    )


async def sign_owed(tx: Tx) -> int:
    """Have the acting post sign every note it owes; return how many.

    :raises KeyClosed, NotCertified, WrongRole:
    """
    owed = await signatures.owed(tx, types=[SUBJECT])
    for each in owed:
        subject = (each.subject_type, each.subject_id)
        await service.ask(tx, subject=subject, digest=each.digest, document=each.document_id)
    return len(owed)


async def versions(tx: Tx, chart: Chart, *, visit_id: UUID) -> tuple[Version, ...]:
    """Return each version of a visit's note with its signature, newest first.

    :raises NoSuchResource: there is no note that this chart may show.
    """
    found = await history.versions(tx, chart, type="Composition", fhir_id=str(visit_id))
    now = await history.resource(tx, chart, type="Composition", fhir_id=str(visit_id))
    bodies = {_document(visit_id, each.version): each.body for each in found}
    # The newest version is read from where the record shows it.
    bodies[_document(visit_id, now.version)] = now.body
    digests = {id: sm3(body.encode()).hex() for id, body in bodies.items()}
    subject = (SUBJECT, visit_id)
    asked = await signatures.of(tx, subject=subject)
    checked = await signatures.held(tx, asked=asked, digests=digests)
    newest = {each.document_id: each for each in asked}
    authors = await people.posts(tx, ids=[each.post_id for each in found])
    return tuple(
        Version(
            number=version.version,
            at=version.at,
            sections=outpatient.sections(bodies[document]),
            author=authors.get(version.post_id),
            asked=newest.get(document),
            checked=next(iter(checked[document]), None),
        )
        for version, document in zip(found, digests, strict=True)
    )


def _document(visit_id: UUID, version: int) -> UUID:
    """Return what one version of a note is called where it is signed."""
    return uuid5(visit_id, str(version))
