"""For each invariant of R4 that is an error, the least body that breaks it.

They are not whole resources: an invariant is asked by itself, without the structure.
"""


def of(type, /, **members):
    """Return a resource of a type; a trailing `_` keeps a name from being a word of Python."""
    return {"resourceType": type, **{name.rstrip("_"): held for name, held in members.items()}}


def holding(kind, /, **members):
    """Return a resource that holds a value of a data type."""
    return of("Basic", extension=[{"url": "http://x", f"value{kind}": members}])


def item(**members):
    return of("Questionnaire", item=[{"linkId": "1", **members}])


def element(**members):
    return of("StructureDefinition", snapshot={"element": [{"path": "A", **members}]})


def kind(**members):
    return element(type=[members])


def act(part, what, /, **members):
    """Return a test script that does something in its setup, its test or its teardown."""
    action = {"action": [{what: members}]}
    return of("TestScript", **{part: [action] if part == "test" else action})


VER = "http://terminology.hl7.org/CodeSystem/condition-ver-status"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
WRONG = {"coding": [{"system": VER, "code": "entered-in-error"}]}
NO_ALLERGY = {"coding": [{"system": ALLERGY, "code": "entered-in-error"}]}
UCUM = "http://unitsofmeasure.org"
SOME, OTHER = {"text": "x"}, {"text": "y"}

