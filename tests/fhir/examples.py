"""HL7's own examples of R4 that are refused, each with what is wrong with it.

All are slips of the examples: the specification itself forbids what they say. A change of this
list is a change of what the record accepts.
"""

SLIPS = {
    # A reference to a type that the element's StructureDefinition does not allow.
    "DeviceMetric-example": ("target", "DeviceMetric.parent.reference"),
    "DeviceUseStatement-example": ("target", "DeviceUseStatement.reasonReference[0].reference"),
    "MedicationRequest-medrx0301": (
        "target",
        "MedicationRequest.dispenseRequest.performer.reference",
    ),
    "Observation-clinical-gender": ("target", "Observation.performer[0].reference"),
    # A narrative without a word in it (txt-2).
    "ActivityDefinition-blood-tubes-supply": ("invariant", "ActivityDefinition.text.div"),
    "ActivityDefinition-heart-valve-replacement": ("invariant", "ActivityDefinition.text.div"),
    "EventDefinition-example": ("invariant", "EventDefinition.text.div"),
    "Questionnaire-zika-virus-exposure-assessment": ("invariant", "Questionnaire.text.div"),
    # A picture that is fetched from another server whenever somebody reads the narrative (txt-1).
    "Media-1.2.840.11361907579238403408700.3.1.04.19970327150033": ("invariant", "Media.text.div"),
    # Items without the linkId that each must have.
    "Questionnaire-qs1": ("required", "Questionnaire.item[0].item[0].linkId"),
}

# What is accepted, and yet is no resource of a record: a number that booking tells as it is now,
# and an app's own wish, whose secret is told to nobody. tests/fhir/test_slots.py and subscriptions
# read back what there is of these.
APART = frozenset({"Slot", "Subscription"})
