"""The text a doctor signs: the whole prescription with its id, line by line (RX-13). Pure.

The same prescription always gives the same text, to the letter. It is in Chinese whatever the
reader's language is: it is the document.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from lianyi.people.model import Sex
from lianyi.prescribing.model import Finding, Kind, Line, Prescription, SkinTest

KINDS = {Kind.ORDINARY: "普通处方", Kind.EMERGENCY: "急诊处方"}
SEXES = {Sex.FEMALE: "女", Sex.MALE: "男", Sex.UNKNOWN: "未说明"}
TESTS = {SkinTest.NONE: "", SkinTest.NEGATIVE: "皮试阴性", SkinTest.EXEMPT: "免皮试"}
ROUTES = {
    "po": "口服",
    "sl": "舌下含服",
    "inh": "吸入",
    "nasal": "喷鼻",
    "eye": "滴眼",
    "topical": "外用",
    "sc": "皮下注射",
    "rectal": "直肠给药",
    "vaginal": "阴道给药",
    "im": "肌内注射",
    "iv": "静脉注射",
}
MONTHS, YEARS = 36, 12  # up to three years an age is said in months (RX-07)
TITLE = "电子处方"


@dataclass(frozen=True, slots=True)
class Heading:
    """Whose prescription it is, and whose hand. The labels are as they are on this day."""

    institution: str
    department: str
    name: str
    sex: Sex
    birth_date: date
    months: int
    doctor: str
    licence: str
    release: str
    issued: date
    last_day: date


def text(prescription: Prescription, heading: Heading, findings: tuple[Finding, ...]) -> str:
    return "\n".join(_lines(prescription, heading, findings)) + "\n"


def age_text(months: int, birth: date, day: date) -> str:
    """RX-07: the real age; a newborn's in days, an infant's in months."""
    if months < 1:
        return f"{(day - birth).days}天"
    return f"{months}月" if months < MONTHS else f"{months // YEARS}岁"


def plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def use_text(line: Line) -> str:
    """Return how one drug is taken: 口服 每次20mg（1片） 每晚1次 共7天."""
    dose = plain(line.dose.value) + line.dose.unit
    if line.dose.unit != line.unit:
        dose += f"（{plain(line.units)}{line.unit}）"
    words = (
        ROUTES.get(line.route, line.route),
        f"每次{dose}",
        line.frequency_name,
        f"共{line.days}天",
        line.advice,
        TESTS[line.skin_test],
    )
    return " ".join(filter(None, words))


def drug_text(line: Line) -> str:
    """Return one drug with its total: 辛伐他汀片 20mg×7片/盒 ×1盒."""
    pack = f"{line.strength}×{plain(line.pack_size)}{line.unit}/{line.pack}"
    return f"{line.name} {pack} ×{line.packs}{line.pack}"


def _lines(
    prescription: Prescription, heading: Heading, findings: tuple[Finding, ...]
) -> Iterator[str]:
    sheet = prescription.sheet
    yield f"{heading.institution} {TITLE}"
    yield f"处方编号：{prescription.id} 第{prescription.version}版 {KINDS[sheet.kind]}"
    yield f"就诊编号：{prescription.visit.id} 科室：{heading.department}"
    age = age_text(heading.months, heading.birth_date, heading.issued)
    weight = f" 体重：{plain(sheet.asked.weight)}kg" if sheet.asked.weight else ""
    yield f"姓名：{heading.name} 性别：{SEXES[heading.sex]} 年龄：{age}{weight}"
    named = "；".join(f"{each.name}（{each.code}）" for each in sheet.diagnoses)
    yield f"临床诊断：{named}"
    yield f"开具日期：{heading.issued.isoformat()} 有效期至：{heading.last_day.isoformat()}"
    if sheet.validity_reason:
        yield f"延长有效期理由：{sheet.validity_reason}"
    yield "Rp"
    for number, line in enumerate(sheet.lines, start=1):
        yield f"{number}. {drug_text(line)}"
        yield f"   {use_text(line)}"
    if sheet.long_reason:
        yield f"超过7日用量理由：{sheet.long_reason}"
    yield from _reasons(prescription, findings)
    yield f"安全核查依据：{heading.release}"
    yield f"医师：{heading.doctor} 执业证书编号：{heading.licence}"


def _reasons(prescription: Prescription, findings: tuple[Finding, ...]) -> Iterator[str]:
    """Say why the doctor goes on, beside what it is about, for whoever reviews it."""
    asked = {finding.key for finding in findings if finding.wants_reason}
    for reason in prescription.sheet.reasons:
        if reason.finding in asked:
            again = "（医师再次签名确认）" if reason.confirmed else ""
            yield f"用药理由：{reason.finding}：{reason.text}{again}"
