"""What may be kept, and what is left of it. Pure."""

from io import BytesIO

from PIL import Image, ImageFile, ImageOps

from lianyi.files.model import Cleaned, Kind

MEGABYTES = 10
MEGAPIXELS = 50  # a picture of a few kilobytes may unpack to gigabytes
EDGE = 3000  # pixels; the print of a laboratory report stays readable
QUALITY = 88
PDF_HEAD, PDF_END, TAIL = b"%PDF-", b"%%EOF", 2048
BEGINNINGS = ((b"\xff\xd8\xff", Kind.JPEG), (b"\x89PNG\r\n\x1a\n", Kind.PNG), (PDF_HEAD, Kind.PDF))
READ = ("JPEG", "PNG", "WEBP")
# What Pillow raises over content that was cut off, twisted or made to hurt.
BROKEN = (OSError, ValueError, SyntaxError, EOFError, IndexError)
BOMB = (Image.DecompressionBombError, Image.DecompressionBombWarning)


def kind_of(content: bytes) -> Kind | None:
    """Return what this will be kept as, by how it begins. A WebP picture becomes a JPEG."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return Kind.JPEG
    return next((kind for head, kind in BEGINNINGS if content.startswith(head)), None)


def is_too_long(content: bytes) -> bool:
    return len(content) > MEGABYTES * 1024 * 1024


def is_whole_pdf(content: bytes) -> bool:
    return content.startswith(PDF_HEAD) and PDF_END in content[-TAIL:]


def has_too_many_pixels(content: bytes) -> bool:
    """Return whether a picture would unpack to too much; its head tells, nothing is unpacked."""
    try:
        with Image.open(BytesIO(content), formats=READ) as picture:
            return picture.width * picture.height > MEGAPIXELS * 1_000_000
    except BOMB:
        return True
    except BROKEN:
        return False


def redrawn(content: bytes, kind: Kind) -> Cleaned | None:
    """Draw a picture anew, upright, without what a camera writes beside it. None: it is broken."""
    ImageFile.LOAD_TRUNCATED_IMAGES = False  # whoever prints in this process may have set it
    try:
        with Image.open(BytesIO(content), formats=READ) as found:
            upright = ImageOps.exif_transpose(found)
            upright.thumbnail((EDGE, EDGE))
            fresh = _bare(upright, kind)
    except BROKEN:
        return None
    drawn = BytesIO()
    options = {} if kind is Kind.PNG else {"quality": QUALITY}
    fresh.save(drawn, kind.name, **options)
    return Cleaned(kind, drawn.getvalue(), fresh.width, fresh.height)


def _bare(picture: Image.Image, kind: Kind) -> Image.Image:
    """Copy the pixels and nothing else."""
    pixels = picture.convert("RGBA" if kind is Kind.PNG else "RGB")
    fresh = Image.new(pixels.mode, pixels.size)
    fresh.paste(pixels)
    return fresh
