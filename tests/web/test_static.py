"""What old hospital browsers (Chrome 109), strict policies and right-to-left scripts demand."""

import re

import pytest

from lianyi.web import jinja
from lianyi.web.static_files import FOLDER

SHEETS = sorted(FOLDER.glob("*.css"))
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
SIDED = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border)-(?:left|right|top|bottom)|left|right|top|bottom|width|"
    r"height|(?:min|max)-(?:width|height))\s*:|text-align:\s*(?:left|right)"
)


def rules(sheet):
    text = COMMENT.sub("", sheet.read_text("utf-8"))
    return re.sub(r"@media[^{]*", "@media ", text)


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda s: s.name)
def test_style_sheets_know_start_and_end_not_left_and_right(sheet):
    assert SIDED.findall(rules(sheet)) == []


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda s: s.name)
def test_style_sheets_use_nothing_newer_than_chrome_109(sheet):
    text = rules(sheet)
    assert not re.search(r"color-mix|light-dark\(|@container|@scope|@layer|text-wrap|&", text)
    assert not re.search(r"[^}]*{[^{}]*{[^{}]*{", text), "nested"


def test_the_dark_style_sheet_changes_colours_and_nothing_else():
    """So that what was measured in the light needs no other look than at its contrast."""
    text = COMMENT.sub("", (FOLDER / "dark.css").read_text("utf-8"))
    said = {line.split(":")[0].strip() for line in text.splitlines() if ";" in line}
    assert {name for name in said if not name.startswith("--")} == {"color-scheme"}
    assert not said & {name for name in said if re.match(r"--(?:text|space|radius|tap|font)", name)}


@pytest.mark.parametrize("name", jinja.names())
def test_templates_hold_no_inline_style_or_script(name):
    text = (jinja.FOLDER / name).read_text("utf-8")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|\shx-(?:on|vars|ext)\b", text)


@pytest.mark.parametrize("name", jinja.names())
def test_what_htmx_sends_names_its_own_target_and_swap(name):
    text = (jinja.FOLDER / name).read_text("utf-8")
    for tag in re.findall(r"hx-(?:get|post)=[^>]*", text):
        assert "hx-target=" in tag, tag
        assert "hx-swap=" in tag, tag


@pytest.mark.parametrize("name", jinja.names())
def test_every_template_can_be_read(name):
    jinja.environment().get_template(name)


def test_every_file_a_page_names_is_there():
    texts = [(jinja.FOLDER / name).read_text("utf-8") for name in jinja.names()]
    named = {name for text in texts for name in re.findall(r"static\('([^']+)'\)", text)}
    assert [name for name in named if not (FOLDER / name).exists()] == []
