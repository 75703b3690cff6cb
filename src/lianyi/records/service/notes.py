"""A visit's outpatient record: put down, signed, amended."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from lianyi.kernel.crypto import sm3
from lianyi.kernel.work import Tx
from lianyi.records.errors import (
    AlreadySigned,
    AmendmentUnexplained,
    NoSuchResource,
    NoteIncomplete,
    NotSigned,
)
from lianyi.records.events import NoteWritten
from lianyi.records.fhir import outpatient
from lianyi.records.model import Note, Setting, Text
from lianyi.records.rules import outpatient as form
from lianyi.records.rules import sensitive
from lianyi.records.service.publishing import publish, publish_all, retract
from lianyi.records.tables import resources as tables

_encoder = msgspec.json.Encoder(decimal_format="number")


async def save_note(tx: Tx, *, setting: Setting, note: Note) -> None:
    """Put down what is written so far; nothing of it is in the record before the signature.

    :raises AlreadySigned:
    """
    await tx.alone(setting.visit_id, "note")
    if await _is_signed(tx, setting):
        raise AlreadySigned(visit_id=setting.visit_id)
    await _put_down(tx, setting, note)


async def sign_note(tx: Tx, *, setting: Setting, note: Note) -> Text:
    """Write a visit's outpatient record for its author to sign (EMR-06, EMR-15).

    :raises AlreadySigned, NoteIncomplete, OthersResource, DefinitionsMissing:
    """
    _check_note(note)
    await tx.alone(setting.visit_id, "note")
    if await _is_signed(tx, setting):
        raise AlreadySigned(visit_id=setting.visit_id)
    return await _write_note(tx, setting, note, "")


async def amend_note(tx: Tx, *, setting: Setting, note: Note, reason: str) -> Text:
    """Write a further version to be signed; what it replaces stays readable (EMR-04).

    :raises AmendmentUnexplained, NoteIncomplete, NotSigned, OthersResource, DefinitionsMissing:
    """
    _check_note(note)
    if not form.is_reason(reason):
        raise AmendmentUnexplained
    await tx.alone(setting.visit_id, "note")
    if not await _is_signed(tx, setting):
        raise NotSigned(visit_id=setting.visit_id)
    return await _write_note(tx, setting, note, reason.strip())


def _check_note(note: Note) -> None:
    if lacking := list(form.missing(note)):
        raise NoteIncomplete(parts=", ".join(lacking))


async def _is_signed(tx: Tx, setting: Setting) -> bool:
    try:
        await tables.lock(tx, "Composition", str(setting.visit_id), setting.institution_id)
    except NoSuchResource:
        return False
    return True


async def _write_note(tx: Tx, setting: Setting, note: Note, reason: str) -> Text:
    """Note the digest of the exact text that is kept: a changed byte does not fit it (EMR-06)."""
    owner = setting.person_id
    facts = [
        *outpatient.conditions(setting, note, at=tx.now),
        *outpatient.allergies(setting, note, at=tx.now),
    ]
    await _drop_stale(tx, setting, facts)
    await publish_all(tx, owner=owner, bodies=facts)
    # The words of a diagnosis are as telling as its code.
    classes = sensitive.classes_of((outpatient.ICD10, each.code) for each in note.diagnoses)
    body = outpatient.composition(setting, note, at=tx.now, amended=bool(reason))
    text = _encoder.encode(body).decode()
    version = await publish(tx, owner=owner, body=text, classes=classes)
    digest = sm3(text.encode())
    signed = outpatient.signature(setting, version=version, digest=digest, at=tx.now, reason=reason)
    await publish(tx, owner=owner, body=signed, classes=classes)
    await tx.emit(NoteWritten(setting.visit_id, owner, setting.institution_id))
    await _put_down(tx, setting, note)
    return Text(version, digest.hex())


async def _put_down(tx: Tx, setting: Setting, note: Note) -> None:
    await tables.insert_draft(tx, setting, msgspec.json.encode(note).decode())


async def _drop_stale(tx: Tx, setting: Setting, facts: Sequence[Mapping[str, Any]]) -> None:
    """Mark as entered in error what an earlier version of the note said and this one doesn't."""
    said = {(fact["resourceType"], fact["id"]) for fact in facts}
    encounter = f"Encounter/{setting.visit_id}"
    for type, fhir_id in await tables.list_stated(tx, encounter, setting.institution_id):
        if (type, fhir_id) not in said:
            await retract(tx, type=type, fhir_id=fhir_id)
