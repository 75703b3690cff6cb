"""What the regulations demand of a prescription, one function a rule. Pure.

处方管理办法 (2007), 互联网诊疗管理办法(试行) 2018, 互联网诊疗监管细则(试行) 2022,
抗菌药物临床应用管理办法 (2012), 长期处方管理规范(试行) 2021. Every rule returns all it has to say.
"""

import re
from collections.abc import Iterator, Sequence

from lianyi.people.model import Grade
from lianyi.prescribing.model import Facts, Finding, Kind, Severity, Sheet, SkinTest, Way, Written
from lianyi.prescribing.rules import is_reason
from lianyi.terminology.model import Antibacterial, Control, Course, Diagnosis

SPECIAL_PAPER = frozenset({Control.NARCOTIC, Control.PSYCHOTROPIC_1})
VAGUE = re.compile(r"遵医嘱|自用|as directed", re.IGNORECASE)
GRADES = {
    Grade.JUNIOR: frozenset({Antibacterial.UNRESTRICTED}),
    Grade.MIDDLE: frozenset({Antibacterial.UNRESTRICTED, Antibacterial.RESTRICTED}),
}
SENIOR = frozenset({Grade.ASSOCIATE_CHIEF, Grade.CHIEF})
CHILD, ELDERLY, TODDLER = 12 * 12, 60 * 12, 6 * 12  # months
FAMILY = 3  # characters of an ICD-10 code that name the disease


def findings(
    sheet: Sheet, written: Sequence[Written], diagnoses: Sequence[Diagnosis], facts: Facts
) -> tuple[Finding, ...]:
    """Return what the law has against a prescription; `diagnoses` are the sheet's, as listed."""
    return (
        *validity_is_short_or_explained(sheet, facts),
        *has_few_drugs(sheet, facts),
        *has_a_diagnosis_of_the_record(sheet, facts),
        *lines_are_whole(written),
        *supply_is_short_or_explained(sheet, written, diagnoses, facts),
        *child_has_a_weight(facts),
        *controlled_drugs_are_refused(written, facts),
        *online_follows_up(sheet, facts),
        *small_child_is_accompanied(facts),
        *antibacterial_fits_the_title(written, facts),
        *skin_test_is_known(written),
        *the_doctor_may_prescribe(facts),
        *a_pharmacist_is_on_duty(facts),
    )


def validity_is_short_or_explained(sheet: Sheet, facts: Facts) -> Iterator[Finding]:
    """RX-01: on the day of issue, at most three days, and longer than the day with a reason."""
    if not 1 <= sheet.days_valid <= facts.profile["RX-01.most"]:
        yield Finding("RX-01", "too_long")
    if sheet.days_valid > facts.profile["RX-01"] and not is_reason(sheet.validity_reason):
        yield Finding("RX-01", "unexplained")


def has_few_drugs(sheet: Sheet, facts: Facts) -> Iterator[Finding]:
    """RX-06: at most five western and patent medicines on one prescription."""
    if not sheet.lines:
        yield Finding("RX-06", "empty")
    if len(sheet.lines) > facts.profile["RX-06"]:
        yield Finding("RX-06", "too_many")


def has_a_diagnosis_of_the_record(sheet: Sheet, facts: Facts) -> Iterator[Finding]:
    """RX-08: a clinical diagnosis, the same as in the record once the record is signed."""
    if not sheet.diagnoses:
        yield Finding("RX-08", "no_diagnosis")
    if facts.noted is not None and not {d.code for d in sheet.diagnoses} <= facts.noted:
        yield Finding("RX-08", "not_in_the_record")


def lines_are_whole(written: Sequence[Written]) -> Iterator[Finding]:
    """RX-09: single dose, frequency, days and total present; as directed (遵医嘱) is no use."""
    for line, drug in ((each.line, each.drug) for each in written):
        if line.units <= 0 or line.days < 1 or line.packs < 1:
            yield Finding("RX-09", "incomplete", drug=drug.code)
        if VAGUE.search(line.advice):
            yield Finding("RX-09", "vague", drug=drug.code)


