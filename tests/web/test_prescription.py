"""A prescription as a doctor writes it on the workbench (CAP-48, CAP-49, CAP-51)."""

import re

import asyncpg
import pytest

from lianyi.journeys import prescription_desk, prescription_form
from lianyi.prescribing.model import Sheet, State
from lianyi.web.doctor import prescription as pages
from tests.journeys.test_prescribe import hall as hall  # noqa: PLC0414 - a fixture
from tests.journeys.test_prescribe import room as room  # noqa: PLC0414
from tests.web.counting import statements
from tests.web.reader import reading, wearing

MOST = 12  # statements a page
ASKED = {"allergies": "none", "medicines": "none", "history": "none"}
HYPERTENSION, LIPIDS = "I10.x00x002", "E78.500"


@pytest.fixture(scope="session")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_prescription") as url:
        yield url


@pytest.fixture
async def reader(app, room):
    async with reading(app) as reader:
        await wearing(reader, room.place, room.doctor)
        yield reader


def at(room):
    return f"/clinic/visits/{room.visit_id}/prescription"


def writing(page):
    """Return where the prescription that is being written is sent."""
    return next(
        form.action for form in page.forms if re.search(r"prescription/[0-9a-f-]+$", form.action)
    )


async def press(reader, page, act, **given):
    """Send the whole form by one of its buttons."""
    room_page = writing(page)
    return await reader.submit(page, room_page, **{**ASKED, **given, "act": act})


async def begun(reader, room):
    page = await reader.get(at(room))
    codes = [HYPERTENSION, LIPIDS]
    return await reader.submit(page, at(room), diagnosis=codes)


async def check(reader, page, **given):
    form = page.form(writing(page))
    answer = await reader.http.post(
        f"{form.action}/check", data={**form.fields, **ASKED, "diagnosis": codes_of(page), **given}
    )
    return answer.text


def codes_of(page):
    return [HYPERTENSION, LIPIDS]


async def with_drugs(reader, room, *codes):
    page = await begun(reader, room)
    for code in codes:
        page = await press(reader, page, f"add:{code}", diagnosis=codes_of(page))
    return page


AMLODIPINE, SIMVASTATIN = "amlodipine-tab-5mg", "simvastatin-tab-40mg"


async def test_simvastatin_40_is_caught_mended_with_one_press_and_signed(room, reader):
    """PH-04, CAP-49."""
    page = await with_drugs(reader, room, AMLODIPINE, SIMVASTATIN)
    assert page.says("辛伐他汀片", "苯磺酸氨氯地平片")
    text = await check(reader, page)
    assert "警告" in text
    assert "改为辛伐他汀片 20mg 每次20mg" in text
    assert "上限 20mg/日" in text
    assert "演示知识库" in text
    key = re.search(r'value="(mend:[^"]+)"', text).group(1)
    page = await press(reader, page, key, diagnosis=codes_of(page))
    assert page.says("20mg×7片/盒")
    assert "警告" not in await check(reader, page)
    page = await press(reader, page, "sign", diagnosis=codes_of(page))
    assert page.says("签名中")
    await room.hall.work()
    assert (await reader.get(at(room))).says("待药师审核")


async def test_a_signature_in_spite_of_a_warning_is_refused_and_nothing_typed_is_lost(room, reader):
    page = await with_drugs(reader, room, AMLODIPINE, SIMVASTATIN)
    page = await press(
        reader, page, "sign", diagnosis=codes_of(page), **{"advice-1": "晨起服用", "weight": "71"}
    )
    assert page.status == 422
    assert page.says("处方还不能签名")
    fields = page.form(writing(page)).fields
    assert (fields["advice-1"], fields["weight"]) == ("晨起服用", "71")


@pytest.fixture
async def engine(dsn):
    """Return how the check loses one of the facts it wants, who is on duty, and finds it again."""
    owner = await asyncpg.connect(dsn)

    async def move(old, new):
        await owner.execute(f"ALTER TABLE IF EXISTS people.{old} RENAME TO {new}")

    yield move
    await move("duty_away", "duty")
    await owner.close()


TRACES = ("prescribing.document", "prescribing.version", "signatures.signature", "kernel.errand",
          "kernel.history", "kernel.outbox")  # fmt: skip


