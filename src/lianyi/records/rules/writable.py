"""Who may write which type from outside, and where it is done instead. Pure; docs/fhir.md draws it.

What a domain of this network owns is changed by its verbs alone, whatever an app's scopes say:
a prescription has its check, its signature and its review, an appointment its slot. An
institution's own system of record is believed what is clinical, as its institution's, never as
this network's. A person's own app brings what a person can know, and nothing that a safety check
reads.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from lianyi.access.model import APP, DOCTOR, NURSE, RESIDENT, TECHNICIAN
from lianyi.kernel.actor import Role


class Writer(StrEnum):
    """Who writes, as far as this table goes."""

    SESSION = "session"  # somebody signed in, without an app
    PERSON = "person"  # a resident's app
    STAFF = "staff"  # an app of who treats
    SERVICE = "service"  # of a company, entrusted by an institution
    SOURCE = "source"  # the institution's own system of record
    NOBODY = "nobody"  # a hat that keeps no records


W = Writer
TREATING = frozenset({DOCTOR, NURSE, TECHNICIAN})
NONE: frozenset[Writer] = frozenset()
SOURCES = frozenset({W.SOURCE})
SERVICES = frozenset({W.SERVICE, W.SOURCE})
STAFF = frozenset({W.STAFF, W.SERVICE, W.SOURCE})
ALL = frozenset({W.PERSON, W.STAFF, W.SERVICE, W.SOURCE})


@dataclass(frozen=True, slots=True)
class Group:
    """Types that are written alike. `name` names the words for what is done instead."""

    name: str
    writers: frozenset[Writer]
    types: tuple[str, ...]


GROUPS = (
    Group("personal", ALL, ("DocumentReference", "Media", "Observation", "QuestionnaireResponse")),
    Group(
        "clinical",
        STAFF,
        (
            "AdverseEvent",
            "AllergyIntolerance",
            "Basic",
            "BodyStructure",
            "CarePlan",
            "CareTeam",
            "ClinicalImpression",
            "Communication",
            "CommunicationRequest",
            "Condition",
            "DetectedIssue",
            "Device",
            "DeviceRequest",
            "DeviceUseStatement",
            "DiagnosticReport",
            "DocumentManifest",
            "EpisodeOfCare",
            "FamilyMemberHistory",
            "Flag",
            "Goal",
            "GuidanceResponse",
            "ImagingStudy",
            "Immunization",
            "ImmunizationEvaluation",
            "ImmunizationRecommendation",
            "List",
            "MeasureReport",
            "MedicationAdministration",
            "MedicationStatement",
            "MolecularSequence",
            "NutritionOrder",
            "Procedure",
            "RequestGroup",
            "ResearchSubject",
            "RiskAssessment",
            "SupplyDelivery",
            "SupplyRequest",
            "VisionPrescription",
        ),
    ),
    Group("orders", SOURCES, ("ServiceRequest", "Specimen")),
    Group("prescribing", SOURCES, ("MedicationRequest",)),
    Group("pharmacy", SOURCES, ("MedicationDispense",)),
    Group("visits", SOURCES, ("Encounter",)),
    Group("notes", SOURCES, ("Composition",)),
    Group(
        "catalogue",
        SERVICES,
        (
            "ActivityDefinition",
            "BiologicallyDerivedProduct",
            "CatalogEntry",
            "ChargeItemDefinition",
            "DeviceDefinition",
            "DeviceMetric",
            "EffectEvidenceSynthesis",
            "Endpoint",
            "EventDefinition",
            "Evidence",
            "EvidenceVariable",
            "HealthcareService",
            "InsurancePlan",
            "Library",
            "Location",
            "Measure",
            "Medication",
            "MedicationKnowledge",
            "MedicinalProduct",
            "MedicinalProductAuthorization",
            "MedicinalProductContraindication",
            "MedicinalProductIndication",
            "MedicinalProductIngredient",
            "MedicinalProductInteraction",
            "MedicinalProductManufactured",
            "MedicinalProductPackaged",
            "MedicinalProductPharmaceutical",
            "MedicinalProductUndesirableEffect",
            "ObservationDefinition",
            "PlanDefinition",
            "Questionnaire",
            "ResearchDefinition",
            "ResearchElementDefinition",
            "ResearchStudy",
            "RiskEvidenceSynthesis",
            "SpecimenDefinition",
            "Substance",
            "SubstanceNucleicAcid",
            "SubstancePolymer",
            "SubstanceProtein",
            "SubstanceReferenceInformation",
            "SubstanceSourceMaterial",
            "SubstanceSpecification",
        ),
    ),
    Group("booking", NONE, ("Appointment", "AppointmentResponse", "Schedule", "Slot")),
    Group(
        "insurance",
        NONE,
        (
            "Claim",
            "ClaimResponse",
            "Coverage",
            "CoverageEligibilityRequest",
            "CoverageEligibilityResponse",
            "EnrollmentRequest",
            "EnrollmentResponse",
            "ExplanationOfBenefit",
        ),
    ),
    Group(
        "billing",
        NONE,
        ("Account", "ChargeItem", "Invoice", "PaymentNotice", "PaymentReconciliation"),
    ),
    Group("consents", NONE, ("Consent", "Contract")),
    Group("tasks", NONE, ("Task",)),
    Group(
        "people",
        NONE,
        (
            "Organization",
            "OrganizationAffiliation",
            "Patient",
            "Person",
            "Practitioner",
            "PractitionerRole",
            "RelatedPerson",
        ),
    ),
    Group("proofs", NONE, ("AuditEvent", "Provenance", "VerificationResult")),
    Group("cohorts", NONE, ("Group", "Linkage")),
    Group("subscriptions", ALL, ("Subscription",)),
    Group(
        "carriers", NONE, ("Binary", "Bundle", "MessageHeader", "OperationOutcome", "Parameters")
    ),
    Group(
        "definitions",
        NONE,
        (
            "CapabilityStatement",
            "CodeSystem",
            "CompartmentDefinition",
            "ConceptMap",
            "ExampleScenario",
            "GraphDefinition",
            "ImplementationGuide",
            "MessageDefinition",
            "NamingSystem",
            "OperationDefinition",
            "SearchParameter",
            "StructureDefinition",
            "StructureMap",
            "TerminologyCapabilities",
            "TestReport",
            "TestScript",
            "ValueSet",
        ),
    ),
)
IMPERSONAL = frozenset(next(group.types for group in GROUPS if group.name == "catalogue"))
# Of whom it may be silent. Without a person it is the institution's.
PERSON_OPTIONAL = IMPERSONAL | {"Device"}


def writer(role: Role, *, by_app: bool, is_source: bool) -> Writer:
    if not by_app:
        return W.SESSION
    if role == APP:
        return W.SOURCE if is_source else W.SERVICE
    if role == RESIDENT:
        return W.PERSON
    return W.STAFF if role in TREATING else W.NOBODY


def may_write(writer: Writer, type: str) -> bool:
    return writer in group_of(type).writers


def group_of(type: str) -> Group:
    return _groups()[type]


@cache
def _groups() -> dict[str, Group]:
    return {type: group for group in GROUPS for type in group.types}
