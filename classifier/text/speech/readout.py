"""Chinese readouts: reports of talks that go on for many sentences after one "X said,"."""

from __future__ import annotations

from classifier.text.compiled import lean
from classifier.text.speech.speech_words import HEARER, MUST, NARRATE, READOUT
from classifier.text.speech.spoken_words import BY_VERB, HAS_COMMA, HAS_MARK, HAS_OPENING, has_class

_OPENS_WITHIN = 36  # characters before the verb of saying


@lean
def opens_readout(marker, kind, words, lengths):  # type: ignore[no-untyped-def]
    """Whether a Chinese sentence begins "X said," so that what follows may still be X's."""
    before = words[4]
    if kind != BY_VERB or marker > _OPENS_WITHIN:
        return False
    for i in range(marker + 1):
        if before[i] & (HAS_OPENING | HAS_MARK):
            return False
    return before[marker + lengths[marker]] & HAS_COMMA > 0


@lean
def _asks(codes, end):  # type: ignore[no-untyped-def]
    return codes[end - 1] in (0x3F, 0xFF1F)


@lean
def reads_out(count, classes, inside, onward, readout, near, broken, codes, end):  # type: ignore[no-untyped-def]
    """Whether a Chinese sentence without a verb of saying is part of the report of a talk."""
    if broken == 2 or count == 0 or inside[0] >= 0:
        return False
    if classes[0] & MUST and near:
        return True
    for i in range(count):
        if classes[i] & READOUT and inside[i] < 0:
            return True
    if not readout or onward:
        return readout
    told = has_class(count, classes, NARRATE) and not has_class(count, classes, HEARER)
    return broken == 0 and not told and not _asks(codes, end)
