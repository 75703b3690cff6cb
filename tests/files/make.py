"""Pictures as a phone takes them, with everything a phone writes beside them."""

from io import BytesIO

from PIL import Image

GPS, MAKE, ORIENTATION, TURNED = 0x8825, 0x010F, 0x0112, 6
PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"


def photo(kind="JPEG", *, size=(320, 200), colour="navy", turned=False):
    """Return a picture that says where, when and with what it was taken."""
    picture = Image.new("RGB", size, colour)
    exif = picture.getexif()
    exif[MAKE] = "SECRET-PHONE"
    exif.get_ifd(GPS)[2] = (36.0, 40.0, 12.0)
    if turned:
        exif[ORIENTATION] = TURNED
    out = BytesIO()
    picture.save(out, kind, exif=exif)
    return out.getvalue()


def opened(content):
    return Image.open(BytesIO(content))
