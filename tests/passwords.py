"""Passwords of staff in tests: kept in the form the product keeps them, with less work in it.

A form says itself what it costs to check, and the real one takes a core a tenth of a second.
"""

import argon2

EASY = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def kept(password):
    return EASY.hash(password)
