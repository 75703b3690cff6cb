"""Looks at a loaded page as its readers will: narrow and wide, light, dark and 长辈版.

The page is loaded once and switched in place. `check` returns what is wrong, in sentences; with
PICTURES set in the environment it leaves pictures of all it saw.
"""

import os
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build/look"
# Without motion, so that a measure never falls into the middle of a transition.
STILL = {"reduced_motion": "reduce", "locale": "zh-CN"}
WINDOW = {"width": 1280, "height": 720}  # before it is measured
SIZES = {390: 844, 1440: 900}
LOOKS = ("light", "elder", "dark")
TARGETS = "a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]"
FINGER, ELDER, MOUSE = 44, 60, 24  # CSS pixels; a mouse needs what WCAG 2.2 asks (2.5.8)

SETTLE = """async ({ elder }) => {
  document.documentElement.toggleAttribute("data-elder", elder);
  await document.fonts.ready;
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""

WIDER = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().right > room + 1)
    .map(e => e.tagName.toLowerCase() + "." + e.className).slice(0, 5);
}"""

SPILT = """() => [...document.querySelectorAll("a[href], button, .tag, th, dt")]
  .filter(e => e.checkVisibility() && getComputedStyle(e).display !== "inline"
    && getComputedStyle(e).overflowX === "visible" && !e.closest(".vh, .skip")
    && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
  .map(e => e.innerText.trim().slice(0, 20))"""

SMALL = """([selector, least]) => [...document.querySelectorAll(selector)].flatMap(e => {
  const shown = e.checkVisibility() && getComputedStyle(e).visibility !== "hidden";
  const target = e.closest("label") ?? e;
  const inSentence = e.matches("p a, li.sentence a") && getComputedStyle(e).display === "inline";
  if (!shown || inSentence || e.closest(".vh, .skip")) return [];
  const { width, height } = target.getBoundingClientRect();
  if (Math.min(width, height) >= least - 0.5) return [];
  const words = (target.innerText || e.getAttribute("aria-label") || e.name || "").trim();
  const size = `${Math.round(width)}×${Math.round(height)}`;
  return [`${e.tagName.toLowerCase()} “${words.slice(0, 20)}” ${size}`];
})"""

AXE = """async rules => {
  const runOnly = rules.length ? { runOnly: rules } : {};
  const { violations } = await axe.run(document, { resultTypes: ["violations"], ...runOnly });
  return violations.flatMap(({ id, nodes }) => nodes.map(
    n => `${id}: ${n.target.join(" ")} ${n.any[0]?.message ?? n.failureSummary}`));
}"""


@cache
def axe():
    return (ROOT / "node_modules/axe-core/axe.min.js").read_text("utf-8")


def listen(page):
    """Keep what the page complains about. Call before it is loaded."""
    said = []
    page.on("console", lambda m: said.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.complaints = said


def check(page, name):
    """Return what is wrong with the loaded page in every size and look."""
    page.evaluate(axe())
    wrong = [f"console: {text}" for text in page.complaints]
    for width, height in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        for look in LOOKS:
            page.emulate_media(color_scheme="dark" if look == "dark" else "light")
            page.evaluate(SETTLE, {"elder": look == "elder"})
            _draw(page, f"{name}-{width}-{look}.png")
            wrong += [f"{width} {look}: {trouble}" for trouble in troubles(page, width, look)]
    return wrong


def on_paper(page):
    """Return what a sheet of the printed page shows of a demo: its words, and behind all others."""
    page.emulate_media(media="print")
    behind = "bar => getComputedStyle(bar, '::after')"
    bar = page.locator(".demo-bar")
    mark = bar.evaluate(f"bar => (({behind})(bar)).content + (({behind})(bar)).position")
    return (bar.inner_text() if bar.is_visible() else ""), mark


def in_english(page):
    """Return what is wrong on a phone with a page whose other sizes and looks were checked."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.evaluate(axe())
    return troubles(page, 390, "light")


def troubles(page, width, look):
    if look == "dark":  # its style sheet gives other values to colours and nothing else
        return page.evaluate(AXE, ["color-contrast"])
    found = [f"wider than the window: {part}" for part in page.evaluate(WIDER)]
    found += [f"words spill out of “{words}”" for words in page.evaluate(SPILT)]
    least = MOUSE if width > max(390, 900) else ELDER if look == "elder" else FINGER
    found += [f"target under {least}: {t}" for t in page.evaluate(SMALL, [TARGETS, least])]
    return found + page.evaluate(AXE, [])


def _draw(page, name):
    if "PICTURES" in os.environ:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / name)
