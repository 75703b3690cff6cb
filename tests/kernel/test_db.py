import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lianyi.kernel.db import literal

ANYTHING = st.text(st.characters(codec="utf-8", exclude_characters="\0"))


@given(text=ANYTHING)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
async def test_a_quoted_value_comes_back_as_it_was(app, text):
    assert await app.pool.fetchval(f"SELECT {literal(text)}") == text


@pytest.mark.parametrize("text", ["'; DROP TABLE x; --", "\\'; SELECT 1; --", "$$", "'' OR ''='"])
async def test_nothing_gets_out_of_its_quotes(app, text):
    assert await app.pool.fetchval(f"SELECT {literal(text)}") == text


def test_what_cannot_be_quoted_is_not_sent():
    with pytest.raises(ValueError, match="NUL"):
        literal("a\0b")
