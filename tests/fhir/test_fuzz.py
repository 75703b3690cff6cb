"""Whatever is sent to where things are written: never a bug's answer, every refusal an outcome.

`--fuzz N` sends N requests instead of the suite's few, `--seed N` other ones.
"""

import asyncio
import json

from tests.fhir.conftest import BASE
from tests.fhir.fuzz import Fuzz
from tests.fhir.test_examples import EXAMPLES, about, examples
from tests.fhir.test_writing import clinic, firm, own, service, source
from tests.records import make

__all__ = ["clinic", "firm", "own", "service", "source"]
AT_ONCE = 4
SMALL = 5_000  # bytes of an example that is sent
FEW = 40  # of the examples
MORE = 6  # times as often as one of them a resource is sent that apps write daily


async def test_no_request_meets_a_bug_and_every_refusal_is_an_outcome(
    pytestconfig, ward, doctors, clinic, own, service, source
):
    fuzz = Fuzz(pytestconfig.getoption("seed"), bodies(ward.person_id))
    senders = [clinic, own, service, source, doctors]
    requests = [
        (fuzz.random.choice(senders), fuzz.request()) for _ in range(pytestconfig.getoption("fuzz"))
    ]
    statuses = set()
    for at in range(0, len(requests), AT_ONCE):
        some = requests[at : at + AT_ONCE]
        answers = await asyncio.gather(*(send(*one) for one in some))
        for (_, sent), answer in zip(some, answers, strict=True):
            assert_answered(sent, answer)
            statuses.add(answer.status_code)
    assert {200, 201, 400, 404, 405, 415} <= statuses


async def send(sender, sent):
    address = f"{BASE}/{sent.path}".rstrip("/")
    return await sender.http.request(
        sent.method, address, content=sent.content, headers=sent.headers
    )


def assert_answered(sent, answer):
    assert answer.status_code < 500, (sent, answer.text)
    told = answer.json() if answer.content else {}
    for entry in told.get("entry", ()):
        assert not entry.get("response", {}).get("status", "").startswith("5"), (sent, entry)
    if answer.status_code < 400:
        return
    assert told["resourceType"] == "OperationOutcome", (sent, answer.text)
    assert all(one["diagnostics"] and one["severity"] for one in told["issue"]), sent
    assert told["issue"], sent


def bodies(person_id):
    kinds = (make.observation, make.condition, make.allergy, make.encounter, make.order)
    made = [kind(person_id) for kind in kinds] * MORE
    if EXAMPLES.exists():
        small = [text for _, text in examples() if len(text) < SMALL]
        step = len(small) // FEW
        some = [json.loads(about(text, person_id)) for text in small[::step]]
        made += [{**body, "id": f"torn-{body['id']}"[:64]} for body in some]
    return made
