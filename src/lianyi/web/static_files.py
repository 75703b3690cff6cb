"""Static files under one digest of them all, so that a browser may keep them for ever.

One digest for the whole folder, not one per file: style sheets and modules then find one another
by relative names, and a page never mixes two releases.
"""

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
FOR_EVER = "public, max-age=31536000, immutable"


@cache
def digest() -> str:
    """Return eight letters that change when any static file does."""
    sum = sha256()
    for file in sorted(f for f in FOLDER.rglob("*") if f.is_file()):
        sum.update(file.relative_to(FOLDER).as_posix().encode() + b"\0" + file.read_bytes())
    return sum.hexdigest()[:8]


def static(name: str) -> str:
    return f"/static/{digest()}/{name}"


class Files(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """Serve a file; under a digest of another release it may not be kept."""
        response = await super().get_response(path, scope)
        current = scope["path_params"]["digest"] == digest()
        response.headers["cache-control"] = FOR_EVER if current else "no-cache"
        return response


ROUTE = Mount("/static/{digest}", app=Files(directory=FOLDER), name="static")
