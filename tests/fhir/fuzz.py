"""Requests that nobody sane would send: sound ones, changed at random, from a seed."""

import copy
import json
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlencode

from lianyi.records.fhir.index import parameters

JUNK = [
    *(None, True, False, 0, -1, 2**31, 2**63, 10**400, 1e308, -0.0, "", " ", "\0", "\ud800", "𠮷"),
    *(
        "x" * 300,
        "#",
        "#x",
        "urn:uuid:",
        "Patient/",
        "Patient/\0",
        "Observation?",
        "http://[",
        "%00",
    ),
    *("2030-02-30", "9999-12-31T23:59:60Z", "0001", "2030-01-06T24:00:00+99:99", "\u202e", "<div"),
    *([], {}, [None], [[]], {"id": "x"}, {"extension": []}, {"resourceType": "Nothing"}),
    *(
        {"resourceType": None},
        {"reference": "#"},
        {"reference": 5},
        {"value": "x", "unit": 3},
        {"coding": [{"system": 1}]},
        [{"url": None}],
        {"": ""},
        {"__class__": "x"},
    ),
]
NAMES = ["id", "meta", "status", "contained", "extension", "_status", "resourceType", "entry", "\0"]
HEADERS = {
    "if-match": ['W/"1"', 'W/"999999999999"', "*", "\x7f", '"x"', ""],
    "if-none-match": ["*", 'W/"1"'],
    "if-none-exist": ["identifier=x|y", "%00", "_id=1&_id=2", "nothing=1", "code:x=1", "=", "&&"],
    "prefer": ["return=minimal", "return=OperationOutcome", "return=", "handling=lenient"],
    "idempotency-key": ["x", "y" * 201, "\x7f"],
    "content-type": [
        "application/json",
        "application/fhir+xml",
        "text/plain",
        "",
        "application/json; x",
    ],
    "accept": ["application/fhir+json", "application/xml", "*/*", ""],
    "accept-language": ["en", "zh", "xx", "\x7f"],
}
QUERIES = [
    *("", "_id=1", "code=x", "identifier=a|b", "patient=%00", "date=ge", "_has:x", "_format=xml"),
    *("_count=-1", "value-quantity=1e999999", "_lastUpdated=x", "subject:Patient.name=x", "a" * 50),
]
IDS = ["1", "x" * 64, "x" * 65, "%00", "%2E%2E", "$x", "_history", "%F0%9F%98%80", "a.b-c", " "]


OPERATIONS = [
    *("Patient/$everything", "Patient/{id}/$everything", "Encounter/{id}/$everything"),
    *("Observation/$lastn", "Patient/$match", "Composition/{id}/$document"),
    *("{type}/{id}/$meta-add", "{type}/{id}/$meta-delete", "{type}/{id}/$meta"),
    *("CodeSystem/$lookup", "CodeSystem/$subsumes", "CodeSystem/$validate-code"),
    *("ValueSet/$expand", "ValueSet/$validate-code", "ConceptMap/$translate"),
    *("Appointment/$find", "Appointment/$hold", "Appointment/$own", "Appointment/$wait"),
    *("Appointment/{id}/$confirm", "Appointment/{id}/$cancel", "Appointment/{id}/$reschedule"),
]
ASKED = {
    "_type": ["Observation", "Spell,,"],
    "_since": ["2030", "2030-01-06T24"],
    "_count": ["1", "٣", "-1", 10**30],
    "_page": ["x", "AAAA", "/"],
    "start": ["2030-01", "2030-01-09T08:00:00+08:00", "0001-01-01T00:00:00+14:00"],
    "schedule": ["{id}", "Schedule/{id}", "0190f6f0-0000-7000-8000-000000000000"],
    "department": ["{id}", "0190f6f0-0000-7000-8000-000000000000"],
    "purpose": ["TREAT"],
    "max": ["2", True],
    "patient": ["{id}", "Patient/{id}"],
    "url": ["http://hl7.org/fhir/ValueSet/administrative-gender", "urn:x|"],
    "system": ["http://hl7.org/fhir/administrative-gender", "http://hl7.org/fhir/sid/icd-10"],
    "code": ["male", "I10", ""],
    "filter": ["m", "\0"],
    "coding": [{"system": "http://loinc.org", "code": "8480-6"}, {"code": []}],
    "codeableConcept": [{"coding": [None]}, {"coding": {}}],
    "meta": [{"tag": [{"system": "x", "code": "y"}]}, {"profile": [5]}, {"tag": [{"code": {}}]}],
    "resource": [
        {"resourceType": "Patient", "name": [{"text": "王"}]},
        {
            "resourceType": "Patient",
            "name": [{"text": "王"}],
            "identifier": [{"system": "urn:lianyi:identity-number", "value": "110101199001011234"}],
        },
    ],
}
LOOKS = ["{type}/{id}", "{type}/{id}/_history", "{type}/{id}/_history/{n}", "{type}/_history"]
MODIFIERS = [
    "",
    "",
    "",
    "not",
    "missing",
    "text",
    "exact",
    "contains",
    "in",
    "below",
    "Patient",
    "x",
]
TERMS = [
    *("1", "true", "ge2030", "lt2030-01-06T24", "2030-01-06T09:30-25:00", "gt1e400", "5.4|x|mg"),
    *("a|b", "|", "||", "a\\", "\\,", "a$b", "$", "Patient/1", "http://x|1", "王", "\0", "'", "%"),
    *(",", "," * 300, "ne-0", "ap0", "sa0001", "eb9999-12-31", "x" * 3000),
]
ANSWERS = ["_sort", "_include", "_revinclude", "_summary", "_elements", "_total", "_count", "_page"]
CHANGES = ["add", "remove", "replace", "move", "copy", "test", "x"]


