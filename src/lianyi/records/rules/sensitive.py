"""Which codes touch a sensitive class, and why. A stricter list than any one law asks for.

个人信息保护法 Art. 28 makes all health data sensitive; these classes are those whose disclosure
harms beyond the disease itself, so that each needs its own consent (PRI-01, IDN-11). Codes are
those of ICD-10 (WHO, 2019 edition), LOINC, SNOMED CT and HL7's sensitivity labels. What a code list
can't see, the writer says: `publish(classes=...)`, or a security label in the resource itself.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from lianyi.access.model import Sensitive

S = Sensitive
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
LABELS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"

# From and to (both in it), by ICD-10 category, or by subcategory where only a part is meant.
DIAGNOSES: tuple[tuple[Sensitive, str, str, str], ...] = (
    (S.INFECTION, "B20", "B24", "human immunodeficiency virus disease"),
    (S.INFECTION, "Z21", "Z21", "carries HIV without symptoms"),
    (S.INFECTION, "F02.4", "F02.4", "dementia in HIV disease"),
    (S.INFECTION, "O98.7", "O98.7", "HIV in pregnancy"),
    (S.INFECTION, "R75", "R75", "laboratory evidence of HIV"),
    (S.INFECTION, "Z11.3", "Z11.4", "screened for sexually transmitted disease or HIV"),
    (S.INFECTION, "Z20.2", "Z20.2", "exposed to sexually transmitted disease"),
    (S.INFECTION, "Z20.6", "Z20.6", "exposed to HIV"),
    (S.INFECTION, "Z71.7", "Z71.7", "HIV counselling"),
    (S.INFECTION, "A50", "A64", "infections chiefly transmitted sexually"),
    (S.INFECTION, "O98.1", "O98.3", "syphilis, gonorrhoea and the like in pregnancy"),
    (S.PSYCHIATRY, "F00", "F99", "mental and behavioural disorders, 精神卫生法 Art. 23"),
    (S.PSYCHIATRY, "X60", "X84", "intentional self-harm"),
    (S.PSYCHIATRY, "Z91.5", "Z91.5", "a history of self-harm"),
    (S.PSYCHIATRY, "R45", "R45", "emotional state, suicidal ideation among it"),
    (S.REPRODUCTION, "O00", "O08", "pregnancy with abortive outcome"),
    (S.REPRODUCTION, "N46", "N46", "male infertility"),
    (S.REPRODUCTION, "N96", "N97", "habitual abortion, female infertility"),
    (S.REPRODUCTION, "Z30", "Z32", "contraception, assisted procreation, pregnancy test"),
    (S.REPRODUCTION, "Z64.0", "Z64.0", "unwanted pregnancy"),
    (S.GENETICS, "Q90", "Q99", "chromosomal abnormalities"),
    (S.GENETICS, "Z31.5", "Z31.5", "genetic counselling"),
    (S.VIOLENCE, "T74", "T74", "maltreatment syndromes"),
    (S.VIOLENCE, "X85", "Y09", "assault, neglect and maltreatment by others"),
    (S.VIOLENCE, "Z61.4", "Z61.6", "abuse of a child"),
    (S.VIOLENCE, "Z63.0", "Z63.0", "trouble with a partner, the usual code of domestic violence"),
)
OBSERVATIONS: tuple[tuple[Sensitive, frozenset[str], str], ...] = (
    (
        S.INFECTION,
        frozenset({"7917-8", "29893-5", "68961-2", "31201-7", "56888-1", "75622-1"}),
        "HIV antibodies and antigen",
    ),
    (S.INFECTION, frozenset({"20447-9", "25836-8"}), "HIV RNA, viral load"),
    (S.INFECTION, frozenset({"24467-3"}), "CD4 cells, counted to follow HIV"),
    (S.INFECTION, frozenset({"20507-0", "5292-8", "22587-0", "24110-9"}), "syphilis serology"),
    (S.INFECTION, frozenset({"21613-7", "24111-7"}), "chlamydia and gonorrhoea DNA"),
    (S.PSYCHIATRY, frozenset({"44249-1", "44261-6"}), "PHQ-9, depression"),
    (S.PSYCHIATRY, frozenset({"69737-5", "70274-6"}), "GAD-7, anxiety"),
    (S.REPRODUCTION, frozenset({"2106-3", "2118-8"}), "pregnancy test"),
    (S.GENETICS, frozenset({"51969-4", "81247-9", "55233-1"}), "genetic report or panel"),
    (S.GENETICS, frozenset({"48018-6", "69548-6", "53037-8"}), "gene studied, variant, meaning"),
    (S.GENETICS, frozenset({"48004-6", "48005-3", "81290-9"}), "change of DNA or protein"),
    (
        S.VIOLENCE,
        frozenset({"76499-3", "76500-8", "76501-6", "76502-4", "76503-2", "76504-0"}),
        "HARK, questions about violence by a partner",
    ),
)
FINDINGS: tuple[tuple[Sensitive, frozenset[str], str], ...] = (
    (S.INFECTION, frozenset({"86406008", "62479008"}), "HIV infection, AIDS"),
    (S.PSYCHIATRY, frozenset({"35489007", "370143000", "36923009"}), "depression"),
    (
        S.PSYCHIATRY,
        frozenset({"58214004", "13746004", "197480006"}),
        "schizophrenia, bipolar, anxiety",
    ),
    (S.REPRODUCTION, frozenset({"72892002", "19169002", "35999006"}), "pregnancy and its loss"),
    (S.REPRODUCTION, frozenset({"22523008", "46706006", "169553002"}), "vasectomy, contraceptives"),
)
# HL7 v3 ActCode, _ActInformationSensitivityPolicy.
LABELLED = {
    "HIV": S.INFECTION,
    "STD": S.INFECTION,
    "PSY": S.PSYCHIATRY,
    "PSYTHPN": S.PSYCHIATRY,
    "MH": S.PSYCHIATRY,
    "BH": S.PSYCHIATRY,
    "ETH": S.PSYCHIATRY,
    "ETHUD": S.PSYCHIATRY,
    "OPIOIDUD": S.PSYCHIATRY,
    "SUD": S.PSYCHIATRY,
    "SEX": S.REPRODUCTION,
    "GDIS": S.GENETICS,
    "SDV": S.VIOLENCE,
    "VIO": S.VIOLENCE,
}


CODE = re.compile(r'"code"\s*:\s*"([^"]*)"')
TELLING = frozenset(LABELLED).union(*(codes for _, codes, _ in (*OBSERVATIONS, *FINDINGS)))


def may_touch(text: str) -> bool:
    """Tell whether a body may hold such a code: most don't, and a text is looked through sooner."""
    if "\\" in text or "icd" in text.lower():  # what is spelled in numbers; and a range of codes
        return True
    return not TELLING.isdisjoint(CODE.findall(text))


def classes_of(codings: Iterable[tuple[str, str]]) -> frozenset[Sensitive]:
    """Return the classes that any of the codes (system, code) touches."""
    return frozenset(found for system, code in codings for found in _classes(system, code))


@lru_cache(maxsize=8192)
def _classes(system: str, code: str) -> frozenset[Sensitive]:
    return frozenset(_found(system, code))


def _found(system: str, code: str) -> Iterator[Sensitive]:
    if "icd-10" in system.lower() or "icd10" in system.lower():
        plain = code.upper().strip()
        yield from (kind for kind, first, last, _ in DIAGNOSES if _between(plain, first, last))
    elif system == LOINC:
        yield from (kind for kind, codes, _ in OBSERVATIONS if code in codes)
    elif system == SNOMED:
        yield from (kind for kind, codes, _ in FINDINGS if code in codes)
    elif system == LABELS and code in LABELLED:
        yield LABELLED[code]


def _between(code: str, first: str, last: str) -> bool:
    """Compare as ICD-10 does: B20.1 is in B20, and B20 as a whole is in B20 to B24."""
    return first <= code[: len(first)] and code[: len(last)] <= last
