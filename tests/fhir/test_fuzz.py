"""Whatever is sent, nothing is a bug: valid bodies, torn at random."""

import json
from random import Random

import pytest

from tests.fhir.test_writing import source
from tests.records import make

__all__ = ["source"]
ODD = [
    None, True, 0, -1, 1e308, 10**30, "", "\0", "\ud800", "a" * 3000, "0001", "2030-02-30",
    "urn:uuid:x", "Patient/", "Patient/..", "Observation?", "Observation?a=b", "#x", "http://a/b",
    [], {}, [None], {"reference": 5}, {"value": "x", "unit": 3}, {"coding": [{"system": 1}]},
]  # fmt: skip
NAMES = ["id", "meta", "contained", "extension", "_status", "text", "identifier", "subject", "x"]
HEADERS = {"content-type": "application/fhir+json"}
TIMES = 150


def spots(node, path=()):
    if path:
        yield path
    held = (
        node.items()
        if isinstance(node, dict)
        else enumerate(node)
        if isinstance(node, list)
        else ()
    )
    for step, inner in held:
        yield from spots(inner, (*path, step))


def torn(random, body):
    """Return a body with one to three places changed, left out or doubled."""
    body = json.loads(json.dumps(body))
    for _ in range(random.randint(1, 3)):
        *way, last = random.choice(list(spots(body)) or [("x",)])
        node = body
        for step in way:
            node = node[step]
        what = random.choice(["change", "leave", "add", "double"])
        if what == "leave" and last in ([*node] if isinstance(node, dict) else range(len(node))):
            del node[last]
        elif what == "add" and isinstance(node, dict):
            node[random.choice(NAMES)] = random.choice(ODD)
        elif what == "double" and isinstance(node, dict) and last in node:
            node[last] = [node[last]] * 2
        elif isinstance(node, dict) or last in range(len(node)):
            node[last] = random.choice(ODD)
    return body


def asked(random, bodies):
    """Return method, path and body of one request."""
    body = random.choice(bodies)
    type = body["resourceType"]
    broken = torn(random, body)
    id = random.choice([body["id"], f"n{random.randint(0, 5)}", "..x"])
    entry = {"resource": broken, "request": {"method": random.choice(["POST", "PUT"]), "url": type}}
    bundle = {"resourceType": "Bundle", "type": random.choice(["batch", "transaction"])}
    bundle |= {"entry": [entry, torn(random, entry)]}
    return random.choice(
        [
            ("POST", f"/{type}", broken),
            ("PUT", f"/{type}/{id}", {**broken, "id": id}),
            ("PUT", f"/{type}?identifier=a|b", broken),
            ("DELETE", f"/{type}/{id}", None),
            ("POST", "", torn(random, bundle)),
        ]
    )


@pytest.mark.parametrize("seed", range(3))
async def test_nothing_that_is_sent_is_a_bug(source, ward, seed):
    random = Random(seed)
    who = ward.person_id
    visit = make.encounter(who)
    bodies = [make.observation(who), make.condition(who), make.order(who), make.allergy(who), visit]
    for _ in range(TIMES):
        method, path, body = asked(random, bodies)
        content = json.dumps(body).encode() if body else None
        url = f"https://lianyi.test/fhir/R4{path}"
        answer = await source.http.request(method, url, content=content, headers=HEADERS)
        assert answer.status_code < 500, (method, path, body, answer.text)
        assert '"500 ' not in answer.text, (method, path, body, answer.text)
