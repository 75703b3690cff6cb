import pytest

from lianyi.cli.tour import page as pages
from lianyi.cli.tour.page import NoSuchForm

HTML = """<!doctype html><title>not read</title><h1>预约  挂号</h1><script>no()</script>
<a href="/book/1"><b>王建平</b> 主任医师</a>
<form action="/hold" method="post"><input type="hidden" name="once" value="k1">
<select name="slot"><option value="a">08:00<option value="b" selected>08:30</select>
<input type="radio" name="pay" value="now" checked><input type="radio" name="pay" value="later">
<input type="checkbox" name="agree"><textarea name="note">hello</textarea>
<button name="go" value="1">锁号</button></form>
<form action="/leave"><select name="why"><option value="x">x<option value="y">y</select></form>"""
PAGE = pages.read(200, "http://t/", HTML)


def test_a_form_sends_what_a_browser_would_send_untouched():
    form = PAGE.form("/hold")
    assert form.fields == {"once": "k1", "slot": "b", "pay": "now", "note": "hello"}
    assert form.choices == {"slot": ["a", "b"], "pay": ["now", "later"], "agree": ["on"]}
    assert form.buttons == ["go=1"]
    assert PAGE.form("/leave").fields == {"why": "x"}


def test_a_form_is_found_by_where_it_goes_before_those_beside_it():
    html = '<form action="/orders/1/cancel"></form><form action="/visits/1/orders"></form>'
    page = pages.read(200, "http://t/", html)
    assert page.form("/orders").action == "/visits/1/orders"
    assert page.form("/orders/").action == "/orders/1/cancel"


def test_a_page_reads_as_a_person_reads_it():
    assert PAGE.says("预约 挂号", "王建平 主任医师", "锁号")
    assert not PAGE.says("not read")
    assert not PAGE.says("no()")


def test_links_are_followed_by_their_words():
    assert PAGE.link("王建平") == "/book/1"


def test_what_a_person_cannot_see_the_tour_cannot_do():
    with pytest.raises(NoSuchForm):
        PAGE.form("/cancel")
    with pytest.raises(NoSuchForm):
        PAGE.link("退号")
