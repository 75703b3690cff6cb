"""Each type, each way to read and to write it, each kind of hat: exactly what the table says."""

import json
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from lianyi.access.model import Purpose
from lianyi.fhir import patching
from lianyi.journeys import fhir_live
from lianyi.people.model import CLERK
from lianyi.records import service as records
from lianyi.records.fhir.index import parameters
from lianyi.records.model.subscriptions import TYPE as SUBSCRIPTION
from lianyi.records.rules import historical, writable
from lianyi.records.rules.writable import GROUPS, Writer
from tests.apps import Program
from tests.fhir.conftest import BASE
from tests.fhir.test_writing import SOURCE, TREATING
from tools import writers

TYPES = sorted(parameters())


def test_every_type_is_in_one_group():
    listed = [type for group in GROUPS for type in group.types]
    assert sorted(listed) == TYPES


def test_the_page_tells_what_the_table_decides():
    assert writers.FILE.read_text(encoding="utf-8") == writers.drawn()
    assert writers.IMPORTS.read_text(encoding="utf-8") == writers.imports_drawn()


@pytest.fixture
async def hats(ward):
    """A hat of each kind, whose app may do everything that scopes can say."""
    firm, other, third = Program(ward.place), Program(ward.place), Program(ward.place)
    await firm.approved("patient/*.cruds", Purpose.OWN)
    await firm.permitted(ward.patient, "patient/*.cruds")
    await firm.approved("user/*.cruds")
    service = await other.approved("system/*.cruds")
    source = await third.approved("system/*.cruds lianyi/source")
    clerk = await ward.place.hat(CLERK)
    return {
        Writer.SESSION: ward.doctor,
        Writer.NOBODY: firm.hat(clerk, "user/*.cruds"),
        Writer.PERSON: firm.hat(ward.patient, "patient/*.cruds"),
        Writer.STAFF: firm.hat(ward.doctor, "user/*.cruds"),
        Writer.SERVICE: other.service(service, f"system/*.cruds {TREATING}"),
        Writer.SOURCE: third.service(source, SOURCE),
    }


async def test_each_type_is_written_by_whom_the_table_says_and_by_nobody_else(hats, program):
    """INT-13: what is let through is refused for what it says, what isn't for who says it."""
    for writer, hat in hats.items():
        app = await program(hat)
        for type in TYPES:
            may = writer in writable.group_of(type).writers
            for method, path, body, passed in (
                ("POST", type, {"resourceType": type, "x": 1}, {400}),
                ("PUT", f"{type}/free", {"resourceType": type, "id": "free", "x": 1}, {400}),
                ("PATCH", f"{type}/free", [], {404}),
                ("DELETE", f"{type}/free", None, {404}),
            ):
                kind = patching.KIND if method == "PATCH" else "application/json"
                given = {"json": body, "headers": {"content-type": kind}}
                answer = await app.http.request(method, f"{BASE}/{path}", **given)
                wanted = passed if may else {403}
                assert answer.status_code in wanted, (writer, method, type, answer.text)


def brought(type, **said):
    entry = {"resource": {"resourceType": type, "id": "x", **said}}
    raw = json.dumps({"resourceType": "Bundle", "entry": [entry]}).encode()
    parcel = records.unpack(raw, holder_id=UUID(int=1), zone=ZoneInfo("Asia/Shanghai"))
    (refusal,) = parcel.refused  # each is as good as empty
    return refusal.findings[0].rule


def test_each_type_enters_in_bulk_or_stays_out_as_its_table_says():
    """INT-13: also what names nobody is either the institution's own by its kind, or refused."""
    rules = {type: kept.rule for kept in historical.KEPT_OUT for type in kept.types}
    assert set(rules) <= set(TYPES)
    for type in TYPES:
        silent = historical.NOT_OVER if type in historical.OVER else historical.PERSON
        own = type in historical.NOBODYS or type == "Patient"  # one is about itself
        found = brought(type, x=1)
        if type in rules or not own:
            assert found == rules.get(type, silent), type
        else:
            assert found in {"structure", "unknown", "required"}, (type, found)


@pytest.mark.parametrize(
    "type", ["AuditEvent", "Binary", "Bundle", "Consent", "Group", "Linkage", "Subscription"]
)
def test_nothing_that_opens_a_door_enters_whoever_it_is_about(type):
    """EMR-17, INT-06"""
    person = {"reference": "Patient/p1"}
    assert brought(type, subject=person, patient=person).startswith("never_")


@pytest.mark.parametrize(("type", "over"), [("Appointment", "fulfilled"), ("Task", "completed")])
def test_only_what_is_over_is_history(type, over):
    person = {"reference": "Patient/p1"}
    assert brought(type, status="booked", subject=person) == historical.NOT_OVER
    assert brought(type, status=over, subject=person, x=1) != historical.NOT_OVER


WAYS = {"read": ("{}/none", 404), "search-type": ("{}?_id=none", 200)}
WAYS |= {"history-instance": ("{}/none/_history", 404), "history-type": ("{}/_history", 200)}


async def test_each_type_is_read_by_who_keeps_records_and_numbers_by_whoever_is_signed_in(
    hats, program, ward
):
    """An administrator keeps no records, and is shown who has read for the institution (PRI-26)."""
    overseer = "an administrator"
    for writer, hat in [*hats.items(), (overseer, await ward.place.admin())]:
        app = await program(hat)
        # Of the rest each has what STAFF has.
        whole = writer in {Writer.STAFF, Writer.NOBODY, overseer}
        for type in TYPES if whole else [*fhir_live.TOLD, "Schedule", "Observation"]:
            if type == SUBSCRIPTION:  # an app's own, and told with it
                continue
            may = writer not in {Writer.NOBODY, overseer} or fhir_live.is_open(type)
            may = may or (writer == overseer and type == "AuditEvent")
            for way, (path, passed) in WAYS.items():
                answer = await app.get(path.format(type))
                wanted = passed if may else 403
                if not fhir_live.keeps(type, way):
                    wanted = 405
                assert answer.status_code == wanted, (writer, way, type, answer.text)
