"""A table from 64-bit keys to lists of numbers, read by compiled code."""

from __future__ import annotations

import numpy as np
from numba import njit

EMPTY = np.int64(-1)
MIX = np.uint64(0x9E3779B97F4A7C15)


class HashTable:
    """From 64-bit keys to places in one array of int32 (open addressing)."""

    def __init__(self, room: int = 1 << 14) -> None:
        self.keys = np.zeros(room, dtype=np.uint64)
        self.places = np.full(room, EMPTY, dtype=np.int64)
        self.content = np.zeros(1, dtype=np.int32)
        self._count = 0

    def add(self, entries: dict[int, list[int]]) -> None:
        """Put in new keys with the numbers they stand for."""
        content = [self.content]
        at = len(self.content)
        places = []
        for numbers in entries.values():
            places.append(at)
            content.append(np.array(numbers, dtype=np.int32))
            at += len(numbers)
        self.content = np.concatenate(content)
        keys = np.fromiter(entries, np.uint64, len(entries))
        filled = self.places != EMPTY
        self._count += len(entries)
        if self._count * 2 > len(self.keys):
            keys = np.concatenate([self.keys[filled], keys])
            places = [*self.places[filled].tolist(), *places]
            room = len(self.keys)
            while self._count * 2 > room:
                room *= 2
            self.keys = np.zeros(room, dtype=np.uint64)
            self.places = np.full(room, EMPTY, dtype=np.int64)
            new_keys, new_places = self.keys, self.places
        else:
            new_keys, new_places = self.keys.copy(), self.places.copy()
        _insert(new_keys, new_places, keys, np.array(places, dtype=np.int64))
        self.keys, self.places = new_keys, new_places


@njit(cache=True, nogil=True)
def _insert(keys, places, new_keys, new_places):  # type: ignore[no-untyped-def]
    mask = np.uint64(len(keys) - 1)
    for i in range(len(new_keys)):
        slot = (new_keys[i] * MIX >> np.uint64(20)) & mask
        while places[slot] != EMPTY and keys[slot] != new_keys[i]:
            slot = (slot + np.uint64(1)) & mask
        keys[slot] = new_keys[i]
        places[slot] = new_places[i]


@njit(cache=True, nogil=True)
def place_of(key, keys, places):  # type: ignore[no-untyped-def]
    """Where the numbers of a key begin in the content, EMPTY if it is not there."""
    mask = np.uint64(len(keys) - 1)
    slot = (key * MIX >> np.uint64(20)) & mask
    while places[slot] != EMPTY:
        if keys[slot] == key:
            return places[slot]
        slot = (slot + np.uint64(1)) & mask
    return EMPTY