def supply_is_short_or_explained(
    sheet: Sheet, written: Sequence[Written], diagnoses: Sequence[Diagnosis], facts: Facts
) -> Iterator[Finding]:
    """RX-02, RX-03, RX-04, LRX-01: seven days, three in an emergency, longer only for some.

    Longer is for chronic disease and the elderly, with a reason; beyond four weeks more is needed
    than a prescription written here can carry (LRX-02).
    """
    numbers = facts.profile
    lasting = any(each.course is Course.CHRONIC for each in diagnoses)
    lasting = lasting or (facts.months is not None and facts.months >= ELDERLY)
    for line in (each.line for each in written):
        if sheet.kind is Kind.EMERGENCY:
            if line.days > numbers["RX-03"]:
                yield Finding("RX-03", "too_long", drug=line.drug)
        elif line.days > numbers["LRX-01"]:
            yield Finding("LRX-01", "too_long", drug=line.drug)
        elif line.days > numbers["RX-02"] and not lasting:
            yield Finding("RX-02", "too_long", drug=line.drug)
        elif line.days > numbers["RX-02"] and not is_reason(sheet.long_reason):
            yield Finding("RX-04", "unexplained", drug=line.drug)


def child_has_a_weight(facts: Facts) -> Iterator[Finding]:
    """RX-07: a child's dose rests on the weight."""
    if facts.months is not None and facts.months < CHILD and facts.weight is None:
        yield Finding("RX-07", "weight_unknown", severity=Severity.UNCHECKED, key="RX-07.weight")


def controlled_drugs_are_refused(written: Sequence[Written], facts: Facts) -> Iterator[Finding]:
    """CON-12: none online, for whatever role. RX-23, RX-24: some not here in person either.

    Nobody's training for narcotics is on file, so nobody has the right to prescribe them; a toxic
    drug never for more than two days (RX-20).
    """
    for line, drug in ((each.line, each.drug) for each in written):
        if drug.control is not Control.NONE and facts.way is Way.ONLINE:
            yield Finding("CON-12", "controlled", drug=drug.code)
        if drug.control in SPECIAL_PAPER:
            yield Finding("RX-24", "no_authority", drug=drug.code)
        if drug.control in SPECIAL_PAPER and facts.own_person:
            yield Finding("RX-23", "for_oneself", drug=drug.code)
        if drug.control is Control.TOXIC and line.days > facts.profile["RX-20"]:
            yield Finding("RX-20", "too_long", drug=drug.code)


def online_follows_up(sheet: Sheet, facts: Facts) -> Iterator[Finding]:
    """RX-29: online, only for the disease that is followed up."""
    if facts.way is not Way.ONLINE:
        return
    families = {code[:FAMILY] for code in facts.followed}
    if any(each.code[:FAMILY] not in families for each in sheet.diagnoses):
        yield Finding("RX-29", "other_disease")


def small_child_is_accompanied(facts: Facts) -> Iterator[Finding]:
    """CON-11: under six, with a guardian and a doctor of the specialty; age as of the signature."""
    if facts.way is not Way.ONLINE or facts.guarded:
        return
    if facts.months is None or facts.months < TODDLER:
        yield Finding("CON-11", "not_accompanied")


def antibacterial_fits_the_title(written: Sequence[Written], facts: Facts) -> Iterator[Finding]:
    """RX-30: graded antibacterials by the doctor's title. RX-31: the special grade never here."""
    for drug in (each.drug for each in written):
        if drug.antibacterial is Antibacterial.SPECIAL:
            yield Finding("RX-31", "special", drug=drug.code)
        elif not _may_give(facts.grade, drug.antibacterial):
            yield Finding("RX-30", "title", drug=drug.code)


def _may_give(grade: Grade, antibacterial: Antibacterial) -> bool:
    if antibacterial is Antibacterial.NONE or grade in SENIOR:
        return True
    return antibacterial in GRADES.get(grade, frozenset())


def skin_test_is_known(written: Sequence[Written]) -> Iterator[Finding]:
    """RX-33: a negative test or an exemption is recorded before anything is released."""
    for line, drug in ((each.line, each.drug) for each in written):
        if drug.skin_test and line.skin_test is SkinTest.NONE:
            yield Finding("RX-33", "no_result", drug=drug.code)


def the_doctor_may_prescribe(facts: Facts) -> Iterator[Finding]:
    """RX-25: an assistant's prescription has no force without a doctor's (处方管理办法 Art. 9)."""
    if not facts.full_right:
        yield Finding("RX-25", "assistant")


def a_pharmacist_is_on_duty(facts: Facts) -> Iterator[Finding]:
    """LIC-04: nobody there to review, nothing is sent."""
    if not facts.on_duty:
        yield Finding("LIC-04", "nobody_on_duty")
