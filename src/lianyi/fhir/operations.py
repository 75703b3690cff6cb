"""Every operation there is: what the standard calls it, where it is asked, and what answers.

The addresses and what the server tells of itself are both made from this.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from lianyi.fhir import (
    appointments,
    code_systems,
    concept_maps,
    documents,
    everything,
    lastn,
    marking,
    matching,
    subscriptions,
    validating,
    value_sets,
)
from lianyi.fhir.answers import Handler
from lianyi.fhir.deeds import Reader, doing
from lianyi.fhir.definitions import DEFINITIONS, TYPE
from lianyi.records.model import subscriptions as asked

DEFINED = "http://hl7.org/fhir/OperationDefinition"
BACKPORT = (
    "http://hl7.org/fhir/uv/subscriptions-backport/OperationDefinition/backport-subscription-"
)
ANY = "{type:str}"


@dataclass(frozen=True, slots=True)
class Operation:
    """`definition` is the id of an OperationDefinition, or an address; `types` empty: of any type.

    One with a `deed` changes something of a domain, and may stand in a transaction.
    """

    name: str
    definition: str
    handle: Handler
    types: tuple[str, ...] = ()
    of_type: bool = True
    of_instance: bool = True
    methods: tuple[str, ...] = ("GET", "POST")
    deed: Reader | None = None
    is_ours: bool = False

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
        """Return it as it is told; what is ours is defined below this server's own address."""
        if self.definition.startswith(BACKPORT):
            return {"name": self.name, "definition": self.definition}
        defined = TYPE if self.is_ours else DEFINED
        return {"name": self.name, "definition": f"{defined}/{self.definition}"}


def _of_type(*listed: tuple[str, str, Handler]) -> Iterator[Operation]:
    for type, name, handle in listed:
        yield Operation(name, f"{type}-{name}", handle, (type,), of_instance=False)


LOOKS = {"find": appointments.find, "own": appointments.own}
DEEDS: dict[str, Reader] = {
    "hold": appointments.hold,
    "confirm": appointments.confirm,
    "cancel": appointments.cancel,
    "reschedule": appointments.reschedule,
    "check-in": appointments.check_in,
    "wait": appointments.wait,
    "leave": appointments.leave,
}


def _ours() -> Iterator[Operation]:
    for one in DEFINITIONS:
        deed = DEEDS.get(one.code)
        yield Operation(
            one.code,
            one.id,
            doing(deed) if deed else LOOKS[one.code],
            (one.resource,),
            of_type=not one.of_instance,
            of_instance=one.of_instance,
            methods=("POST",) if deed else ("GET", "POST"),
            deed=deed,
            is_ours=True,
        )


OPERATIONS = (
    *_ours(),
    Operation("validate", "Resource-validate", validating.validate, methods=("POST",)),
    Operation("everything", "Patient-everything", everything.of_patient, ("Patient",)),
    Operation(
        "everything", "Encounter-everything", everything.of_encounter, ("Encounter",), of_type=False
    ),
    Operation("meta", "Resource-meta", marking.meta, of_type=False, methods=("GET",)),
    Operation("meta-add", "Resource-meta-add", marking.add, of_type=False, methods=("POST",)),
    Operation(
        "meta-delete", "Resource-meta-delete", marking.delete, of_type=False, methods=("POST",)
    ),
    Operation(
        "document", "Composition-document", documents.document, ("Composition",), of_type=False
    ),
    *(
        Operation(name, BACKPORT + name, handle, (asked.TYPE,), of_type=False)
        for name, handle in (
            ("status", subscriptions.status),
            ("get-ws-binding-token", subscriptions.binding),
        )
    ),
    *_of_type(
        ("Observation", "lastn", lastn.lastn),
        ("Patient", "match", matching.match),
        ("CodeSystem", "lookup", code_systems.lookup),
        ("CodeSystem", "subsumes", code_systems.subsumes),
        ("CodeSystem", "validate-code", code_systems.validate_code),
        ("ValueSet", "expand", value_sets.expand),
        ("ValueSet", "validate-code", value_sets.validate_code),
        ("ConceptMap", "translate", concept_maps.translate),
    ),
)


def of(type: str) -> list[dict[str, str]]:
    """Return the operations of a type, as a CapabilityStatement tells them."""
    return [one.told for one in OPERATIONS if not one.types or type in one.types]
