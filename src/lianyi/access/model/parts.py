"""What an app's scopes leave of what its hat may see, for the doors to say it in a WHERE."""

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl
from uuid import UUID

from lianyi.kernel.actor import Role

ANY_TYPE = "*"


class Right(StrEnum):
    """What an app may do with a type, by its letter in a scope of SMART."""

    CREATE = "c"
    READ = "r"
    UPDATE = "u"
    DELETE = "d"
    SEARCH = "s"


@dataclass(frozen=True, slots=True)
class Part:
    """What scopes leave to an app of one type: all of it, or what answers a search."""

    type: str
    query: str = ""

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query, keep_blank_values=True)


def is_whole(only: tuple[Part, ...] | None, type: str) -> bool:
    """Tell whether scopes leave all of a type; None: no app asks."""
    return only is None or any(not one.query and one.type in {ANY_TYPE, type} for one in only)


@dataclass(frozen=True, slots=True)
class AppDesk:
    """What is further asked where an app looks: the institution approves, no person objects.

    An export goes by the one approval it was asked under, and by the persons it was agreed for.
    """

    app_id: UUID
    roles: tuple[Role, ...]  # whose relations it goes by
    only: tuple[Part, ...]
    export_id: UUID | None = None

    def persons(self, at: int) -> str:
        """Return the ids of the persons; the desk's `args` fill `$at` on."""
        app, purpose, now = f"${at + 3}", f"${at + 4}", f"${at + 2}"
        agreed, under = "", ""
        if self.export_id:
            under = f""" AND a.id = (SELECT x.approval_id FROM access.export x
                       WHERE x.id = ${at + 5} AND x.state = 'running')"""
            agreed = f""" AND EXISTS (SELECT FROM access.export_person e
                       WHERE e.export_id = ${at + 5} AND e.person_id = r.person_id)"""
        return f"""SELECT r.person_id FROM access.relation r
                   WHERE r.institution_id = ${at} AND r.role = ANY (${at + 1}::text[])
                     AND r.ended_at IS NULL AND (r.until IS NULL OR r.until > {now})
                     AND EXISTS (SELECT FROM access.approval a WHERE a.app_id = {app}
                       AND a.institution_id = ${at} AND a.purpose = {purpose}
                       AND a.state = 'approved' AND a.until > {now}{under}){agreed}
                     AND NOT EXISTS (SELECT FROM access.permission p WHERE p.app_id = {app}
                       AND p.person_id = r.person_id AND p.state = 'withdrawn')"""
