"""What an institution and a person have said of an app."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lianyi.access.model import Purpose, Sensitive


class ApprovalState(StrEnum):
    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class PermissionState(StrEnum):
    GIVEN = "given"
    WITHDRAWN = "withdrawn"
    REPLACED = "replaced"  # by another one of the same person


@dataclass(frozen=True, slots=True)
class Terms:
    """What an institution lets an app have: what for, which scopes, until when (CAP-39).

    `assessment` is the id of the impact assessment that came before (PRI-11).
    """

    purpose: Purpose
    scopes: tuple[str, ...]
    assessment: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """One institution and one app; `terms` are there once it has approved."""

    id: UUID
    state: ApprovalState
    app_id: UUID
    institution_id: UUID
    asked_at: datetime
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class Permission:
    """What a person lets an app read that an institution has approved (PRI-09)."""

    id: UUID
    state: PermissionState
    person_id: UUID
    app_id: UUID
    approval_id: UUID
    scopes: tuple[str, ...]
    classes: frozenset[Sensitive]
    at: datetime
    until: datetime
