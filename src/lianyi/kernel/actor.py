"""Who acts: one hat of one person, never a person in general."""

from dataclasses import dataclass
from typing import NewType
from uuid import NAMESPACE_OID, UUID, uuid5

Role = NewType("Role", str)
SYSTEM = Role("system")
NOWHERE = UUID(int=0)  # the institution of those who act for themselves


@dataclass(frozen=True, slots=True)
class Actor:
    person_id: UUID
    post_id: UUID
    institution_id: UUID
    role: Role
    for_person_id: UUID | None = None
    app_id: UUID | None = None
    request_id: str = ""
    scopes: tuple[str, ...] = ()  # what an app may do, as `access.rules.scopes` writes it
    session_id: UUID | None = None  # which signed-in browser it is; its token can't be told from it

    @property
    def subject_id(self) -> UUID:
        """The person whose affairs these are: oneself, or the one acted for."""
        return self.for_person_id or self.person_id


def system(follower: str, institution_id: UUID) -> Actor:
    """Return the hat in which the platform itself acts: post `system/<follower>`."""
    post = uuid5(NAMESPACE_OID, f"system/{follower}")
    return Actor(post, post, institution_id, SYSTEM, request_id=f"system/{follower}")
