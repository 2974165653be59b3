"""The machine that runs the programs of cues on sets of word places."""

from __future__ import annotations

import numpy as np
from numba import njit

from classifier.encoders.cue_program import Op

DEPTH = 24  # of the stack


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


@njit(cache=True, nogil=True, inline="always")
def _copy(stack, source, target, sets):  # type: ignore[no-untyped-def]
    for w in range(sets):
        stack[target, w] = stack[source, w]


@njit(cache=True, nogil=True)
def stands(program, start, stop, visits, visit, marks, quoted, stack, length, sets):  # type: ignore[no-untyped-def]
    """Run one cue's program; whether it stands in the sentence.

    Symbol ``a`` stands in it where ``visits[a] == visit``, at the places
    ``marks[a * sets : (a + 1) * sets]``.
    """
    top = -1
    at = start - 1
    while at + 1 < stop:
        at += 1
        op = program[at, 0]
        a = program[at, 1]
        if op == Op.STEP.value:
            here = visits[a] == visit
            for w in range(sets):
                stack[top, w] = stack[top, w] & marks[a * sets + w] if here else np.uint64(0)
            if here:
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
                _copy(stack, top, top + 1, sets)
                if op == Op.GAP.value:
                    _shift(stack[top + 1], by, sets)
                else:
                    _shift_back(stack[top + 1], by, sets)
                for w in range(sets):
                    stack[top, w] |= stack[top + 1, w]
                done += by
        elif op == Op.BACK_STEP.value:
            here = visits[a] == visit
            if here:
                _shift_back(stack[top], program[at, 2], sets)
            for w in range(sets):
                stack[top, w] = stack[top, w] & marks[a * sets + w] if here else np.uint64(0)
        elif op == Op.COPY.value:
            top += 1
            _copy(stack, top - 1, top, sets)
        elif op == Op.COPY_SECOND.value:
            top += 1
            _copy(stack, top - 2, top, sets)
        elif op == Op.UNITE.value:
            top -= 1
            for w in range(sets):
                stack[top, w] |= stack[top + 1, w]
        elif op == Op.DROP_SECOND.value:
            top -= 1
            _copy(stack, top + 1, top, sets)
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
