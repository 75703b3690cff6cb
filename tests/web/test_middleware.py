import re

import pytest

from lianyi.web.middleware import support_code
from lianyi.web.static_files import static
from tests.web.drawn import keys


def test_a_support_code_has_no_letter_that_is_misread():
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", support_code())


async def test_no_script_or_style_runs_but_our_own_files(browser):
    page = await browser.get("/gallery/fields")
    policy = page.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "style-src 'self';" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page.text)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.test"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 409),
        ({"Origin": "https://lianyi.test"}, 409),
    ],
)
async def test_another_site_cannot_make_a_browser_act(browser, headers, status):
    await keys(browser)
    assert (await browser.post("/gallery/refused", headers=headers)).status_code == status


async def test_a_machine_without_cookies_may_come_from_anywhere(browser):
    sent = await browser.post("/gallery/refused", headers={"Sec-Fetch-Site": "cross-site"})
    assert sent.status_code == 409


async def test_static_files_are_kept_for_ever_under_the_digest_of_this_release(browser):
    file = await browser.get(static("base.css"))
    assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
    other = await browser.get("/static/00000000/base.css")
    assert other.headers["cache-control"] == "no-cache"
    assert other.text == file.text


@pytest.mark.parametrize(
    ("wish", "seen"),
    [({"elder": "1"}, " data-elder"), ({"theme": "dark"}, 'data-theme="dark"'),
     ({"language": "en"}, 'lang="en"')],
)  # fmt: skip
async def test_language_size_and_theme_are_remembered(browser, wish, seen):
    drawn = await keys(browser)
    sent = await browser.post("/preferences", data=drawn | wish | {"back": "/gallery/fields"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/gallery/fields")
    page = await browser.get("/gallery/fields")
    assert seen in page.text[: page.text.index("<head>")]


@pytest.mark.parametrize(
    "back", ["//elsewhere.test", "https://elsewhere.test", "/\\elsewhere.test"]
)
async def test_preferences_never_lead_to_another_site(browser, back):
    drawn = await keys(browser)
    sent = await browser.post("/preferences", data=drawn | {"elder": "1", "back": back})
    assert sent.status_code == 422
