"""How records says no."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from lianyi.kernel.refusal import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from lianyi.records.fhir.terms import Trouble
from lianyi.records.model import Finding


@dataclass(eq=False)
class NotFhir(Invalid):
    """It is not what FHIR R4 calls a valid resource. All findings, each with its place."""

    findings: tuple[Finding, ...]


@dataclass(eq=False)
class NotPatched(Invalid):
    """A patch doesn't fit what is there; nothing of it is done."""

    findings: tuple[Finding, ...]


@dataclass(eq=False)
class WrongOwner(Invalid):
    """The resource speaks of another person than the one whose record it should enter."""

    type: str
    fhir_id: str


@dataclass(eq=False)
class OthersResource(Conflict):
    """That id belongs to another owner's or institution's resource (EMR-09)."""

    type: str
    fhir_id: str


@dataclass(eq=False)
class NoSuchResource(NotFound):
    type: str
    fhir_id: str


@dataclass(eq=False)
class Deleted(NotFound):
    """Its institution has taken it back; what it said stays in its history (EMR-04)."""

    type: str
    fhir_id: str


@dataclass(eq=False)
class VersionMissing(Conflict):
    """Who changes clinical data says which version they have read."""

    rule: ClassVar[str] = "INT-08"
    type: str
    fhir_id: str


@dataclass(eq=False)
class VersionMoved(Conflict):
    """It is not in the version it was expected in."""

    rule: ClassVar[str] = "INT-08"
    type: str
    fhir_id: str


@dataclass(eq=False)
class ManyMatches(Conflict):
    """Criteria that must tell one resource from all others find several."""

    type: str


@dataclass(eq=False)
class SameTwice(Invalid):
    """Two entries of a bundle mean the same resource."""

    type: str


@dataclass(eq=False)
class NoMatch(Invalid):
    """A reference asks for a resource by criteria, and nothing this hat may see answers them."""

    reference: str


@dataclass(eq=False)
class NoCriteria(Invalid):
    """What is done on a condition needs one."""

    type: str


@dataclass(eq=False)
class NotWritable(NotAllowed):
    """Nobody of this kind writes this type from outside; `group` says where it is done instead."""

    type: str
    group: str


@dataclass(eq=False)
class NotFromOutside(NotAllowed):
    """Only the network's own acts, which wrote it, change it (EMR-09)."""

    type: str
    fhir_id: str


@dataclass(eq=False)
class CanNotRetract(Conflict):
    """The type has no status that could say entered-in-error: publish a corrected version."""

    type: str


@dataclass(eq=False)
class DefinitionsMissing(Unavailable):
    """The FHIR definitions have not been built; nothing may be written unchecked."""


@dataclass(eq=False)
class NotBundles(Invalid):
    """The file is neither a bundle, nor lines of resources, nor an archive of bundles."""

    file: str
    trouble: str


@dataclass(eq=False)
class NoteIncomplete(Invalid):
    """An outpatient record needs every part of its form; `parts` names those that lack."""

    parts: str


@dataclass(eq=False)
class AlreadySigned(Conflict):
    """What is signed stays; it is amended, with a reason."""

    rule: ClassVar[str] = "EMR-04"
    visit_id: UUID


@dataclass(eq=False)
class NotSigned(Conflict):
    """There is nothing to amend yet."""

    visit_id: UUID


@dataclass(eq=False)
class AmendmentUnexplained(Invalid):
    """Whoever reads the record later must understand why it was changed (EMR-04)."""


@dataclass(eq=False)
class NotSearchable(Invalid):
    """A search asks what nobody can answer. All of it, each with its reason."""

    troubles: tuple[Trouble, ...]


@dataclass(eq=False)
class NoPatient(Invalid):
    """What is asked is of one person, and nobody is named."""


@dataclass(eq=False)
class TooMuch(Invalid):
    """An answer that comes whole would have more than `most` resources."""

    most: int


@dataclass(eq=False)
class Endless(Invalid):
    """To sort or to count (`name`) what nothing leads to over many persons takes all there is."""

    name: str


@dataclass(eq=False)
class TooManyPersons(Conflict):
    """Answers about so many persons need a purpose, an assessment and two approvers."""

    rule: ClassVar[str] = "PRI-11"
    most: int


@dataclass(eq=False)
class NoSuchPart(NotFound):
    """An export has no such file, or not yet."""

    n: int


@dataclass(eq=False)
class NoSuchImport(NotFound):
    id: UUID


@dataclass(eq=False)
class ManyImports(Conflict):
    """The app has an import under way, or being delivered, already."""

    most: int


@dataclass(eq=False)
class OtherOffset(Conflict):
    """A file goes on where what has come of it ends."""

    offset: int


@dataclass(eq=False)
class DeliveryFull(Conflict):
    """An import takes no more than this; bring the rest in another one."""

    most: int


@dataclass(eq=False)
class NothingBrought(Conflict):
    """An import without files has nothing to start with."""


@dataclass(eq=False)
class BrokenDelivery(Invalid):
    """A file is cut off, is no gzip although it begins so, or holds a line beyond all measure."""


@dataclass(eq=False)
class NotLasting(NotAllowed):
    """What is told later, when nobody sits there, needs `offline_access` (INT-04)."""


@dataclass(eq=False)
class WrongEndpoint(NotAllowed):
    """An app is told things only where its institution knows that it listens."""

    endpoint: str


@dataclass(eq=False)
class TooManySubscriptions(Conflict):
    """One app in one hat has enough of them."""

    most: int
