"""The parts of FHIR R4 bodies that this room reads. Everything else in a body is left alone."""

from decimal import Decimal

import msgspec


class _Part(msgspec.Struct, rename="camel"):
    pass


class Coding(_Part):
    system: str = ""
    code: str = ""
    display: str = ""


class CodeableConcept(_Part):
    coding: list[Coding] = []
    text: str = ""

    @property
    def code(self) -> str:
        return self.coding[0].code if self.coding else ""


class Quantity(_Part):
    value: Decimal | None = None
    unit: str = ""
    code: str = ""


class Range(_Part):
    low: Quantity | None = None
    high: Quantity | None = None


class Attachment(_Part):
    url: str = ""
    title: str = ""


class Content(_Part):
    attachment: Attachment


class Manifestation(_Part):
    manifestation: list[CodeableConcept] = []


class Dosage(_Part):
    text: str = ""


class Period(_Part):
    start: str | None = None
    end: str | None = None


class Display(_Part):
    """A reference, of which only the words are shown here."""

    display: str = ""


class Component(_Part):
    code: CodeableConcept
    value_quantity: Quantity | None = None
    value_codeable_concept: CodeableConcept | None = None
    value_string: str = ""
    value_integer: int | None = None
    value_boolean: bool | None = None
    interpretation: list[CodeableConcept] = []
    reference_range: list[Range] = []


class Observation(Component):
    component: list[Component] = []


class Condition(_Part):
    code: CodeableConcept = msgspec.field(default_factory=CodeableConcept)
    clinical_status: CodeableConcept = msgspec.field(default_factory=CodeableConcept)
    verification_status: CodeableConcept = msgspec.field(default_factory=CodeableConcept)


class AllergyIntolerance(Condition):
    criticality: str = ""
    reaction: list[Manifestation] = []


class Supply(_Part):
    expected_supply_duration: Quantity | None = None


class Medication(_Part):
    """A MedicationRequest, -Dispense or -Statement: they name the dosage differently."""

    status: str = ""
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Display | None = None
    dosage_instruction: list[Dosage] = []
    dosage: list[Dosage] = []
    dispense_request: Supply | None = None


class Link(_Part):
    reference: str = ""


class Report(_Part):
    """A DiagnosticReport; what else there is has no results."""

    result: list[Link] = []


class Document(_Part):
    """A Composition or a DocumentReference."""

    status: str = ""
    title: str = ""
    description: str = ""
    type: CodeableConcept = msgspec.field(default_factory=CodeableConcept)
    content: list[Content] = []


class Encounter(_Part):
    status: str = ""
    class_: Coding = msgspec.field(name="class", default_factory=Coding)
    type: list[CodeableConcept] = []
    reason_code: list[CodeableConcept] = []
    period: Period = msgspec.field(default_factory=Period)


class Signature(_Part):
    data: str = ""


class Provenance(_Part):
    signature: list[Signature]


class Titled(_Part):
    """What a line of the timeline is called, whatever its type."""

    code: CodeableConcept | str | None = None
    vaccine_code: CodeableConcept | None = None
    medication_codeable_concept: CodeableConcept | None = None
    medication_reference: Display | None = None
    title: str = ""
    description: str | CodeableConcept = ""
    type: CodeableConcept | list[CodeableConcept] | str | None = None
    category: CodeableConcept | list[CodeableConcept | str] | None = None
    reason_code: list[CodeableConcept] = []