async def trace(room):
    """Return how much a signature would have left anywhere, and how the prescriptions stand."""
    counts = [(await room.place.rows(f"SELECT count(*) FROM {table}"))[0] for table in TRACES]
    return counts, await room.place.rows("SELECT id, state FROM prescribing.prescription")


async def test_int_20_with_the_engine_down_nothing_is_signed_and_the_doctor_is_told(
    room, reader, engine
):
    """INT-20: also what was typed stays; when the engine is back it is signed."""
    page = await with_drugs(reader, room, AMLODIPINE)
    before = await trace(room)
    await engine("duty", "duty_away")
    assert "核查没有完成" in await check(reader, page)
    told = {"diagnosis": codes_of(page), "advice-1": "晨起服用"}
    page = await press(reader, page, "sign", **told)
    assert page.status == 422
    assert page.says("用药安全核查没有完成，处方没有签名")
    assert page.form(writing(page)).fields["advice-1"] == "晨起服用"
    assert await trace(room) == before
    await engine("duty_away", "duty")
    await room.hall.work()
    assert (await reader.get(at(room))).says("草稿")
    assert (await press(reader, page, "sign", **told)).says("签名中")


async def test_the_check_follows_what_is_typed_and_keeps_nothing(room, reader):
    page = await with_drugs(reader, room, AMLODIPINE)
    assert "每日最大剂量" in await check(reader, page, **{"dose-1": "15"})
    (version,) = (await room.place.rows("SELECT version FROM prescribing.prescription"))[-1]
    assert version == 2


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dose-1": "五"}, "用法用量不完整"),
        ({"days-1": "-1"}, "用法用量不完整"),
        ({"diagnosis": "不存在的病"}, "诊断目录中没有"),
    ],
)
async def test_what_can_not_be_read_is_said_and_not_checked(room, reader, given, said):
    page = await with_drugs(reader, room, AMLODIPINE)
    text = await check(reader, page, **given)
    assert "还不能核查" in text
    assert said in text


async def test_a_drug_is_found_by_its_initials_and_added_by_hand(room, reader):
    """CON-13."""
    found = await reader.http.get("/clinic/drugs", params={"q": "xfttp"})
    assert "add:simvastatin-tab-20mg" in found.text
    assert (await reader.http.get("/clinic/drugs", params={"q": ""})).text.strip() == ""


async def test_a_reason_is_kept_with_its_finding(room, reader):
    page = await with_drugs(reader, room, AMLODIPINE, SIMVASTATIN)
    key = re.search(r'name="(reason:[^"]+)"', await check(reader, page)).group(1)
    page = await press(
        reader, page, "sign", diagnosis=codes_of(page), **{key: "其他他汀均不耐受，已告知"}
    )
    assert page.says("签名中")


async def test_a_draft_is_given_up_with_a_reason(room, reader):
    page = await with_drugs(reader, room, AMLODIPINE)
    action = f"{writing(page)}/revoke"
    page = await reader.submit(page, action, reason="患者改为线下取药")
    assert page.says("已撤销")


async def test_the_page_costs_the_same_for_one_prescription_as_for_many(room, reader, app):
    async def view(tx):
        return await prescription_desk.page(tx, appointment_id=room.visit_id)

    few, _ = await statements(app, room.doctor, view)
    for _ in range(3):
        await room.begin()
    many, seen = await statements(app, room.doctor, view)
    assert few == many <= MOST
    assert len(seen.page.shown) == 2
    assert seen.page.writing.prescription.state is State.DRAFT


async def test_the_check_costs_at_most_twelve_statements(room, app):
    drafted = await room.begin()
    screen = prescription_form.screen_of(drafted.sheet)

    async def view(tx):
        return await prescription_desk.safety(
            tx, visit_id=room.visit_id, prescription_id=drafted.id, screen=screen
        )

    asked, _ = await statements(app, room.doctor, view)
    assert asked <= MOST


def test_a_sheet_comes_back_from_its_screen_as_it_was():
    screen = prescription_form.screen_of(Sheet())
    assert prescription_form.paper_of(screen).entries == ()
    assert pages.SUGGESTED < 20
