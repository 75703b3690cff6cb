import pytest

from lianyi.kernel.postgres import buffers

GIB = 2**30


@pytest.mark.parametrize(
    ("memory", "kept"),
    [(GIB // 2, "128MB"), (2 * GIB, "256MB"), (8 * GIB, "1024MB"), (500 * GIB, "1024MB")],
)
def test_a_server_keeps_an_eighth_of_the_memory_at_hand(memory, kept):
    assert buffers(memory) == kept
