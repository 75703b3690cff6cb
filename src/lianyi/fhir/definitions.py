"""What this server's own operations are, as OperationDefinitions that it serves itself.

Source: FHIR R4, http://hl7.org/fhir/R4/operationdefinition.html.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from lianyi.fhir import answers, reading
from lianyi.fhir.answers import Body
from lianyi.fhir.places import base_of

TYPE = "OperationDefinition"
SINCE = "2026-11-29"  # when what is told here last changed


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter that is given, with its type of FHIR; `target` is what a reference means."""

    name: str
    type: str
    target: str = ""
    least: int = 0


@dataclass(frozen=True, slots=True)
class Definition:
    """One operation of ours; its words are `fhir.operation.of.<type>.<code>`."""

    code: str
    resource: str
    answer: str
    takes: tuple[Parameter, ...] = ()
    of_instance: bool = False
    changes: bool = True

    @property
    def id(self) -> str:
        return f"{self.resource}-{self.code}"


P = Parameter
SCHEDULE = P("schedule", "Reference", "Schedule", 1)
START = P("start", "dateTime", least=1)
PATIENT = P("patient", "Reference", "Patient")
PLACES = (
    P("organization", "Reference", "Organization"),
    P("department", "Reference", "Organization"),
    P("practitioner", "Reference", "Practitioner"),
    P("start", "date"),
    P("end", "date"),
    P("count", "positiveInt"),
)
IT, OF = "Appointment", "OperationOutcome"
DEFINITIONS = (
    Definition("find", IT, "Bundle", PLACES, changes=False),
    Definition("hold", IT, IT, (SCHEDULE, START, PATIENT)),
    Definition("confirm", IT, IT, of_instance=True),
    Definition("cancel", IT, IT, (P("reason", "code"),), of_instance=True),
    Definition("reschedule", IT, IT, (SCHEDULE, START), of_instance=True),
    Definition("check-in", IT, IT, of_instance=True),
    Definition("wait", IT, OF, (SCHEDULE, PATIENT)),
    Definition("leave", IT, OF, (SCHEDULE, PATIENT)),
    Definition("own", IT, "Bundle", (PATIENT,), changes=False),
)


async def read(request: Request) -> Response:
    """Answer one of our own definitions to anybody signed in or not; else as any resource is read.

    :raises NoSuchResource:
    """
    found = known(request.path_params["id"])
    if found is None:
        request.path_params["type"] = TYPE
        return await answers.Answered(reading.read).answer(request)
    return answers.written(request, told(request, found))


def known(id: str) -> Definition | None:
    return {one.id: one for one in DEFINITIONS}.get(id)


def told(request: Request, one: Definition) -> Body:
    """Return an operation of ours in the reader's language."""
    out = {"name": "return", "use": "out", "min": 1, "max": "1", "type": one.answer}
    words = "".join(part.capitalize() for part in one.code.split("-"))
    return {
        "resourceType": TYPE,
        "id": one.id,
        "url": f"{base_of(request)}/{TYPE}/{one.id}",
        "name": f"{one.resource}{words}",
        "status": "active",
        "kind": "operation",
        "date": SINCE,
        "description": answers.said(request, f"fhir.operation.of.{one.id}"),
        "affectsState": one.changes,
        "code": one.code,
        "resource": [one.resource],
        "system": False,
        "type": not one.of_instance,
        "instance": one.of_instance,
        "parameter": [*(_taken(request, each) for each in one.takes), out],
    }


def _taken(request: Request, one: Parameter) -> Body:
    target = f"http://hl7.org/fhir/StructureDefinition/{one.target}"
    return {
        "name": one.name,
        "use": "in",
        "min": one.least,
        "max": "1",
        "documentation": answers.said(request, f"fhir.operation.takes.{one.name}"),
        "type": one.type,
        **({"targetProfile": [target]} if one.target else {}),
    }
