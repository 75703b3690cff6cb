"""An installation may bring a PostgreSQL as old as 15: no statement speaks what came later.

The suite's own server is newer and would take it. The words are those of the release notes of 16,
17 and 18; what is parsed as before but means more (a cast, a subquery without a name) is not here.
"""

import ast
import re

import pytest

from tests.laws.test_laws import FILES, SRC, tree

FUNCTIONS = """any_value array_reverse array_sample array_shuffle array_sort casefold crc32 crc32c
date_add date_subtract erf erfc gamma json_array json_arrayagg json_exists json_object
json_objectagg json_query json_scalar json_serialize json_table json_value lgamma merge_action
pg_input_error_info pg_input_is_valid random_normal to_bin to_oct to_regtypemod
unicode_assigned unicode_version uuid_extract_timestamp uuid_extract_version uuidv4 uuidv7
xmltext"""
NEWER = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"\b({'|'.join(FUNCTIONS.split())})\s*\(",
        r"\brandom\s*\(\s*[^)\s]",
        r"\bRETURNING\s+WITH\b",
        r"\bMERGE\s+INTO\b[^;]*\b(RETURNING|NOT\s+MATCHED\s+BY)\b",
        r"\bIS\s+(NOT\s+)?JSON\b",
        r"\bAT\s+LOCAL\b",
        r"\bsystem_user\b",
        r"\bWITHOUT\s+OVERLAPS\b|\bPERIOD\s+\w+\s*\)",
        r"\bNOT\s+ENFORCED\b",
        r"\)\s*VIRTUAL\b",
        r"\bON_ERROR\b|\bLOG_VERBOSITY\b",
        r"\bpg_stat_(io|checkpointer)\b|\bpg_wait_events\b|\bpg_aios\b",
        r"\btransaction_timeout\b",
        r"(?<=[\s(=,])(0[xob][0-9a-f]+|\d+_[\d_]+)\b",
    )
)
# The row before and after, unless a part of the statement itself is called so.
BEFORE = re.compile(r"\bRETURNING\b[^;]*\b(old|new)\.", re.IGNORECASE)
CALLED = re.compile(r"\b(old|new)\s+AS\s*\(|\bFROM\s+(old|new)\b", re.IGNORECASE)
SQL = re.compile(r"\b(WITH|SELECT|INSERT|UPDATE|DELETE|MERGE|CREATE|ALTER|COPY|SET|RETURNING)\s")
MIGRATIONS = sorted((SRC.parents[1] / "migrations").rglob("*.py"))


def texts(parsed):
    """Return every text with a word of SQL and its line; a hole that is filled later is `_`."""
    for node in ast.walk(parsed):
        if isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "_" for part in node.values)
            text = "".join(parts)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        if SQL.search(text):
            yield node.lineno, text


def newer(text):
    patterns = NEWER if CALLED.search(text) else (*NEWER, BEFORE)
    return [match.group() for pattern in patterns for match in pattern.finditer(text)]


def test_no_statement_speaks_what_the_oldest_server_does_not_know():
    assert MIGRATIONS
    found = {
        f"{file.relative_to(SRC.parents[1])}:{line}": words
        for file in (*FILES, *MIGRATIONS)
        for line, text in texts(tree(file))
        if (words := newer(text))
    }
    assert found == {}


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE t SET a = 1\nRETURNING id, old.a",
        "UPDATE t SET a = 1 RETURNING WITH (OLD AS o) o.a",
        "MERGE INTO t USING s ON true WHEN MATCHED THEN DELETE RETURNING merge_action()",
        "SELECT any_value (a) FROM t",
        "SELECT * FROM JSON_TABLE($1, '$')",
        "SELECT a IS NOT JSON FROM t",
        "SELECT uuidv7()",
        "SELECT random(1, 6)",
        "SELECT a FROM t WHERE b = 1_000",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) VIRTUAL)",
    ],
)
def test_the_rule_sees_what_is_newer(statement):
    assert newer(statement)
    assert [newer(text) for _, text in texts(ast.parse(f"A = {statement!r}"))]


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t (a) SELECT new.a FROM new RETURNING id",
        "WITH old AS (SELECT a FROM t FOR UPDATE) UPDATE t SET a = 1 FROM old RETURNING old.a",
        "SELECT random(), json_build_object('a', a), to_json(a) FROM t",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a + 1) STORED)",
    ],
)
def test_the_rule_leaves_alone_what_is_old_enough(statement):
    assert not newer(statement)
