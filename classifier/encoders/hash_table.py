"""A table from 64-bit keys to lists of numbers, read by compiled code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from classifier.text.compiled import compiled, lean

EMPTY = np.int64(-1)
MIX = np.uint64(0x9E3779B97F4A7C15)


class HashTable:
    """From 64-bit keys to places in one array of int32 (open addressing)."""

    def __init__(self, entries: Mapping[int, Sequence[int]]) -> None:
        room = 16
        while room < 4 * len(entries):
            room *= 2
        self.keys = np.zeros(room, dtype=np.uint64)
        self.places = np.full(room, EMPTY, dtype=np.int64)
        self.content = np.array([n for numbers in entries.values() for n in numbers], np.int32)
        keys = np.fromiter(entries, np.uint64, len(entries))
        places = np.cumsum([0, *map(len, entries.values())], dtype=np.int64)
        _insert(self.keys, self.places, keys, places)


@compiled
def _insert(keys, places, new_keys, new_places):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    for i in range(len(new_keys)):
        slot = (new_keys[i] * MIX >> np.uint64(20)) & mask
        while places[slot] != EMPTY and keys[slot] != new_keys[i]:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = new_keys[i]
        places[slot] = new_places[i]


@lean
def place_of(key, keys, places):  # type: ignore[no-untyped-def]
    """Where the numbers of a key begin in the content, EMPTY if it is not there."""
    mask = np.uint64(len(keys) - 1)
    slot = (key * MIX >> np.uint64(20)) & mask
    while places[slot] != EMPTY:
        if keys[slot] == key:
            return places[slot]
        slot = (slot + np.uint64(1)) & mask
    return EMPTY
