"""Scopes in plain words: which kinds of data a person is asked for, to read or to write. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from lianyi.access.model.parts import ANY_TYPE
from lianyi.access.rules import scopes

GROUPS: Mapping[str, tuple[str, ...]] = {
    "everything": (ANY_TYPE,),
    "person": ("Patient", "Person", "RelatedPerson"),
    "results": ("Observation", "DiagnosticReport", "ImagingStudy", "Specimen", "Media"),
    "problems": ("Condition", "ClinicalImpression", "FamilyMemberHistory"),
    "allergies": ("AllergyIntolerance", "AdverseEvent"),
    "medicines": (
        "Medication",
        "MedicationRequest",
        "MedicationDispense",
        "MedicationStatement",
        "MedicationAdministration",
    ),
    "visits": ("Encounter", "EpisodeOfCare"),
    "booking": ("Appointment", "AppointmentResponse", "Schedule", "Slot"),
    "documents": ("Composition", "DocumentReference", "DocumentManifest", "Binary"),
    "treatment": ("Procedure", "ServiceRequest", "CarePlan", "CareTeam", "Goal", "DeviceRequest"),
    "vaccines": ("Immunization", "ImmunizationRecommendation"),
    "money": ("Invoice", "PaymentNotice", "Coverage", "Claim", "ClaimResponse", "Account"),
    "access": ("Consent", "AuditEvent", "Provenance"),
    "places": ("Organization", "Practitioner", "PractitionerRole", "Location", "HealthcareService"),
}
OTHER = "other"
READING, WRITING = frozenset("rs"), frozenset("cud")
_GROUP_OF = {type: group for group, types in GROUPS.items() for type in types}


@dataclass(frozen=True, slots=True)
class Told:
    """A kind of data. `partly`: only what answers a further condition of the scope."""

    group: str
    reads: bool
    writes: bool
    partly: bool


def told(listed: Iterable[str]) -> tuple[Told, ...]:
    """Return the kinds of data in the order of the groups; all kinds stand for every other."""
    found: dict[str, Told] = {}
    for scope in filter(None, map(scopes.read, listed)):
        group = group_of(scope.type)
        had = found.get(group, Told(group, reads=False, writes=False, partly=True))
        found[group] = Told(
            group,
            had.reads or bool(READING & set(scope.rights)),
            had.writes or bool(WRITING & set(scope.rights)),
            had.partly and bool(scope.query),
        )
    return tuple(found[group] for group in (*GROUPS, OTHER) if group in found)


def group_of(type: str) -> str:
    return _GROUP_OF.get(type, OTHER)


def is_lasting(listed: Iterable[str]) -> bool:
    """Tell whether an app goes on reading when nobody sits there."""
    return scopes.OFFLINE in listed
