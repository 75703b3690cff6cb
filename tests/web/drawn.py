"""Reading a drawn form the way a browser fills it."""

import re

HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')


async def keys(browser, path="/gallery/fields"):
    """Return the hidden keys of the first form on a page that has a once key."""
    page = (await browser.get(path)).text
    form = page[page.index('name="once"') - 300 :]
    return {name: value for name, value in HIDDEN.findall(form) if name in ("csrf", "once")}
