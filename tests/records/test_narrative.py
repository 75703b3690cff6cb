"""Narratives: formatted text comes in whole, and nothing that runs, fetches or explodes does."""

import pytest

from lianyi.records.rules.validity import narrative

BOMB = "<!DOCTYPE div [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
DIV = '<div xmlns="http://www.w3.org/1999/xhtml">{}</div>'


@pytest.mark.parametrize(
    "held",
    [
        "<p>血压 <b>138</b>&#160;mmHg &lt; 140</p><!-- 备注 -->",
        '<table class="grid" style="color:red"><tr><td colspan="2">一</td></tr></table>',
        '<a href="https://lianyi.test/x">x</a><a href="#b" name="b">y</a><a href="Patient/1">z</a>',
        '<img src="#pic" alt="图"/><img src="data:image/png;base64,eA=="/><img src="a/b.png"/>',
        '<span xml:lang="zh" lang="zh">中文</span>',
    ],
)
def test_formatted_text_is_a_narrative(held):
    assert narrative.is_plain(DIV.format(held))


@pytest.mark.parametrize(
    "held",
    [
        "<script>alert(1)</script>",
        '<p onclick="alert(1)">x</p>',
        '<a href="javascript:alert(1)">x</a>',
        '<a href=" java&#10;script:alert(1)">x</a>',
        '<a href="data:text/html,x">x</a>',
        '<img src="https://elsewhere.test/track.png"/>',
        '<img src="//elsewhere.test/track.png"/>',
        '<img src="data:image/svg+xml;base64,eA=="/>',
        '<p style="background:url(https://elsewhere.test/x)">x</p>',
        '<p style="background:u\\\\72l(//x)">x</p>',
        '<p style="width:expression(alert(1))">x</p>',
        '<iframe src="x"/>',
        '<form><input name="x"/></form>',
        '<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>',
        '<p xlink:href="x">x</p>',
        "&nbsp;",
        "<p>x",
        "<?php x ?>",
        '<object data="x"/>',
        '<base href="x"/>',
        '<p xml:base="http://elsewhere.test/">x</p>',
    ],
)
def test_what_is_no_formatted_text_is_refused(held):
    assert not narrative.is_plain(DIV.format(held))


@pytest.mark.parametrize(
    "div",
    [
        "",
        "text",
        "<div>x</div>",
        '<p xmlns="http://www.w3.org/1999/xhtml">x</p>',
        DIV.format("x") * 2,
        BOMB + DIV.format("&b;"),
        '<?xml version="1.0" encoding="utf-16"?>' + DIV.format("x"),
    ],
)
def test_only_one_div_of_xhtml_is_a_narrative(div):
    assert not narrative.is_plain(div)


@pytest.mark.parametrize(
    ("held", "says"),
    [("x", True), (" \n&#160;", False), ("<p><br/></p>", False), ('<img src="#a"/>', True)],
)
def test_a_narrative_says_something(held, says):
    assert narrative.says_something(DIV.format(held)) is says
