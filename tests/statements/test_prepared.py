"""Every statement is one that the database takes, with the tables and columns as they are."""

import re

from lianyi.kernel import named
from tests.laws.test_laws import modules

STATEMENT = re.compile(r"\s*(WITH|SELECT|INSERT|UPDATE|DELETE)\b")


def statements():
    """Return every whole statement; one with a hole is prepared by the tests of who fills it."""
    for name, module in modules():
        if ".tables" in name:
            for constant, value in vars(module).items():
                if not constant.isupper() or not isinstance(value, str) or "{" in value:
                    continue
                if STATEMENT.match(value):
                    yield f"{name}.{constant}", named.numbered(value)[0]


async def test_every_statement_kept_as_a_constant_can_be_prepared(app):
    found = dict(statements())
    assert found
    async with app.pool.acquire() as db:
        for name, sql in found.items():
            try:
                await db.prepare(sql)
            except Exception as trouble:
                raise AssertionError(name) from trouble
