"""What is off until it was assessed stays off in an installation's own profile too."""

import pytest

from lianyi.kernel import profile

OWN = """[[profile]]
version = "own-abroad"
since = 2031-01-01
approved_by = "一位法务"
numbers = {{ "PRI-20" = {value} }}
{more}"""


@pytest.mark.parametrize("more", ["", 'assessments = { "PRI-20" = "" }'])
def test_data_go_abroad_by_no_profile_without_an_assessment(tmp_path, more):
    """PRI-11, PRI-20"""
    file = tmp_path / "profile.toml"
    file.write_text(OWN.format(value=1, more=more), encoding="utf-8")
    with pytest.raises(ValueError, match="PRI-20"):
        profile.adopt(file)
    assert all(one.numbers["PRI-20"] == 0 for one in profile.CHINA)
