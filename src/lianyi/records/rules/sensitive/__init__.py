"""Which codes touch a sensitive class, and why. A stricter list than any one law asks for.

个人信息保护法 Art. 28 makes all health data sensitive; these classes are those whose disclosure
harms beyond the disease itself, so that each needs its own consent (PRI-01, IDN-11). Codes are
those of ICD-10, LOINC, SNOMED CT and HL7's sensitivity labels, each under every name of its system
that is in use. Genes are known by what a resource is too: they are no app's to read (GEN-06). What
neither sees, the writer says: `publish(classes=...)`, or a security label in the resource itself.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from lianyi.access.model import Sensitive
from lianyi.records.rules.sensitive.diagnoses import DIAGNOSES
from lianyi.records.rules.sensitive.findings import FINDINGS
from lianyi.records.rules.sensitive.observations import OBSERVATIONS

S = Sensitive
LABELS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"
# HL7 v3 ActCode, _ActInformationSensitivityPolicy.
LABELLED = {
    "HIV": {S.INFECTION},
    "STD": {S.INFECTION},
    "PSY": {S.PSYCHIATRY},
    "PSYTHPN": {S.PSYCHIATRY},
    "MH": {S.PSYCHIATRY},
    "BH": {S.PSYCHIATRY},
    "COGN": {S.PSYCHIATRY},
    "DVD": {S.PSYCHIATRY},
    "EMOTDIS": {S.PSYCHIATRY},
    "ETH": {S.PSYCHIATRY},
    "ETHUD": {S.PSYCHIATRY},
    "OPIOIDUD": {S.PSYCHIATRY},
    "SUD": {S.PSYCHIATRY},
    "SEX": {S.REPRODUCTION},
    "GENDER": {S.REPRODUCTION},
    "GDIS": {S.GENETICS},
    "SCA": {S.GENETICS},
    "SICKLE": {S.GENETICS},
    "SDV": {S.VIOLENCE},
    "MST": {S.VIOLENCE},
    "VIO": {S.VIOLENCE},
    "SPI": set(S),  # specially protected, and doesn't say why
}
SERVICES = frozenset({"CG", "GE"})  # cytogenetics and genetics, HL7 v2 table 0074
# Systems by the end of their names that all writings share: `urn:oid:` and web addresses.
LOINC = frozenset({"loinc.org", "2.16.840.1.113883.6.1"})
SNOMED = frozenset({"snomed.info/sct", "2.16.840.1.113883.6.96"})
ACT_CODES = frozenset(
    {"terminology.hl7.org/codesystem/v3-actcode", "hl7.org/fhir/v3/actcode"}
    | {"2.16.840.1.113883.5.4"}
)
V2_SERVICES = frozenset({"terminology.hl7.org/codesystem/v2-0074", "hl7.org/fhir/v2/0074"})
# ICD-10 and its editions as HL7 registers them (.6.90 of the USA, .6.135 of Australia), WS/T 500's
# tables of diagnoses and causes of death, and GB/T 14396.
ICD10_OIDS = (
    "2.16.840.1.113883.6.3",
    "2.16.840.1.113883.6.90",
    "2.16.840.1.113883.6.135",
    "2.16.156.10011.2.3.3.11",
)
ICD10 = re.compile(r"icd[-_. ]?10|icd/release/10|14396")
# What names genes: HGNC, HGVS, dbSNP, ClinVar, GTR, PharmVar, HLA, LRG (HL7 Genomics Reporting).
GENE_SYSTEMS = (
    *("www.genenames.org", "varnomen.hgvs.org", "www.ncbi.nlm.nih.gov/projects/snp"),
    *("www.ncbi.nlm.nih.gov/clinvar", "www.ncbi.nlm.nih.gov/gtr", "www.pharmvar.org"),
    *("www.ebi.ac.uk/ipd/imgt/hla", "glstring.org", "iscn.karger.com", "www.lrg-sequence.org"),
    *(f"2.16.840.1.113883.6.{n}" for n in (281, 282, 284)),
)
# What a resource about genes is, points to, or claims to be.
OF_GENES = (
    *('"molecularsequence', "/molecularsequence/", "/uv/genomics-reporting/"),
    *(
        f"/structuredefinition/{kind}"
        for kind in (
            *("observation-genetics", "diagnosticreport-genetics", "servicerequest-genetics"),
            *("family-member-history-genetics", "hlaresult", "hla-genotyping"),
        )
    ),
)
# Of systems whose codes are no list, or whose names are not always the same.
MARKS = ("icd", "14396", *ICD10_OIDS, *GENE_SYSTEMS)

CODED = re.compile(r'"(?:code|system)"\s*:\s*"([^"]*)"')
WORDS_OF_GENES = ("MolecularSequence", "genetics", "genomics-reporting", "hla")  # one of them is in
TELLING = SERVICES.union(LABELLED, *(codes for _, codes, _ in (*OBSERVATIONS, *FINDINGS)))


def may_touch(text: str) -> bool:
    """Tell whether a body may hold such a code: most don't, and a text is looked through sooner."""
    return "\\" in text or any(map(_tells, CODED.findall(text)))  # what is spelled in numbers


@lru_cache(maxsize=8192)
def _tells(code_or_system: str) -> bool:
    low = code_or_system.lower()
    return code_or_system.strip() in TELLING or any(mark in low for mark in MARKS)


def is_of_genes(text: str) -> bool:
    """Tell whether a body, written without escapes of what has none, is about somebody's genes."""
    if not any(word in text for word in WORDS_OF_GENES):
        return False
    low = text.lower()
    return any(mark in low for mark in OF_GENES)


def classes_of(codings: Iterable[tuple[str, str]]) -> frozenset[Sensitive]:
    """Return the classes that any of the codes (system, code) touches."""
    return frozenset(found for system, code in codings for found in _classes(system, code))


@lru_cache(maxsize=8192)
def _classes(system: str, code: str) -> frozenset[Sensitive]:
    return frozenset(_found(_plain(system), code.strip()))


def _found(system: str, code: str) -> Iterator[Sensitive]:
    if _is_icd10(system):
        plain = code.upper().replace(".", "")
        yield from (kind for kind, first, last, _ in DIAGNOSES if _between(plain, first, last))
    elif system in LOINC:
        yield from (kind for kind, codes, _ in OBSERVATIONS if code in codes)
    elif system in SNOMED or system.startswith("snomed.info/sct/"):  # an edition
        yield from (kind for kind, codes, _ in FINDINGS if code in codes)
    elif system in ACT_CODES:
        yield from LABELLED.get(code, ())
    elif system.startswith(GENE_SYSTEMS) or (system in V2_SERVICES and code in SERVICES):
        yield S.GENETICS


def _plain(system: str) -> str:
    """Return the name of a system without what some write and others don't."""
    name = re.sub(r"^(?:https?://|urn:oid:)", "", system.strip().lower())
    return name.partition("|")[0].rstrip("/")


def _is_icd10(system: str) -> bool:
    of_oid = any(system == oid or system.startswith(f"{oid}.") for oid in ICD10_OIDS)
    return of_oid or ICD10.search(system) is not None


def _between(code: str, first: str, last: str) -> bool:
    """Compare as ICD-10 does: B20.1 is in B20, and B20 as a whole is in B20 to B24.

    Some write the dot and others don't.
    """
    first, last = first.replace(".", ""), last.replace(".", "")
    return first <= code[: len(first)] and code[: len(last)] <= last
