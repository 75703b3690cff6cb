from random import Random

from lianyi.kernel.ids import Ids, bucket, made_at
from tests.conftest import NOON


def test_an_id_lies_in_the_bucket_of_its_owner():
    ids = Ids(Random(1))
    person = ids.new(NOON)
    thing = ids.new(NOON, person)
    assert bucket(thing) == bucket(person)
    assert (thing.version, thing.variant) == (7, "specified in RFC 4122")


def test_a_seed_repeats_the_ids():
    assert Ids(Random(1)).new(NOON) == Ids(Random(1)).new(NOON)


def test_an_id_tells_when_it_was_drawn():
    assert made_at(Ids(Random(1)).new(NOON)) == NOON
