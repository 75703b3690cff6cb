"""Answering for the knowledge base: what is loaded, what it lacks, who has approved it (知识库)."""

from collections.abc import Mapping
from dataclasses import dataclass

from lianyi.kernel.actor import Role
from lianyi.kernel.lifecycle import WrongRole
from lianyi.kernel.work import Tx
from lianyi.people import queries as people
from lianyi.people import service as registry
from lianyi.people.model import ADMIN, PHARMACIST, Post
from lianyi.prescribing import queries
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.model import Approval
from lianyi.terminology import queries as terminology
from lianyi.terminology.model import UNSOURCED, Release, SubstanceFacts

READERS = frozenset({PHARMACIST, ADMIN})


@dataclass(frozen=True, slots=True)
class Approved:
    approval: Approval
    post: Post


@dataclass(frozen=True, slots=True)
class Standing:
    """The loaded release, and the approvals of this institution, newest first.

    `unsourced` counts, by kind of fact, the substances whose facts carry no source: for these the
    check says that it could not check.
    """

    post: Post
    role: Role
    release: Release
    drugs: int
    substances: int
    unsourced: Mapping[str, int]
    approved: tuple[Approved, ...]

    @property
    def in_force(self) -> Approved | None:
        version = self.release.version
        return next((one for one in self.approved if one.approval.version == version), None)

    @property
    def may_approve(self) -> bool:
        return self.role == PHARMACIST and self.in_force is None


async def desk(tx: Tx) -> Standing:
    """Return what is loaded here and who has answered for it.

    :raises WrongRole:
    """
    if tx.actor.role not in READERS:
        raise WrongRole(verb="read_knowledge", role=tx.actor.role)
    approvals = await queries.approvals(tx, institution_id=tx.actor.institution_id)
    ids = {tx.actor.post_id, *(each.post_id for each in approvals)}
    posts = await people.posts(tx, ids=sorted(ids))
    known = terminology.snapshot()
    return Standing(
        post=posts[tx.actor.post_id],
        role=tx.actor.role,
        release=known.release,
        drugs=len(known.drugs),
        substances=len(known.facts),
        unsourced=_unsourced(list(known.facts.values())),
        approved=tuple(Approved(each, posts[each.post_id]) for each in approvals),
    )


async def approve(tx: Tx, *, version: str, note: str) -> None:
    """Answer for a release in one's own name, as a pharmacist who may practise here now.

    :raises MayNotPractise, NoSuchRelease, ReasonMissing, WrongRole:
    """
    if tx.actor.role != PHARMACIST:
        raise WrongRole(verb="approve_knowledge", role=tx.actor.role)
    practice = await people.practice(
        tx, person_id=tx.actor.person_id, institution_id=tx.actor.institution_id, role=PHARMACIST
    )
    registry.check_practice(tx, practice)
    await prescribing.approve_knowledge(tx, version=version, note=note)


def _unsourced(facts: list[SubstanceFacts]) -> Mapping[str, int]:
    kinds = ("doses", "indications", "diseases", "pregnancies", "kidneys", "ages")
    return {kind: sum(_lacks(getattr(each, kind)) for each in facts) for kind in kinds}


def _lacks(told: tuple[object, ...]) -> bool:
    return not told or any(getattr(each, "source", "") == UNSOURCED for each in told)
