from datetime import UTC, datetime

import pytest

from lianyi.kernel.text import words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_an_instant_is_told_as_the_clocks_of_the_place_show_it(language):
    told = words("booking.OtherDay", language, {"opens_at": datetime(2026, 11, 25, 2, tzinfo=UTC)})
    assert "2026-11-25 10:00" in told