BREAKERS = {
    "age-1": holding("Age", value=-1, code="a", system=UCUM),
    "ait-1": of("AllergyIntolerance", code=SOME),
    "ait-2": of("AllergyIntolerance", clinicalStatus=SOME, verificationStatus=NO_ALLERGY),
    "app-1": of("Appointment", participant=[{"status": "accepted"}]),
    "app-2": of("Appointment", status="booked", start="2030-01-06T09:00:00Z"),
    "app-3": of("Appointment", status="booked"),
    "app-4": of("Appointment", status="proposed", cancelationReason=SOME),
    "apr-1": of("AppointmentResponse", comment="x"),
    "att-1": holding("Attachment", data="eA=="),
    "bdl-1": of("Bundle", type="collection", total=1),
    "bdl-2": of("Bundle", type="collection", entry=[{"search": {"mode": "match"}}]),
    "bdl-3": of("Bundle", type="batch", entry=[{"fullUrl": "urn:uuid:1"}]),
    "bdl-4": of("Bundle", type="collection", entry=[{"response": {"status": "200"}}]),
    "bdl-5": of("Bundle", type="collection", entry=[{"fullUrl": "urn:uuid:1"}]),
    "bdl-7": of("Bundle", type="collection", entry=[{"fullUrl": "http://x/A/1"}] * 2),
    "bdl-8": of("Bundle", type="collection", entry=[{"fullUrl": "http://x/A/1/_history/2"}]),
    "bdl-9": of("Bundle", type="document"),
    "bdl-10": of("Bundle", type="document"),
    "bdl-11": of("Bundle", type="document", entry=[{"resource": of("Patient")}]),
    "bdl-12": of("Bundle", type="message", entry=[{"resource": of("Patient")}]),
    "ces-1": of("CoverageEligibilityResponse", insurance=[{"item": [{"name": "x"}]}]),
    "cmd-1": of("ConceptMap", group=[{"element": [{"target": [{"equivalence": "narrower"}]}]}]),
    "cmd-2": of("ConceptMap", group=[{"unmapped": {"mode": "fixed"}}]),
    "cmd-3": of("ConceptMap", group=[{"unmapped": {"mode": "other-map"}}]),
    "cmp-1": of("Composition", section=[{"title": "x"}]),
    "cmp-2": of("Composition", section=[{"emptyReason": SOME, "entry": [{"display": "x"}]}]),
    "cnt-3": holding("Count", value=1.5, code="1", system=UCUM),
    "con-1": of("Condition", stage=[{"type": SOME}]),
    "con-2": of("Condition", evidence=[{"id": "1", "extension": []}]),
    "con-4": of("Condition", abatementDateTime="2030"),
    "con-5": of("Condition", clinicalStatus=SOME, verificationStatus=WRONG),
    "cpb-1": of("CapabilityStatement", kind="capability"),
    "cpb-12": of(
        "CapabilityStatement",
        rest=[{"resource": [{"type": "A", "searchParam": [{"name": "x"}, {"name": "x"}]}]}],
    ),
    "cpb-14": of("CapabilityStatement", kind="instance"),
    "cpb-15": of("CapabilityStatement", kind="capability"),
    "cpb-16": of("CapabilityStatement", kind="requirements", software={"name": "x"}),
    "cpb-2": of("CapabilityStatement", kind="capability"),
    "cpb-3": of("CapabilityStatement", kind="capability", messaging=[{"endpoint": [{}]}]),
    "cpb-7": of("CapabilityStatement", document=[{"mode": "producer", "profile": "http://x"}] * 2),
    "cpb-9": of("CapabilityStatement", rest=[{"resource": [{"type": "A"}] * 2}]),
    "cpl-3": of("CarePlan", activity=[{"detail": {}, "reference": {"display": "x"}}]),
    "cpt-2": of("Patient", telecom=[{"value": "1"}]),
    "csd-1": of("CodeSystem", concept=[{"code": "a", "concept": [{"code": "a"}]}]),
    "ctm-1": of(
        "CareTeam",
        participant=[{"member": {"reference": "Patient/1"}, "onBehalfOf": {"display": "x"}}],
    ),
    "dis-1": holding("Distance", value=1),
    "dom-2": of("Basic", contained=[of("Basic", id="1", contained=[of("Patient")])]),
    "dom-3": of("Basic", contained=[of("Patient", id="1")]),
    "dom-4": of("Basic", contained=[of("Patient", meta={"versionId": "1"})]),
    "dom-5": of("Basic", contained=[of("Patient", meta={"security": [{"code": "R"}]})]),
    "drq-1": holding("DataRequirement", codeFilter=[{"valueSet": "http://x"}]),
    "drq-2": holding("DataRequirement", dateFilter=[{"valuePeriod": {}}]),
    "drt-1": holding("Duration", code="a", value=1),
    "eld-1": element(slicing={"rules": "open"}),
    "eld-2": element(min=2, max="1"),
    "eld-3": element(max="x"),
    "eld-4": kind(code="string", aggregation=["contained"]),
    "eld-5": element(contentReference="#A", fixedString="x"),
    "eld-6": element(fixedString="x", type=[{"code": "string"}, {"code": "uri"}]),
    "eld-7": element(patternString="x", type=[{"code": "string"}, {"code": "uri"}]),
    "eld-8": element(patternString="x", fixedString="x"),
    "eld-12": element(binding={"strength": "required", "valueSet": "ftp://x"}),
    "eld-13": element(type=[{"code": "string"}] * 2),
    "eld-14": element(constraint=[{"key": "a"}] * 2),
    "eld-15": element(defaultValueString="x", meaningWhenMissing="x"),
    "eld-16": element(sliceName="a b"),
    "eld-17": kind(code="string", targetProfile=["http://x"]),
    "eld-18": element(isModifier=True),
    "eld-19": element(path="a b"),
    "eld-22": element(sliceIsConstraining=True),
    "ele-1": of("Basic", code={"id": "1"}),
    "evv-1": of(
        "EvidenceVariable", characteristic=[{"definitionReference": {}, "definitionCanonical": "x"}]
    ),
    "exp-1": holding("Expression", language="text/cql"),
    "ext-1": of("Basic", extension=[{"url": "http://x"}]),
    "fhs-1": of("FamilyMemberHistory", ageString="x", bornString="y"),
    "fhs-2": of("FamilyMemberHistory", estimatedAge=True),
    "gol-1": of("Goal", target=[{"detailString": "x"}]),
    "grp-1": of("Group", actual=False, member=[{}]),
    "ig-1": of(
        "ImplementationGuide",
        definition={"grouping": [{"id": "a"}], "resource": [{"groupingId": "b"}]},
    ),
    "ig-2": of(
        "ImplementationGuide",
        fhirVersion=["4.0.1"],
        definition={"resource": [{"fhirVersion": ["4.0.0"]}]},
    ),
    "imm-1": of("Immunization", education=[{"publicationDate": "2030"}]),
    "imr-1": of("ImmunizationRecommendation", recommendation=[{"series": "x"}]),
    "inv-1": of("Parameters", parameter=[{"name": "x", "valueString": "a", "part": [{}]}]),
    "inv-1.2": of("Task", authoredOn="2030-01-02", lastModified="2030-01-01"),
    "inv-1.3": of("TestReport", setup={"action": [{}]}),
    "inv-2": of("TestReport", test=[{"action": [{}]}]),
    "ipn-1": of("InsurancePlan", status="active"),
    "lnk-1": of("Linkage", item=[{"type": "source"}]),
    "lst-1": of("List", emptyReason=SOME, entry=[{}]),
    "lst-2": of("List", mode="working", entry=[{"deleted": True}]),
    "lst-3": of("List", mode="snapshot", entry=[{"date": "2030"}]),
    "mad-1": of("MedicationAdministration", dosage={"text": "x"}),
    "md-1": of("MessageDefinition", focus=[{"max": "0"}]),
    "mdd-1": of("MedicationDispense", whenPrepared="2030-01-02", whenHandedOver="2030-01-01"),
    "mea-1": of("Measure", group=[{"stratifier": [{"description": "x", "component": [{}]}]}]),
    "mrp-1": of("MeasureReport", type="data-collection", group=[{}]),
    "mrp-2": of("MeasureReport", group=[{"stratifier": [{"stratum": [{"id": "1"}]}]}]),
    "msq-3": of("MolecularSequence", coordinateSystem=2),
    "msq-5": of("MolecularSequence", referenceSeq={"chromosome": SOME}),
    "msq-6": of("MolecularSequence", referenceSeq={"windowStart": 1}),
    "nsd-1": of("NamingSystem", kind="root", uniqueId=[{"type": "uuid"}]),
    "nsd-2": of("NamingSystem", uniqueId=[{"type": "oid", "preferred": True}] * 2),
    "obs-3": of("Observation", referenceRange=[{"age": {}}]),
    "obs-6": of("Observation", dataAbsentReason=SOME, valueString="x"),
    "obs-7": of(
        "Observation",
        code={"coding": [{"system": "http://x", "code": "1"}]},
        valueString="x",
        component=[{"code": {"coding": [{"system": "http://x", "code": "1"}]}}],
    ),
    "opd-1": of("OperationDefinition", parameter=[{"name": "x"}]),
    "opd-2": of("OperationDefinition", parameter=[{"type": "code", "searchType": "token"}]),
    "opd-3": of("OperationDefinition", parameter=[{"type": "code", "targetProfile": ["http://x"]}]),
    "org-1": of("Organization", active=True),
    "org-2": of("Organization", address=[{"use": "home"}]),
    "org-3": of("Organization", telecom=[{"use": "home"}]),
    "pat-1": of("Patient", contact=[{"gender": "female"}]),
    "per-1": holding("Period", start="2030-01-02", end="2030-01-01"),
    "ppc-1": of("Consent", status="active"),
    **{
        f"ppc-{n}": of("Consent", scope={"coding": [{"system": "something", "code": code}]})
        for n, code in ((2, "patient-privacy"), (3, "research"), (4, "adr"), (5, "treatment"))
    },
    "prr-1": of("ServiceRequest", orderDetail=[SOME]),
    "qrs-1": of("QuestionnaireResponse", item=[{"answer": [{}], "item": [{}]}]),
    "qty-3": holding("Quantity", code="a"),
    "que-1": item(type="group"),
    "que-2": of("Questionnaire", item=[{"linkId": "1"}, {"linkId": "1"}]),
    "que-3": item(type="display", code=[{}]),
    "que-4": item(answerOption=[{}], answerValueSet="http://x"),
    "que-5": item(type="boolean", answerOption=[{}]),
    "que-6": item(type="display", required=True),
    "que-7": item(enableWhen=[{"operator": "exists", "answerString": "x"}]),
    "que-8": item(type="group", initial=[{}]),
    "que-9": item(type="display", readOnly=True),
    "que-10": item(type="date", maxLength=1),
    "que-11": item(answerOption=[{}], initial=[{}]),
    "que-12": item(enableWhen=[{}, {}, {}]),
    "que-13": item(initial=[{}, {}]),
    "ras-1": of("RiskAssessment", prediction=[{"probabilityRange": {"low": {"code": "kg"}}}]),
    "ras-2": of("RiskAssessment", prediction=[{"probabilityDecimal": 101}]),
    "rat-1": holding("Ratio", numerator={"value": 1}),
    "ref-1": of("Basic", subject={"reference": "#1"}),
    "rng-2": holding("Range", low={"value": 2}, high={"value": 1}),
    "rqg-1": of("RequestGroup", action=[{"title": "x"}]),
    "sdf-1": of(
        "StructureDefinition",
        derivation="specialization",
        snapshot={"element": [{"path": "A"}, {"path": "A"}]},
    ),
    "sdf-2": of("StructureDefinition", mapping=[{"identity": "x"}]),
    "sdf-3": element(min=0),
    "sdf-4": of("StructureDefinition", abstract=False),
    "sdf-5": of("StructureDefinition", type="Extension", derivation="constraint"),
    "sdf-6": of("StructureDefinition", kind="resource"),
    "sdf-8": of(
        "StructureDefinition", type="A", kind="resource", snapshot={"element": [{"path": "B"}]}
    ),
    "sdf-8a": of(
        "StructureDefinition", type="A", kind="resource", differential={"element": [{"path": "B"}]}
    ),
    "sdf-8b": element(min=0),
    "sdf-9": element(label="x"),
    "sdf-10": element(binding={"strength": "required"}),
    "sdf-11": of(
        "StructureDefinition", type="A", kind="resource", snapshot={"element": [{"path": "B"}]}
    ),
    "sdf-14": element(min=0),
    "sdf-15": of(
        "StructureDefinition", kind="resource", snapshot={"element": [{"type": [{"code": "A"}]}]}
    ),
    "sdf-15a": of(
        "StructureDefinition",
        kind="resource",
        differential={"element": [{"path": "A", "type": [{"code": "A"}]}]},
    ),
    "sdf-16": of("StructureDefinition", snapshot={"element": [{"id": "a"}, {"id": "a"}]}),
    "sdf-17": of("StructureDefinition", differential={"element": [{"id": "a"}, {"id": "a"}]}),
    "sdf-18": of("StructureDefinition", type="A", contextInvariant=["x"]),
    "sdf-19": of(
        "StructureDefinition",
        url="http://hl7.org/fhir/StructureDefinition/A",
        snapshot={"element": [{"path": "A", "type": [{"code": "a b"}]}]},
    ),
    "sdf-20": of("StructureDefinition", differential={"element": [{"path": "A", "slicing": {}}]}),
    "sdf-21": of(
        "StructureDefinition",
        derivation="constraint",
        differential={"element": [{"path": "A", "defaultValueString": "x"}]},
    ),
    "sdf-22": of(
        "StructureDefinition",
        url="http://hl7.org/fhir/StructureDefinition/A",
        snapshot={"element": [{"path": "A", "defaultValueString": "x"}]},
    ),
    "sdf-23": element(sliceName="x"),
    "sev-1": of("AuditEvent", entity=[{"name": "x", "query": "eA=="}]),
    "smp-1": of(
        "StructureMap", group=[{"rule": [{"target": [{"element": "x", "contextType": "type"}]}]}]
    ),
    "smp-2": of("StructureMap", group=[{"rule": [{"target": [{"context": "x"}]}]}]),
    "spd-1": of("SearchParameter", xpath="x"),
    "spd-2": of("SearchParameter", type="token", chain=["x"]),
    "sqty-1": of("Observation", referenceRange=[{"low": {"comparator": "<"}}]),
    "tcp-1": of("TerminologyCapabilities", codeSystem=[{"version": [{}, {}]}]),
    "tcp-2": of("TerminologyCapabilities", kind="capability"),
    "tcp-3": of("TerminologyCapabilities", kind="instance"),
    "tcp-4": of("TerminologyCapabilities", kind="capability"),
    "tcp-5": of("TerminologyCapabilities", kind="requirements", software={"name": "x"}),
    "tim-1": holding("Timing", repeat={"duration": 1}),
    "tim-2": holding("Timing", repeat={"period": 1}),
    "tim-4": holding("Timing", repeat={"duration": -1, "durationUnit": "d"}),
    "tim-5": holding("Timing", repeat={"period": -1, "periodUnit": "d"}),
    "tim-6": holding("Timing", repeat={"periodMax": 1}),
    "tim-7": holding("Timing", repeat={"durationMax": 1}),
    "tim-8": holding("Timing", repeat={"countMax": 1}),
    "tim-9": holding("Timing", repeat={"offset": 1, "when": ["CM"]}),
    "tim-10": holding("Timing", repeat={"timeOfDay": ["09:00:00"], "when": ["CM"]}),
    "trd-1": holding("TriggerDefinition", data=[{}], timingDate="2030"),
    "trd-2": holding("TriggerDefinition", condition={"language": "x"}),
    "trd-3": holding("TriggerDefinition", type="named-event"),
    "tst-1": act("setup", "nothing"),
    "tst-2": act("test", "nothing"),
    "tst-3": of("TestScript", variable=[{"expression": "x", "headerField": "x", "path": "x"}]),
    "tst-4": of("TestScript", metadata={"capability": [{"capabilities": "http://x"}]}),
    "tst-5": act("setup", "assert", contentType="x", path="x"),
    "tst-6": act("test", "assert", contentType="x", path="x"),
    "tst-7": act("setup", "operation", type={"code": "read"}),
    "tst-8": act("test", "operation", type={"code": "read"}),
    "tst-9": act("teardown", "operation", type={"code": "read"}),
    "tst-10": act("setup", "assert", compareToSourceId="x"),
    "tst-11": act("test", "assert", compareToSourceId="x"),
    "tst-12": act("setup", "assert", direction="request", responseCode="200"),
    "tst-13": act("test", "assert", direction="request", responseCode="200"),
    "txt-1": of("Basic", text={"div": "<p>x</p>"}),
    "txt-2": of("Basic", text={"div": '<div xmlns="http://www.w3.org/1999/xhtml"> </div>'}),
    "vsd-1": of("ValueSet", compose={"include": [{"version": "1"}]}),
    "vsd-2": of("ValueSet", compose={"include": [{"concept": [{}], "valueSet": ["http://x"]}]}),
    "vsd-3": of(
        "ValueSet", compose={"include": [{"system": "http://x", "concept": [{}], "filter": [{}]}]}
    ),
    "vsd-6": of("ValueSet", expansion={"contains": [{"abstract": True}]}),
    "vsd-9": of("ValueSet", expansion={"contains": [{"display": "x"}]}),
    "vsd-10": of("ValueSet", expansion={"contains": [{"code": "x"}]}),
}

# `select(…).exists()` is true of any type that has a code; no element of R4 is a MoneyQuantity.
UNBREAKABLE = {"eld-11", "mqty-1"}
