"""Which cues stand in which sentences: the compiled matcher."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from classifier.cues import Cue
from classifier.encoders.cue_machine import DEPTH, stands
from classifier.encoders.cue_program import Compiler
from classifier.encoders.cue_words import (
    CueWords,
    may_hold,
    pair_key,
    records_of,
    run_that_stands,
    word_key,
)
from classifier.encoders.hash_table import EMPTY, place_of
from classifier.encoders.tokens import HAN_WORD, QUOTED_WORD, Tokens
from classifier.text.compiled import compiled, lean, prefetch

WINDOW = 447  # words of a sentence that are searched at once; longer ones in windows
OVERLAP = 64
_SETS = (
    WINDOW // 64 + 1
)  # 64-bit words in a set of places; with a visit, they fill a line of memory
_KEPT = 2**16  # words; a later word takes the place of an earlier one
_ROOM = 2**20  # numbers that are kept of words; doubled where a sentence needs more
_AHEAD = 24  # words

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


class CueMatcher:
    """Finds the cues of one language in sentences; usable by several threads at once."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        compiler = Compiler()
        programs = []
        needs = []
        triggers: dict[int, list[int]] = {}
        for index, cue in enumerate(cues):
            program, (rarest, *others) = compiler.cue(cue)
            programs.append(program)
            needs.append([n for symbols in others for n in (*sorted(symbols), -1)])
            for symbol in rarest:
                triggers.setdefault(symbol, []).append(index)
        self._n_symbols = len(compiler.table.rarity)
        self._words = CueWords(compiler.table, triggers)
        self._limits = np.array(
            [np.cumsum([0, *map(len, steps)]) for steps in (programs, needs)], dtype=np.int64
        )
        self._program = np.array([s for steps in programs for s in steps], np.int32).reshape(-1, 3)
        self._needs = np.array([symbol for some in needs for symbol in some], dtype=np.int32)
        self._kept: deque[_Kept] = deque()

    def find(self, tokens: Tokens, rows: NDArray[np.int64]) -> Pairs:
        """The rows (among ``rows``) and the cues that stand in them, as two arrays."""
        n_cues = self._limits.shape[1] - 1
        try:
            kept = self._kept.pop()
        except IndexError:  # all are in other threads' hands
            kept = _Kept()
        words, runs = self._words.words, self._words.runs
        found = np.empty((4 * len(rows) + n_cues, 2), dtype=np.int64)
        parts = [found[:0]]
        done = 0
        while done < len(rows):
            more, count = _find(
                rows[done:], tokens.letters, tokens.starts, tokens.stops, tokens.hashes,
                tokens.flags, tokens.ends, kept.entries, kept.records, kept.free,
                words.keys, words.places, self._words.word_bits, words.content,
                self._words.patterns, self._words.most_records,
                runs.keys, runs.places, runs.content, self._words.run_bits,
                self._limits, self._program, self._needs, self._n_symbols, found,
            )  # fmt: skip
            parts.append(found[:count].copy())
            done += more
            if done < len(rows):
                kept.forget(larger=not more)
        self._kept.append(kept)
        pairs = np.concatenate(parts)
        return pairs[:, 0], pairs[:, 1]


class _Kept:
    """What is known of words met before, for one thread at a time.

    ``entries`` are keys and places in ``records``; ``free`` is where the next record goes.
    """

    def __init__(self) -> None:
        self.entries = np.zeros((_KEPT, 2), dtype=np.uint64)
        self.records = np.zeros(_ROOM, dtype=np.int32)
        self.free = np.zeros(1, dtype=np.int64)
        self.forget(larger=False)

    def forget(self, *, larger: bool) -> None:
        """Begin anew, with twice the room if ``larger``."""
        if larger:
            self.records = np.zeros(2 * len(self.records), dtype=np.int32)
        self.entries[:, 0] = ~np.arange(_KEPT, dtype=np.uint64)  # keys that belong elsewhere
        self.free[0] = 2  # the first record is that of a word no cue knows


@compiled
def _keep(key, slot, contents, places, entries, records, free):  # type: ignore[no-untyped-def]
    """Enter the records of a word as one; False if there is no room."""
    entries[slot, 0] = key
    entries[slot, 1] = np.uint64(0)
    if not len(places):
        return True
    at = free[0]
    room = 2
    for place in places:
        for _ in range(2):
            room += contents[place]
            place += 1 + contents[place]
    if at + room > len(records):
        entries[slot, 0] = ~key
        return False
    entries[slot, 1] = np.uint64(at)
    begins = places.copy()
    for _ in range(2):  # the first lists of all, then the second
        head = at
        at += 1
        for k in range(len(places)):
            n = contents[begins[k]]
            for number in contents[begins[k] + 1 : begins[k] + 1 + n]:
                records[at] = number
                at += 1
            begins[k] += 1 + n
        records[head] = at - head - 1
    free[0] = at
    return True


