"""Every append-only log the worker seals (存证), with the columns that make up a row."""

from lianyi.kernel.seal import Log

MOVES = Log(
    "kernel.history",
    ("seq", "thing", "thing_id", "verb", "before", "after", "post_id", "at", "why"),
)

HATS = Log(
    "accounts.hat",
    ("seq", "digest", "at", "person_id", "post_id", "institution_id", "role", "for_person_id"),
)

READINGS = Log(
    "access.log",
    (
        "seq",
        "at",
        "post_id",
        "reader_id",
        "institution_id",
        "role",
        "person_ids",
        "purpose",
        "granted",
        "cause",
        "what",
        "request_id",
    ),
)

# By which app: these columns came later, and have chains of their own.
READING_APPS = Log("access.log", ("seq", "app_id"), "access.log by app")
VERSION_APPS = Log("records.version", ("seq", "app_id"), "records.version by app")

LEDGER = Log(
    "billing.entry",
    (
        "seq",
        "posting_id",
        "cause",
        "institution_id",
        "account",
        "drawer_id",
        "debit_fen",
        "credit_fen",
        "bill_id",
        "payment_id",
        "refund_id",
        "day",
        "at",
    ),
)

VERSIONS = Log(
    "records.version",
    ("seq", "type", "fhir_id", "version", "post_id", "at", "released", "classes", "body"),
)

DRAFTS = Log(
    "records.draft", ("seq", "visit_id", "person_id", "institution_id", "post_id", "at", "note")
)

RESULTS = Log(
    "orders.result",
    (
        "seq",
        "order_id",
        "round",
        "number",
        "observation",
        "label",
        "unit",
        "value",
        "words",
        "level",
        "low",
        "high",
        "version",
        "sources",
        "post_id",
        "at",
    ),
)

CALLS = Log(
    "orders.call",
    ("seq", "id", "order_id", "caller_id", "receiver_id", "at", "read_back", "agreed"),
)

RELEASES = Log("records.release", ("seq", "type", "fhir_id", "version", "post_id", "at"))

PRESCRIBED = Log(
    "prescribing.version", ("seq", "prescription_id", "number", "sheet", "post_id", "at")
)

SIGNED = Log(
    "prescribing.document",
    ("seq", "id", "prescription_id", "version", "digest", "text", "findings", "post_id", "at"),
)

REVIEWED = Log(
    "prescribing.review",
    (
        "seq",
        "id",
        "prescription_id",
        "document_id",
        "person_id",
        "post_id",
        "decision",
        "reason",
        "serious",
        "text",
        "digest",
        "at",
    ),
)

APPROVED = Log(
    "prescribing.approval",
    ("seq", "institution_id", "version", "post_id", "person_id", "note", "at"),
)

PROOFS = Log("signatures.proof", ("seq", "signature_id", "signature", "stamp", "stamped_at", "at"))

MESSAGES = Log(
    "consult.message",
    ("seq", "id", "visit_id", "at", "post_id", "author", "sealed", "files", "flags"),
)

TRAILS = Log(
    "supervision.trail",
    (
        "seq",
        "visit_id",
        "number",
        "institution_id",
        "log",
        "row",
        "thing",
        "verb",
        "before",
        "after",
        "by",
        "post_id",
        "at",
        "digest",
        "chain",
    ),
)

TRAIL_SEALS = Log("supervision.trail_seal", ("seq", "visit_id", "lines", "chain", "mac", "at"))

LOGS = (
    TRAILS,
    TRAIL_SEALS,
    MOVES,
    HATS,
    READINGS,
    READING_APPS,
    LEDGER,
    VERSIONS,
    VERSION_APPS,
    RELEASES,
    DRAFTS,
    RESULTS,
    CALLS,
    PRESCRIBED,
    SIGNED,
    REVIEWED,
    APPROVED,
    PROOFS,
    MESSAGES,
)
