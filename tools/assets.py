"""Copies what the browser needs out of node_modules and cuts the icons that pages name.

A page names an icon as `glyph('pill')` or `icon='pill'`, in a template or in Python, so that this
tool finds it. A name that Tabler does not draw fails the build instead of leaving a hole.
"""

import re
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MODULES = ROOT / "node_modules"
VENDOR = ROOT / "src/lianyi/web/static/vendor"
COPIES = {"htmx.org/dist/htmx.min.js": "htmx.js"}
READERS = ("src/lianyi/web", "tests/web/gallery")  # the gallery draws what pages will need
NAMED = re.compile(r"""\b(?:glyph\(\s*|icon=)["']([a-z0-9-]+)["']""")
BODY = re.compile(r"<svg[^>]*>(.*)</svg>", re.DOTALL)
NOISE = re.compile(r'<!--.*?-->|<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', re.DOTALL)


def main() -> int:
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, name in COPIES.items():
        shutil.copyfile(MODULES / source, VENDOR / name)
    names = sorted(icons())
    unknown = [name for name in names if not drawing(name).exists()]
    if unknown:
        print("Tabler has no icon named", ", ".join(unknown))
        return 1
    symbols = "".join(symbol(name) for name in names)
    sprite = f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'
    (VENDOR / "icons.svg").write_text(sprite, encoding="utf-8")
    return 0


def icons() -> set[str]:
    files = (file for folder in READERS for file in (ROOT / folder).rglob("*"))
    texts = (f.read_text(encoding="utf-8") for f in files if f.suffix in {".html", ".py"})
    return {name for text in texts for name in NAMED.findall(text)}


def drawing(name: str) -> Path:
    return MODULES / "@tabler/icons/icons/outline" / f"{name}.svg"


def symbol(name: str) -> str:
    text = NOISE.sub("", drawing(name).read_text(encoding="utf-8"))
    lines = " ".join(BODY.sub(r"\1", text).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24">{lines}</symbol>'


if __name__ == "__main__":
    sys.exit(main())
