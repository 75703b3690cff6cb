"""The paper of a prescription, and the page for whoever scans it (处方笺、扫码验真)."""

import os
import re
import signal
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import asyncpg
import pytest

from lianyi.journeys import papers
from lianyi.journeys.papers import Done, Hand, Paper, Sold
from lianyi.people.model import DOCTOR, PHARMACIST, Sex
from lianyi.prescribing import service as prescribing
from lianyi.prescribing.errors import NoSuchPrescription
from lianyi.prescribing.model import Kind, State
from lianyi.prescribing.rules import document
from lianyi.signatures import service as signatures
from lianyi.web import printing
from tests.place import Place
from tests.prescribing.make import Practice
from tests.signatures import make
from tests.web.reader import reading
from tests.web.staff import signed_in

TEXT = """青山市第一人民医院 电子处方
处方编号：{id} 第1版 普通处方
就诊编号：7 科室：内科
姓名：王秀英 性别：女 年龄：60岁 体重：58kg
临床诊断：高血压（I10.x00x002）
开具日期：2030-01-07 有效期至：2030-01-07
Rp
1. 苯磺酸氨氯地平片 5mg×7片/盒 ×1盒
   口服 每次5mg（1片） 每日1次 共7天
安全核查依据：demo-2026.11
医师：张建国 执业证书编号：110370100001234
"""
AT = datetime(2030, 1, 7, 4, tzinfo=UTC)
URL = "https://lianyi.test/verify/x"
HEADING = document.Heading(
    institution="青山市第一人民医院",
    department="内科",
    name="王秀英",
    sex=Sex.FEMALE,
    birth_date=date(1969, 5, 1),
    months=728,
    doctor="张建国",
    licence="110370100001234",
    release="demo-2026.11",
    issued=date(2030, 1, 7),
    last_day=date(2030, 1, 7),
)
HAND = Hand("张建国", AT, is_valid=True)
PAPER = Paper(UUID(int=9), "x", TEXT.format(id=7), Kind.ORDINARY, State.APPROVED, AT, HAND, HAND)


@pytest.fixture(scope="module")
def dsn(cluster, worker_id):
    """The worker takes whatever waits in a database, so it is tried on one of its own."""
    with cluster.clone(f"{worker_id}_papers") as url:
        yield url


class Signed(Practice):
    """A prescription whose signatures come from the authority."""

    hall = None

    @classmethod
    async def begin(cls, place, hall):
        practice = await cls.open(place)
        practice.hall = hall
        for hat in (practice.doctor, practice.pharmacist):
            await hall.certify(hat)
            await hall.unlock(hat)
        return practice

    async def written(self):
        drafted = await self.drafted()
        document = await self.sign(drafted, text=TEXT.format(id=drafted.id))
        await self._signature(self.doctor, "prescription", drafted.id, document)
        await self.come(drafted, document)
        return drafted, document

    async def reviewed(self):
        drafted, document = await self.written()
        review = await self.approve(drafted)
        await self._signature(self.pharmacist, "review", review.id, review)
        await self.agree(review)
        return drafted, document

    async def _signature(self, hat, type, id, document):
        await self.place.do(
            hat, signatures.ask, subject=(type, id), digest=document.digest, document=document.id
        )
        await self.hall.work()

    async def paper(self, prescription, hat=None):
        return await self.place.ask(
            hat or self.doctor, papers.paper, prescription_id=prescription.id
        )

    async def verify(self, code):
        return await self.place.ask(self.place.office, papers.verify, code=code)


@pytest.fixture
async def practice(place, tmp_path):
    async with make.hall(place, tmp_path) as hall:
        yield await Signed.begin(place, hall)


