"""Between FHIR R4 and this room's nouns: what a body is found by, and what it says. Pure."""
