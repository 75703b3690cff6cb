"""Pictures and papers on their way in and out: read from a form, answered from the door."""

from starlette.requests import Request
from starlette.responses import Response

from lianyi.files.model import Content
from lianyi.web import forms

MOST = 6  # files of one form or message
BYTES = 12 * 1024 * 1024  # of one file that are read; files says no above its own limit


async def contents(request: Request, name: str) -> list[bytes]:
    """Return what was uploaded under a name; asked before the rest of the form is judged."""
    given = await forms.files(request, name)
    found = [await each.read(BYTES) for each in given[:MOST]]
    for each in given:
        await each.close()
    return found


def as_file(found: Content) -> Response:
    """Answer with a kept file, never as anything a browser would run."""
    kind = found.file.kind
    place = "inline" if kind.is_picture else "attachment"
    headers = {
        "cache-control": "no-store",
        "content-disposition": f'{place}; filename="{found.file.id}.{kind.name.lower()}"',
        "content-security-policy": "default-src 'none'; sandbox",
    }
    return Response(found.content, media_type=kind.value, headers=headers)
