"""Writing the record: publishing, releasing, taking back. Callers open the transaction.

Journeys call these in the transaction of the change that is recorded.
"""

from lianyi.records.service.bringing import await_release, mark_imported, settle, unpack
from lianyi.records.service.checking import examine, strange
from lianyi.records.service.filing import refile, sweep
from lianyi.records.service.notes import amend_note, save_note, sign_note
from lianyi.records.service.publishing import (
    prepare,
    prepare_own,
    publish,
    publish_all,
    release,
    release_withheld,
    retract,
    store,
)
from lianyi.records.service.writing import (
    Bringer,
    bring,
    bringing,
    check,
    draft,
    file,
    hold,
    is_same,
    next_version,
    read,
    tombstone,
)

__all__ = [
    "Bringer",
    "amend_note",
    "await_release",
    "bring",
    "bringing",
    "check",
    "draft",
    "examine",
    "file",
    "hold",
    "is_same",
    "mark_imported",
    "next_version",
    "prepare",
    "prepare_own",
    "publish",
    "publish_all",
    "read",
    "refile",
    "release",
    "release_withheld",
    "retract",
    "save_note",
    "settle",
    "sign_note",
    "store",
    "strange",
    "sweep",
    "tombstone",
    "unpack",
]
