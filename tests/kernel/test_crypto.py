import pytest

from lianyi.kernel import crypto
from lianyi.kernel.crypto import Keys, Tampered

OLD = Keys(seals={1: bytes(16)}, index=bytes(32))
NEW = Keys(seals={1: bytes(16), 2: b"k" * 16}, index=bytes(32))


def test_what_is_sealed_opens_again_and_never_looks_the_same():
    one, two = OLD.seal_text("370102195003124028"), OLD.seal_text("370102195003124028")
    assert one != two
    assert OLD.open_text(one) == OLD.open_text(two) == "370102195003124028"


def test_a_sealed_value_can_be_found_by_its_digest_alone():
    assert OLD.digest("13800138000") == OLD.digest("13800138000") != OLD.digest("13800138001")


def test_after_a_rotation_old_seals_open_and_new_ones_use_the_new_key():
    assert NEW.open_text(OLD.seal_text("x")) == "x"
    with pytest.raises(Tampered):
        OLD.open(NEW.seal_text("x"))


def test_what_is_bound_opens_beside_that_alone():
    sealed = OLD.seal(b"value", bound=b"here")
    assert OLD.open(sealed, bound=b"here") == b"value"
    for other in (b"", b"there"):
        with pytest.raises(Tampered):
            OLD.open(sealed, bound=other)


@pytest.mark.parametrize("at", [1, 5, 15, -1])
def test_one_changed_bit_is_noticed(at):
    sealed = bytearray(OLD.seal_text("value"))
    sealed[at] ^= 1
    with pytest.raises(Tampered):
        OLD.open(bytes(sealed))


def test_sm3_is_that_of_the_standard():
    """GB/T 32905-2016, example 1."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert crypto.sm3(b"abc").hex() == expected


def test_keys_are_made_once_and_belong_to_their_owner_alone(tmp_path):
    folder = tmp_path / "keys"
    assert crypto.load_keys(folder) == crypto.load_keys(folder)
    assert {file.stat().st_mode & 0o777 for file in folder.iterdir()} == {0o600}
