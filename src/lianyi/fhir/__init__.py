"""FHIR R4 over HTTP: what other software reads the shared record by."""
