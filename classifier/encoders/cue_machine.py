"""The machine that runs the programs of cues on sets of word places, 64 places a number."""

from __future__ import annotations

import numpy as np

from classifier.encoders.cue_program import Op
from classifier.text.compiled import lean

DEPTH = 24  # of the stack


@lean
def stands(program, start, stop, visit, marks, quoted, stack, length, sets):  # type: ignore[no-untyped-def]
    """Run one cue's program; whether it stands in a sentence of so many words.

    Symbol ``a`` stands at the places ``marks[a, 1:]`` if ``marks[a, 0]`` is this ``visit``,
    nowhere otherwise; a set of places takes ``sets`` numbers.
    """
    top = -1
    at = start - 1
    while at + 1 < stop:
        at += 1
        op = program[at, 0]
        a = program[at, 1]
        if op == Op.STEP.value:
            _keep_marked(stack, top, visit, marks, a, sets)
            _shift(stack, top, program[at, 2], sets)
            if top == 0 and _empty(stack, 0, sets):  # nothing can follow: on to the verdict
                while program[at, 0] < Op.MUST.value:
                    at += 1
                if program[at, 0] == Op.MUST.value:
                    return False
                top = -1
        elif op == Op.UNLESS.value:
            if marks[a, 0] != visit:
                at += program[at, 2]
        elif op == Op.GAP.value or op == Op.BACK_GAP.value:
            done = 1
            while done <= a:
                by = min(done, a + 1 - done)
                _copy(stack, top, top + 1, sets)
                if op == Op.GAP.value:
                    _shift(stack, top + 1, by, sets)
                else:
                    _shift_back(stack, top + 1, by, sets)
                for w in range(sets):
                    stack[top, w] |= stack[top + 1, w]
                done += by
        elif op == Op.BACK_STEP.value:
            _shift_back(stack, top, program[at, 2], sets)
            _keep_marked(stack, top, visit, marks, a, sets)
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
        elif op == Op.NOWHERE.value:
            top += 1
            for w in range(sets):
                stack[top, w] = np.uint64(0)
        elif op == Op.WITHOUT.value:
            top -= 1
            for w in range(sets):
                stack[top, w] &= ~stack[top + 1, w]
        else:
            if _empty(stack, top, sets) == (op == Op.MUST.value):
                return False
            top -= 1
    return True


@lean
def _keep_marked(stack, top, visit, marks, symbol, sets):  # type: ignore[no-untyped-def]
    for w in range(sets):
        stack[top, w] &= marks[symbol, 1 + w] if marks[symbol, 0] == visit else np.uint64(0)


@lean
def _copy(stack, source, target, sets):  # type: ignore[no-untyped-def]
    for w in range(sets):
        stack[target, w] = stack[source, w]


@lean
def _shift(stack, top, by, sets):  # type: ignore[no-untyped-def]
    """Every place moves ``by`` (0 to 63) words on, in place."""
    if by:
        up = np.uint64(by)
        down = np.uint64(64 - by)
        for w in range(sets - 1, 0, -1):
            stack[top, w] = stack[top, w] << up | stack[top, w - 1] >> down
        stack[top, 0] = stack[top, 0] << up


@lean
def _shift_back(stack, top, by, sets):  # type: ignore[no-untyped-def]
    if by:
        down = np.uint64(by)
        up = np.uint64(64 - by)
        for w in range(sets - 1):
            stack[top, w] = stack[top, w] >> down | stack[top, w + 1] << up
        stack[top, sets - 1] = stack[top, sets - 1] >> down


@lean
def _empty(stack, top, sets):  # type: ignore[no-untyped-def]
    for w in range(sets):
        if stack[top, w] != np.uint64(0):
            return False
    return True