@dataclass
class Sent:
    """One request, as it is sent."""

    method: str
    path: str
    content: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Fuzz:
    """Makes requests out of sound bodies, the same ones from the same seed."""

    def __init__(self, seed, bodies):
        self.random, self.bodies = Random(seed), bodies

    def request(self):
        body = copy.deepcopy(self.random.choice(self.bodies))
        type = body["resourceType"]
        method, path = self.address(type, body.get("id", "1"))
        if self.random.random() < 0.2:
            return self.operation(type, str(body.get("id", "1")))
        if self.random.random() < 0.2:
            return self.look(type, str(body.get("id", "1")))
        if method == "PATCH" and self.random.random() < 0.9:
            return self.patch(path, body)
        if path == "":
            body = self.bundle()
        elif "$validate" in path and self.random.random() < 0.3:
            given = [
                {"name": "resource", "resource": body},
                {"name": "mode", "valueCode": "create"},
            ]
            body = {"resourceType": "Parameters", "parameter": given}
        for _ in range(self.random.choice([0, 0, 1, 1, 2, 4])):
            body = self.changed(body)
        return Sent(method, path, self.text(body), self.headers())

    def address(self, type, id):
        if self.random.random() < 0.15:
            id = self.random.choice(IDS)
        query = self.random.choice(QUERIES)
        asked = f"?{query}" if query else ""
        kinds = [
            *(("POST", type), ("POST", type), ("POST", type), ("POST", ""), ("POST", "")),
            *(("PUT", f"{type}/{id}"), ("PUT", f"{type}/{id}"), ("PUT", f"{type}{asked}")),
            *(("DELETE", f"{type}/{id}"), ("DELETE", f"{type}{asked}")),
            *(("POST", f"{type}/$validate"), ("POST", f"{type}/{id}/$validate{asked}")),
            *(("PATCH", f"{type}/{id}"), ("POST", f"{type}/_search{asked}")),
        ]
        return self.random.choice(kinds)

    def operation(self, type, id):
        path = self.random.choice(OPERATIONS).format(type=type, id=self.random.choice([id, "1"]))
        pairs = [(name, self.value(name, id)) for name in self.random.sample([*ASKED], 3)]
        if self.random.random() < 0.3:
            return Sent("GET", f"{path}?{urlencode(pairs, errors='replace')}")
        kinds = {"meta": "valueMeta", "resource": "resource"}
        given = [{"name": name, kinds.get(name, "valueString"): value} for name, value in pairs]
        body = {"resourceType": "Parameters", "parameter": given}
        if self.random.random() < 0.3:
            body = self.changed(copy.deepcopy(body))
        return Sent("POST", path, self.text(body), self.headers())

    def look(self, type, id):
        """Ask for what is there: by its address, or by what it might be found by."""
        pairs = [self.term(type, id) for _ in range(self.random.randrange(4))]
        place = self.random.choice([*LOOKS, *[type] * 4]).format(
            type=type, id=self.random.choice([id, *IDS]), n=self.random.choice(["1", "0", "x"])
        )
        return Sent("GET", f"{place}?{urlencode(pairs, errors='replace')}", b"", self.headers())

    def term(self, type, id):
        name = self.random.choice([*parameters()[type], *parameters()[type], *ANSWERS, "_x"])
        if modifier := self.random.choice(MODIFIERS):
            name = f"{name}:{modifier}"
        for _ in range(self.random.choice([0, 0, 0, 1, 2, 4])):
            name = self.random.choice([f"subject.{name}", f"_has:{type}:subject:{name}"])
        return name, self.random.choice([*TERMS, id, f"{type}:*", "-date,x"])

    def value(self, name, id):
        some = self.random.choice([JUNK, ASKED[name], ASKED[name], ASKED[name]])
        value = copy.deepcopy(self.random.choice(some))
        return value.replace("{id}", id) if isinstance(value, str) else value

    def patch(self, path, body):
        operations = []
        for _ in range(self.random.randrange(4)):
            names = self.random.sample([*body, *NAMES, "0", "-", "~1", "x/0"], 2)
            there = ["", f"/{names[0]}", f"/{names[0]}/{names[1]}", "x"]
            one = {"op": self.random.choice(CHANGES), "value": self.random.choice(JUNK)}
            one |= {end: self.random.choice(there) for end in ("path", "from")}
            operations.append(one)
        kind = {"content-type": "application/json-patch+json"}
        return Sent("PATCH", path, self.text(operations), {**self.headers(), **kind})

    def bundle(self):
        entries = []
        for _ in range(self.random.randrange(4)):
            body = copy.deepcopy(self.random.choice(self.bodies))
            method, path = self.address(body["resourceType"], body.get("id", "1"))
            method = self.random.choice([method, "GET", "HEAD", "NOTHING"])
            if self.random.random() < 0.3:
                sent = self.operation(body["resourceType"], str(body.get("id", "1")))
                method, path, body = sent.method, sent.path, self.parsed(sent.content)
            entries.append({"resource": body, "request": {"method": method, "url": path}})
        kind = self.random.choice(["transaction", "batch", "batch", "document", "x"])
        return {"resourceType": "Bundle", "type": kind, "entry": entries}

    def parsed(self, content):
        try:
            return json.loads(content)
        except (ValueError, RecursionError):  # torn, or nothing, or a well
            return None

    def changed(self, body):
        """Change one place of a body, however deep."""
        holder = body
        while True:
            places = list(holder) if isinstance(holder, dict) else range(len(holder))
            if not places:
                return body
            place = self.random.choice(list(places))
            inner = holder[place]
            if not isinstance(inner, dict | list) or not inner or self.random.random() < 0.3:
                break
            holder = inner
        match self.random.randrange(6):
            case 0:
                del holder[place]
            case 1:
                holder[place] = [copy.deepcopy(holder[place])]
            case 2 if isinstance(holder, dict):
                holder[self.random.choice(NAMES)] = copy.deepcopy(holder[place])
            case _:
                holder[place] = copy.deepcopy(self.random.choice(JUNK))
        return body

    def text(self, body):
        raw = json.dumps(body, ensure_ascii=self.random.random() < 0.5).encode(
            "utf-8", "surrogatepass"
        )
        match self.random.randrange(30):
            case 0:
                return raw[: self.random.randrange(len(raw) + 1)]
            case 1:
                at = self.random.randrange(len(raw))
                return raw[:at] + bytes([self.random.randrange(256)]) + raw[at + 1 :]
            case 2:
                return raw.replace(b'"', b'"id":"1","', 1)
            case 3 if self.random.random() < 0.2:
                return b'{"extension":[' * 600 + b"{}" + b"]}" * 600
        return raw

    def headers(self):
        sent = {"content-type": "application/fhir+json"}
        for name, values in HEADERS.items():
            if self.random.random() < 0.04:
                sent[name] = self.random.choice(values)
        return sent