def drawn(paper):
    """Return what a paper draws on its pages, unpacked."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", printing.pdf(paper, URL), re.DOTALL)
    return b"".join(zlib.decompress(each) for each in packed if each.startswith(b"x"))


async def tamper(dsn, document):
    owner = await asyncpg.connect(dsn)
    await owner.execute("SET session_replication_role = replica")
    await owner.execute(
        "UPDATE prescribing.document SET text = replace(text, '5mg', '50mg') WHERE id = $1",
        document.id,
    )
    await owner.close()


def test_the_paper_shows_every_word_that_was_signed():
    """RX-13, EMR-15: nothing of the signed text is left out, nothing of it said otherwise."""
    shown = printing.page(PAPER, URL)
    for line in PAPER.text.splitlines():
        for word in line.removeprefix("Rp").replace("：", " ").split():
            assert word in shown, word


@pytest.mark.parametrize(
    "words",
    ["费别", "金额", "医师", "审核", "调配", "核对", "发药", "就诊编号", "科室", "临床诊断"],
)
def test_header_body_and_footer_are_all_there(words):
    """RX-13"""
    assert words in printing.page(PAPER, URL)


def test_rx_13_fee_amount_and_all_five_hands_stand_on_the_paper_once_they_are_known():
    """RX-13, PH-08: empty before, and the doctor's and reviewer's beside them."""
    empty = printing.page(PAPER, URL)
    assert "自费" in empty
    assert not any(word in empty for word in ("田亮", "叶志成", "苏慧", "¥"))
    sold = Sold(2360, Done("田亮"), Done("叶志成", AT), Done("苏慧", AT))
    full = printing.page(replace(PAPER, sold=sold, fee="310"), URL)
    assert all(
        word in full
        for word in ("职工基本医疗保险", "¥23.60", "张建国", "田亮", "叶志成", "苏慧", "12:00")
    )


def test_a_text_of_another_shape_is_shown_whole():
    odd = replace(PAPER, text="处方 没有格式\n第二行：甲 乙：丙\n无冒号的一行\nRp\n   孤行\n备注\n")
    shown = printing.page(odd, URL)
    assert all(
        word in shown for word in ("没有格式", "第二行", "甲", "丙", "无冒号的一行", "孤行", "备注")
    )


def test_an_emergency_prescription_is_on_yellow():
    """RX-12"""
    yellow = b"1 0.976471 0.862745 rg"
    assert yellow not in drawn(PAPER)
    assert yellow in drawn(replace(PAPER, kind=Kind.EMERGENCY))


@pytest.mark.parametrize(
    "changes",
    [
        {"state": State.TO_REVIEW, "pharmacist": None},
        {"state": State.REVOKED},
        {"state": State.LAPSED},
        {"doctor": replace(HAND, is_valid=False)},
        {"pharmacist": None},
    ],
)
def test_what_is_not_in_force_says_so_across_the_paper(changes):
    """RX-28"""
    assert "不得用于调配" not in printing.page(PAPER, URL)
    assert "不得用于调配" in printing.page(replace(PAPER, **changes), URL)


def test_a_demos_paper_says_that_it_is_one():
    assert "演示" in printing.page(replace(PAPER, is_demo=True), URL)


def test_the_same_paper_is_the_same_to_the_byte():
    made = printing.pdf(PAPER, URL)
    assert made.startswith(b"%PDF")
    assert made == printing.pdf(PAPER, URL)


async def test_the_text_a_doctor_signs_is_set_apart_as_a_prescription_is(practice):
    """RX-13: what the rules of prescribing write is what the paper knows how to show."""
    drafted = await practice.drafted()
    text = document.text(drafted, HEADING, ())
    parts = printing.parts(text)
    terms = {term for head in parts.heads for term, _ in head}
    assert {"处方编号", "科室", "姓名", "性别", "年龄", "临床诊断", "开具日期"} <= terms
    assert len(parts.items) == len(drafted.sheet.lines)
    assert all(item.use for item in parts.items)
    shown = printing.page(replace(PAPER, text=text), URL)
    for line in text.splitlines():
        for word in line.removeprefix("Rp").replace("：", " ").split():
            assert word in shown, word


async def test_the_paper_carries_both_signatures(practice):
    prescription, document = await practice.reviewed()
    paper = await practice.paper(prescription)
    assert paper.text == document.text
    assert paper.doctor.is_valid
    assert paper.pharmacist.is_valid
    assert paper.is_in_force


async def test_a_changed_text_is_in_force_no_more(practice, dsn):
    """EMR-06: 5 mg made 50 mg by whoever owns the database."""
    prescription, document = await practice.reviewed()
    await tamper(dsn, document)
    paper = await practice.paper(prescription)
    assert not paper.doctor.is_valid
    assert not paper.is_in_force
    assert not (await practice.verify(paper.code)).is_authentic


async def test_the_person_has_the_paper_once_it_is_in_force(practice):
    """RX-28: before the review it is worth nothing."""
    written, _ = await practice.written()
    with pytest.raises(NoSuchPrescription):
        await practice.paper(written, practice.patient)
    reviewed, _ = await practice.reviewed()
    assert (await practice.paper(reviewed, practice.patient)).is_in_force


async def test_another_place_or_person_learns_nothing(practice, app):
    prescription, _ = await practice.reviewed()
    elsewhere = await Place.found(app)
    for hat in (
        await elsewhere.hat(DOCTOR),
        await elsewhere.hat(PHARMACIST),
        await practice.place.resident(),
    ):
        with pytest.raises(NoSuchPrescription):
            await practice.paper(prescription, hat)


async def test_a_scan_says_whether_it_is_authentic_and_names_nobody(practice):
    prescription, _ = await practice.reviewed()
    code = (await practice.paper(prescription)).code
    async with reading(practice.place.app) as browser:
        page = await browser.get(f"/verify/{code}")
        assert page.says("真实：电子签名有效", "目前可以取药", "青山市第一人民医院")
        for secret in ("王秀英", "氨氯地平", "高血压", "张建国", str(prescription.id)):
            assert not page.says(secret)


async def test_a_guessed_code_opens_nothing(practice):
    prescription, document = await practice.reviewed()
    code = (await practice.paper(prescription)).code
    async with reading(practice.place.app) as browser:
        for wrong in (document.id.hex, document.id.hex + "0" * 24, "x", code[:-1] + "g"):
            page = await browser.get(f"/verify/{wrong}")
            assert page.status == 404
            assert page.says("不是本平台的处方")


async def test_what_is_revoked_or_over_is_authentic_and_worth_nothing(practice, clock):
    """RX-01"""
    prescription, _ = await practice.reviewed()
    code = (await practice.paper(prescription)).code
    clock.forward(days=1)
    verdict = await practice.verify(code)
    assert (verdict.state, verdict.is_authentic) == ("expired", True)
    async with reading(practice.place.app) as browser:
        assert (await browser.get(f"/verify/{code}")).says("目前不能凭此取药")


async def test_what_was_dispensed_in_part_is_worth_nothing_to_the_next_who_scans_it(practice):
    """DS-06: a counter elsewhere reads that it was used."""
    prescription, _ = await practice.reviewed()
    store = await practice.store()
    await practice.accept(store, prescription)
    await practice.do(store, prescribing.dispense, prescription_id=prescription.id, whole=False)
    code = (await practice.paper(prescription)).code
    async with reading(practice.place.app) as browser:
        page = await browser.get(f"/verify/{code}")
        assert page.says("真实：电子签名有效", "部分发药", "目前不能凭此取药")


async def test_whoever_scans_without_end_is_stopped_for_a_minute(app, clock):
    async with reading(app) as browser:
        said = [(await browser.get("/verify/x")).status for _ in range(31)]
        assert said == [404] * 30 + [429]
        clock.forward(minutes=1)
        assert (await browser.get("/verify/x")).status == 404


async def test_the_paper_comes_as_a_pdf(practice):
    prescription, _ = await practice.reviewed()
    async with signed_in(practice.place, practice.doctor) as browser:
        answer = await browser.http.get(f"/prescriptions/{prescription.id}.pdf")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF")


async def test_a_printer_that_died_is_replaced():
    printer = printing.Printer()
    assert (await printer.printed(PAPER, URL)).startswith(b"%PDF")
    (child,) = printer._pool._processes  # noqa: SLF001 - whom to kill
    os.kill(child, signal.SIGKILL)
    with pytest.raises(printing.PrinterAway):
        await printer.printed(PAPER, URL)
    assert (await printer.printed(PAPER, URL)).startswith(b"%PDF")
