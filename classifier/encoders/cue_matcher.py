"""Which cues stand in which sentences: the compiled matcher."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
from numba import njit
from numpy.typing import NDArray

from classifier.cues import Cue
from classifier.encoders.cue_program import Compiler, Op
from classifier.encoders.hash_table import EMPTY, MIX, HashTable, place_of
from classifier.encoders.tokens import CAPITAL_WORD, HAN_WORD, QUOTED_WORD, Tokens, tokenise

WINDOW = 448  # words of a sentence that are searched at once; longer ones in windows
OVERLAP = 64
_SETS = WINDOW // 64 + 1  # 64-bit words in a set of places
_DEPTH = 24
_MAX_KNOWN = 1_000_000
_CAPITAL = np.uint64(0x5851F42D4C957F2D)

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


class CueMatcher:
    """Finds the cues of one language in sentences."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        compiler = Compiler()
        programs = []
        by_symbol: dict[int, list[int]] = {}
        for index, cue in enumerate(cues):
            program, needed = compiler.cue(cue)
            programs.append(program)
            for symbol in needed:
                by_symbol.setdefault(symbol, []).append(index)
        self._table = compiler.table
        n_symbols = len(self._table.rarity)
        self._program_limits = np.cumsum([0, *map(len, programs)]).astype(np.int64)
        self._program = np.array(
            [step for program in programs for step in program], dtype=np.int32
        ).reshape(-1, 3)
        self._trigger_limits = np.cumsum(
            [0, *(len(by_symbol.get(symbol, ())) for symbol in range(n_symbols))]
        ).astype(np.int64)
        self._triggers = np.array(
            [cue for symbol in range(n_symbols) for cue in by_symbol.get(symbol, ())],
            dtype=np.int32,
        )
        self._words = HashTable()
        self._runs = self._han_table()
        self._lock = Lock()

    def find(self, tokens: Tokens, rows: NDArray[np.int64]) -> Pairs:
        """The rows (among ``rows``) and the cues that stand in them, as two arrays."""
        symbols = self._symbols(tokens, rows)
        words, runs = self._words, self._runs
        room = 8 * len(rows) + 64
        while True:
            found = np.empty((room, 2), dtype=np.int64)
            count = _find(
                rows, tokens.ends, tokens.flags, tokens.hashes, tokens.letters, tokens.starts,
                symbols, words.content, runs.keys, runs.places, runs.content,
                self._trigger_limits, self._triggers, self._program_limits, self._program,
                len(self._table.rarity), found,
            )  # fmt: skip
            if count <= room:
                return found[:count, 0], found[:count, 1]
            room = count

    def _symbols(self, tokens: Tokens, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """For every word the place of its symbols in the table; new words are entered."""
        symbols = np.zeros(len(tokens.hashes), dtype=np.int64)
        for _ in range(3):
            words = self._words
            unknown = np.empty(len(tokens.hashes), dtype=np.int64)
            count = _look_up(
                rows,
                tokens.ends,
                tokens.hashes,
                tokens.flags,
                words.keys,
                words.places,
                symbols,
                unknown,
            )
            if not count:
                break
            self._enter(tokens, unknown[:count])
        return symbols

    def _enter(self, tokens: Tokens, unknown: NDArray[np.int64]) -> None:
        new: dict[int, list[int]] = {}
        for index in unknown:
            key = int(_key(tokens.hashes[index], tokens.flags[index]))
            if key not in new:
                numbers = self._table.look_up(tokens.word(index))
                new[key] = [len(numbers), *numbers]
        with self._lock:
            words = self._words
            if len(words.keys) > _MAX_KNOWN:
                words = HashTable()
            words.add(new)
            self._words = words

    def _han_table(self) -> HashTable:
        """By a pair of characters the runs it begins: a count, then (length, letters, symbols)."""
        by_pair: dict[str, list[tuple[str, list[int]]]] = {}
        for run, numbers in self._table.han_runs.items():
            by_pair.setdefault(run[:2], []).append((run, numbers))
        entries: dict[int, list[int]] = {}
        for pair, runs in by_pair.items():
            tokens = tokenise([pair])
            content = [len(runs)]
            for run, numbers in runs:
                content += [len(run), *map(ord, run), len(numbers), *numbers]
            entries[int(_pair_key(tokens.hashes[0], tokens.hashes[1]))] = content
        table = HashTable()
        table.add(entries)
        return table


@njit(cache=True, nogil=True)
def _key(value, flags):  # type: ignore[no-untyped-def]
    return value ^ _CAPITAL if flags & CAPITAL_WORD else value


@njit(cache=True, nogil=True)
def _pair_key(one, other):  # type: ignore[no-untyped-def]
    return one * MIX + other


@njit(cache=True, nogil=True)
def _look_up(rows, ends, hashes, flags, keys, places, symbols, unknown):  # type: ignore[no-untyped-def]
    count = 0
    for row in rows:
        for i in range(ends[row - 1] if row else 0, ends[row]):
            symbols[i] = place_of(_key(hashes[i], flags[i]), keys, places)
            if symbols[i] == EMPTY:
                unknown[count] = i
                count += 1
    return count


@njit(cache=True, nogil=True)
def _find(  # type: ignore[no-untyped-def]
    rows, ends, flags, hashes, letters, starts, symbols, content, run_keys, run_places, run_content,
    trigger_limits, triggers, program_limits, program, n_symbols, found,
):  # fmt: skip
    """Enter (row, cue) pairs into ``found``; returns how many there are, fitting or not."""
    slot_of = np.full(n_symbols, -1, dtype=np.int32)
    touched = np.empty(n_symbols, dtype=np.int32)
    marks = np.zeros((n_symbols + 1, _SETS), dtype=np.uint64)
    stack = np.zeros((_DEPTH, _SETS), dtype=np.uint64)
    quoted = np.zeros(_SETS, dtype=np.uint64)
    n_cues = len(program_limits) - 1
    seen = np.full(n_cues, -1, dtype=np.int64)
    have = np.full(n_cues, -1, dtype=np.int64)
    count = 0
    visit = 0
    for row in rows:
        first = ends[row - 1] if row else 0
        last = ends[row]
        begin = first
        while begin < last:
            end = min(begin + WINDOW, last)
            length = end - begin
            sets = length // 64 + 1
            n_touched = 0
            quoted[:sets] = np.uint64(0)
            for i in range(begin, end):
                at = i - begin
                word = at >> 6
                bit = np.uint64(1) << np.uint64(at & 63)
                if flags[i] & QUOTED_WORD:
                    quoted[word] |= bit
                place = symbols[i]
                for k in range(place + 1, place + 1 + content[place]):
                    n_touched = _mark(
                        content[k], word, bit, sets, slot_of, touched, marks, n_touched
                    )
                if flags[i] & HAN_WORD and i + 1 < end:
                    place = place_of(_pair_key(hashes[i], hashes[i + 1]), run_keys, run_places)
                    if place != EMPTY:
                        n_runs = run_content[place]
                        place += 1
                        for _ in range(n_runs):
                            n = run_content[place]
                            fits = i + n <= end
                            k = 2
                            while fits and k < n:
                                fits = letters[starts[i + k]] == run_content[place + 1 + k]
                                k += 1
                            place += 1 + n
                            if fits:
                                for k in range(place + 1, place + 1 + run_content[place]):
                                    n_touched = _mark(
                                        run_content[k],
                                        word,
                                        bit,
                                        sets,
                                        slot_of,
                                        touched,
                                        marks,
                                        n_touched,
                                    )
                            place += 1 + run_content[place]
            visit += 1
            for t in range(n_touched):
                symbol = touched[t]
                for k in range(trigger_limits[symbol], trigger_limits[symbol + 1]):
                    cue = triggers[k]
                    if seen[cue] != visit:
                        seen[cue] = visit
                        if have[cue] != row and _stands(
                            program, program_limits[cue], program_limits[cue + 1],
                            slot_of, marks, quoted, stack, length, sets,
                        ):  # fmt: skip
                            have[cue] = row
                            if count < len(found):
                                found[count, 0] = row
                                found[count, 1] = cue
                            count += 1
            for t in range(n_touched):
                slot_of[touched[t]] = -1
            if end == last:
                break
            begin = end - OVERLAP
    return count


@njit(cache=True, nogil=True)
def _mark(symbol, word, bit, sets, slot_of, touched, marks, n_touched):  # type: ignore[no-untyped-def]
    slot = slot_of[symbol]
    if slot < 0:
        slot = n_touched
        slot_of[symbol] = slot
        touched[n_touched] = symbol
        marks[slot, :sets] = np.uint64(0)
        n_touched += 1
    marks[slot, word] |= bit
    return n_touched


@njit(cache=True, nogil=True)
def _shift(places, by, sets):  # type: ignore[no-untyped-def]
    """Every place moves ``by`` (0 to 63) words on, in place."""
    if by == 0:
        return
    up = np.uint64(by)
    down = np.uint64(64 - by)
    for w in range(sets - 1, 0, -1):
        places[w] = places[w] << up | places[w - 1] >> down
    places[0] = places[0] << up


@njit(cache=True, nogil=True)
def _shift_back(places, by, sets):  # type: ignore[no-untyped-def]
    if by == 0:
        return
    down = np.uint64(by)
    up = np.uint64(64 - by)
    for w in range(sets - 1):
        places[w] = places[w] >> down | places[w + 1] << up
    places[sets - 1] = places[sets - 1] >> down


@njit(cache=True, nogil=True)
def _empty(places, sets):  # type: ignore[no-untyped-def]
    for w in range(sets):
        if places[w] != np.uint64(0):
            return False
    return True


@njit(cache=True, nogil=True)
def _stands(program, start, stop, slot_of, marks, quoted, stack, length, sets):  # type: ignore[no-untyped-def]
    """Run one cue's program; whether it stands in the sentence."""
    top = -1
    at = start - 1
    while at + 1 < stop:
        at += 1
        op = program[at, 0]
        a = program[at, 1]
        if op == Op.STEP.value:
            slot = slot_of[a]
            if slot < 0:
                stack[top, :sets] = np.uint64(0)
            else:
                for w in range(sets):
                    stack[top, w] &= marks[slot, w]
                _shift(stack[top], program[at, 2], sets)
            if top == 0 and _empty(stack[0], sets):  # nothing can follow: on to the verdict
                while program[at, 0] < Op.MUST.value:
                    at += 1
                if program[at, 0] == Op.MUST.value:
                    return False
                top = -1
        elif op == Op.GAP.value or op == Op.BACK_GAP.value:
            done = 1
            while done <= a:
                by = min(done, a + 1 - done)
                stack[top + 1, :sets] = stack[top, :sets]
                if op == Op.GAP.value:
                    _shift(stack[top + 1], by, sets)
                else:
                    _shift_back(stack[top + 1], by, sets)
                for w in range(sets):
                    stack[top, w] |= stack[top + 1, w]
                done += by
        elif op == Op.BACK_STEP.value:
            slot = slot_of[a]
            if slot < 0:
                stack[top, :sets] = np.uint64(0)
            else:
                _shift_back(stack[top], program[at, 2], sets)
                for w in range(sets):
                    stack[top, w] &= marks[slot, w]
        elif op == Op.COPY.value:
            top += 1
            stack[top, :sets] = stack[top - 1, :sets]
        elif op == Op.COPY_SECOND.value:
            top += 1
            stack[top, :sets] = stack[top - 2, :sets]
        elif op == Op.UNITE.value:
            top -= 1
            for w in range(sets):
                stack[top, w] |= stack[top + 1, w]
        elif op == Op.DROP_SECOND.value:
            top -= 1
            stack[top, :sets] = stack[top + 1, :sets]
        elif op == Op.QUOTED.value:
            for w in range(sets):
                stack[top, w] &= quoted[w]
        elif op == Op.EVERYWHERE.value:
            top += 1
            for w in range(sets):
                stack[top, w] = ~np.uint64(0)
            if length & 63 != 63:
                stack[top, sets - 1] = (np.uint64(1) << np.uint64((length & 63) + 1)) - np.uint64(1)
        elif op == Op.WITHOUT.value:
            top -= 1
            for w in range(sets):
                stack[top, w] &= ~stack[top + 1, w]
        else:
            if _empty(stack[top], sets) == (op == Op.MUST.value):
                return False
            top -= 1
    return True