@lean
def _mark(numbers, place, at, visit, sets, marks):  # type: ignore[no-untyped-def]
    """Note that the symbols of a list stand ``at`` a word."""
    bit = np.uint64(1) << np.uint64(at & 63)
    if sets == 1:  # as nearly always: without a branch that cannot be foretold
        for k in range(place + 1, place + 1 + numbers[place]):
            symbol = numbers[k]
            old = marks[symbol, 1] if marks[symbol, 0] == visit else np.uint64(0)
            marks[symbol, 0] = visit
            marks[symbol, 1] = old | bit
        return
    for k in range(place + 1, place + 1 + numbers[place]):
        symbol = numbers[k]
        if marks[symbol, 0] != visit:
            marks[symbol, 0] = visit
            for w in range(sets):
                marks[symbol, 1 + w] = np.uint64(0)
        marks[symbol, 1 + (at >> 6)] |= bit


@lean
def _line_up(numbers, place, visit, tried, trials, n_trials):  # type: ignore[no-untyped-def]
    """Line up the cues of a list to be tried."""
    for k in range(place + 1, place + 1 + numbers[place]):
        cue = numbers[k]
        if tried[cue] != visit:
            tried[cue] = visit
            trials[n_trials] = cue
            n_trials += 1
    return n_trials


@lean
def _next_list(numbers, place):  # type: ignore[no-untyped-def]
    return place + 1 + numbers[place]


@lean
def _has_all(needs, start, stop, marks, visit):  # type: ignore[no-untyped-def]
    """Whether of each set of symbols, closed by -1, one stands in the sentence."""
    has = False
    for k in range(start, stop):
        if needs[k] >= 0:
            has = has or marks[needs[k], 0] == visit
        elif not has:
            return False
        else:
            has = False
    return True


@compiled
def _find(  # type: ignore[no-untyped-def]
    rows, letters, starts, stops, hashes, flags, ends, entries, records, free,
    keys, places, word_bits, contents, patterns, most_records,
    run_keys, run_places, runs, run_bits,
    limits, program, needs, n_symbols, found,
):  # fmt: skip
    """Enter (row, cue) pairs into ``found``; returns how many rows were read, and the pairs.

    Stops before a row when there is no room, for its pairs or for what is known of its words.
    """
    n_cues = limits.shape[1] - 1
    marks = np.zeros((n_symbols, 1 + _SETS), dtype=np.uint64)  # a visit, and places
    stack = np.empty((DEPTH, _SETS), dtype=np.uint64)
    quoted = np.empty(_SETS, dtype=np.uint64)
    tried = np.zeros(n_cues, dtype=np.uint64)
    have = np.full(n_cues, -1, dtype=np.int64)
    trials = np.empty(n_cues, dtype=np.int32)
    hits = np.empty(most_records, dtype=np.int64)
    count = 0
    visit = np.uint64(0)
    for done in range(len(rows)):
        row = rows[done]
        before = count
        if count + n_cues > len(found):
            return done, count
        begin = ends[row - 1] if row else 0
        last = ends[row]
        while begin < last:
            end = min(begin + WINDOW, last)
            sets = (end - begin) // 64 + 1
            n_trials = 0
            visit += np.uint64(1)
            for i in range(begin, end):
                key = word_key(hashes[i], flags[i])
                slot = key & np.uint64(_KEPT - 1)
                if i + _AHEAD < len(hashes):
                    prefetch(entries, hashes[i + _AHEAD] & np.uint64(_KEPT - 1))
                    next_slot = hashes[i + _AHEAD // 2] & np.uint64(_KEPT - 1)
                    prefetch(records, entries[next_slot, 1])
                if entries[slot, 0] != key:
                    n = records_of(
                        letters, starts[i], stops[i], hashes[i], flags[i], keys, places, word_bits,
                        patterns, hits,
                    )  # fmt: skip
                    if not _keep(key, slot, contents, hits[:n], entries, records, free):
                        return done, before
                place = np.int64(entries[slot, 1])
                if place:
                    _mark(records, place, i - begin, visit, sets, marks)
                    place = _next_list(records, place)
                    n_trials = _line_up(records, place, visit, tried, trials, n_trials)
                if flags[i] & HAN_WORD and i + 1 < end:
                    key = pair_key(hashes[i], hashes[i + 1])
                    if may_hold(key, run_bits):
                        place = place_of(key, run_keys, run_places)
                        if place != EMPTY:
                            after = place + 1
                            for _ in range(runs[place]):
                                record, after = run_that_stands(
                                    runs, after, letters, starts[i], end - i
                                )
                                if record != EMPTY:
                                    _mark(runs, record, i - begin, visit, sets, marks)
                                    record = _next_list(runs, record)
                                    n_trials = _line_up(
                                        runs, record, visit, tried, trials, n_trials
                                    )
            n_left = 0
            for t in range(n_trials):
                cue = trials[t]
                if have[cue] != row and _has_all(
                    needs, limits[1, cue], limits[1, cue + 1], marks, visit
                ):
                    trials[n_left] = cue
                    n_left += 1
            if n_left:
                for w in range(sets):
                    quoted[w] = np.uint64(0)
                for i in range(begin, end):
                    if flags[i] & QUOTED_WORD:
                        quoted[(i - begin) >> 6] |= np.uint64(1) << np.uint64((i - begin) & 63)
            for t in range(n_left):
                cue = trials[t]
                if stands(
                    program, limits[0, cue], limits[0, cue + 1], visit, marks, quoted,
                    stack, end - begin, sets,
                ):  # fmt: skip
                    have[cue] = row
                    found[count, 0] = row
                    found[count, 1] = cue
                    count += 1
            if end == last:
                break
            begin = end - OVERLAP
    return len(rows), count
