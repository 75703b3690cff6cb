"""Every operation there is: what the standard calls it, where it is asked, and what answers.

The addresses and what the server tells of itself are both made from this.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lianyi.fhir import everything, lastn, validating
from lianyi.fhir.answers import Handler

DEFINED = "http://hl7.org/fhir/OperationDefinition"
ANY = "{type:str}"


@dataclass(frozen=True, slots=True)
class Operation:
    """`definition` is the id of HL7's OperationDefinition; `types` empty: of any type."""

    name: str
    definition: str
    handle: Handler
    types: tuple[str, ...] = ()
    of_type: bool = True
    of_instance: bool = True
    methods: tuple[str, ...] = ("GET", "POST")

    @property
    def paths(self) -> Iterator[str]:
        """Yield the addresses it is asked at, below the server's own."""
        for type in self.types or (ANY,):
            if self.of_type:
                yield f"{type}/${self.name}"
            if self.of_instance:
                yield f"{type}/{{id:str}}/${self.name}"

    @property
    def told(self) -> dict[str, str]:
        return {"name": self.name, "definition": f"{DEFINED}/{self.definition}"}


OPERATIONS = (
    Operation("validate", "Resource-validate", validating.validate, methods=("POST",)),
    Operation("everything", "Patient-everything", everything.of_patient, ("Patient",)),
    Operation(
        "everything", "Encounter-everything", everything.of_encounter, ("Encounter",), of_type=False
    ),
    Operation("lastn", "Observation-lastn", lastn.lastn, ("Observation",), of_instance=False),
)


def of(type: str) -> list[dict[str, str]]:
    """Return the operations of a type, as a CapabilityStatement tells them."""
    return [one.told for one in OPERATIONS if not one.types or type in one.types]
