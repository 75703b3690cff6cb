import pytest

from lianyi.files import rules
from lianyi.files.model import Kind
from tests.files.make import MAKE, PDF, opened, photo


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (photo(), Kind.JPEG),
        (photo("PNG"), Kind.PNG),
        (photo("WEBP"), Kind.JPEG),
        (PDF, Kind.PDF),
        (b"GIF89a", None),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", None),
        (b"MZ\x90\x00", None),
        (b"", None),
    ],
)
def test_what_a_file_is_is_told_by_how_it_begins(content, kind):
    assert rules.kind_of(content) is kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_a_phone_writes_beside_a_picture_is_left(kind):
    taken = photo(kind)
    assert b"SECRET-PHONE" in taken
    drawn = rules.redrawn(taken, rules.kind_of(taken))
    assert b"SECRET-PHONE" not in drawn.content
    left = opened(drawn.content)
    assert MAKE not in left.getexif()
    assert "exif" not in left.info


def test_a_picture_taken_sideways_is_kept_upright():
    drawn = rules.redrawn(photo(turned=True), Kind.JPEG)
    assert (drawn.width, drawn.height) == (200, 320)


def test_data_hidden_behind_a_picture_is_not_kept():
    drawn = rules.redrawn(photo() + b"PK\x03\x04 hidden archive", Kind.JPEG)
    assert b"hidden" not in drawn.content


def test_a_huge_picture_is_kept_at_a_readable_size():
    drawn = rules.redrawn(photo(size=(6000, 1500)), Kind.JPEG)
    assert (drawn.width, drawn.height) == (rules.EDGE, rules.EDGE // 4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("left", [12, 60, 200])
def test_a_picture_that_was_cut_off_is_broken(kind, left):
    cut = photo(kind, size=(900, 900))[:left]
    assert rules.redrawn(cut, Kind.JPEG) is None


def test_a_small_file_that_unpacks_to_too_much_is_seen_before_it_is_unpacked():
    bomb = photo("PNG", size=(9000, 9000))
    assert len(bomb) < 1024 * 1024
    assert rules.has_too_many_pixels(bomb)
    assert not rules.has_too_many_pixels(photo())


@pytest.mark.parametrize(
    ("content", "whole"), [(PDF, True), (PDF[:-6], False), (b"%%EOF", False), (b"x" + PDF, False)]
)
def test_a_pdf_has_its_head_and_its_end(content, whole):
    assert rules.is_whole_pdf(content) is whole
