"""Writing the record: publishing, releasing, taking back. Callers open the transaction.

Journeys call these in the transaction of the change that is recorded.
"""

from lianyi.records.service.bringing import mark_imported, unpack
from lianyi.records.service.filing import refile
from lianyi.records.service.notes import amend_note, save_note, sign_note
from lianyi.records.service.publishing import prepare, publish, publish_all, release, retract, store

__all__ = [
    "amend_note",
    "mark_imported",
    "prepare",
    "publish",
    "publish_all",
    "refile",
    "release",
    "retract",
    "save_note",
    "sign_note",
    "store",
    "unpack",
]
