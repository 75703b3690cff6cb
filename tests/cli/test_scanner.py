import pytest

from lianyi.cli.tour import page as pages
from lianyi.cli.tour import scanner
from lianyi.web import draw

TEXTS = (
    "0123456789",
    "01234567890",
    "QINGSHAN 370102",
    "LY1:ABC",
    "https://lianyi.example/verify/0123456789abcdef?x=1",
    "健康卡",
    "a" * 120,
    "Ab1-" * 80,
)


@pytest.mark.parametrize("text", TEXTS)
def test_a_scanner_reads_what_the_page_drew(text):
    page = pages.read(200, "http://t/", f"<main>{draw.qr(text, '码')}</main>")
    assert scanner.read(page) == text


def test_a_page_without_a_code_has_none():
    with pytest.raises(scanner.NoCode):
        scanner.read(pages.read(200, "http://t/", "<main></main>"))
