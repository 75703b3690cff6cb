from lianyi.kernel import sm2


def test_only_the_very_message_was_signed():
    key = sm2.new_key()
    signature = sm2.sign(key, "处方".encode())
    assert sm2.has_signed(sm2.public_key(key), signature, "处方".encode())
    assert not sm2.has_signed(sm2.public_key(key), signature, "处万".encode())
    assert not sm2.has_signed(sm2.public_key(key), b"\0" + signature, "处方".encode())


def test_another_key_has_not_signed():
    signature = sm2.sign(sm2.new_key(), b"")
    assert not sm2.has_signed(sm2.public_key(sm2.new_key()), signature, b"")
