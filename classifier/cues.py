"""Cues: readable patterns that usually announce a frame.

A cue is one line of a codebook. It is written in words, read within one sentence, and
matches whatever the case, the punctuation and the kind of quotation marks or dashes.

=====================  ==========================================================
``internal affairs``   these words, next to each other
``interfer*``          a word that begins so (``*politik``, ``*politik*``: ends so, holds it)
``a … b``              at most six words between (``…3``: at most three)
``a ~ b``              the same, in either order (``~3``: at most three between)
``a b|c``              either ``a b`` or ``c``: ``|`` reaches as far as the bracket,
                       ``&`` or the end, so write ``a (b|c)`` for ``a b`` or ``a c``
``(the)?``             may be missing
``a !b``               not followed by b
``"virus``             behind an opening quotation mark
``US``                 in capitals only
``$disease``           a word list of the codebook
``a|b & c``            both stand in the sentence, in any order
``a & !b``             a stands in it and b does not
``? a``                a hint: the model weighs it, the dictionary does not count it
=====================  ==========================================================

Every Chinese character counts as a word of its own, so that ``干涉 … 内政`` reads
as expected and ``命运共同体`` is found within longer runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from classifier.errors import CodebookError

DEFAULT_GAP = 6


@dataclass(frozen=True, slots=True)
class Word:
    """One word as it is written in a cue, stars and all."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts in order; ``gaps[i]`` words at most between part ``i`` and part ``i + 1``."""

    parts: tuple[Part, ...]
    gaps: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """Any one of the options."""

    options: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Optional:
    """A part that may be missing."""

    part: Part


@dataclass(frozen=True, slots=True)
class NotHere:
    """A part that must not stand at this place."""

    part: Part


Part = Word | Sequence | OneOf | Optional | NotHere


@dataclass(frozen=True, slots=True)
class Cue:
    """A parsed cue: what must stand in a sentence, and what must not."""

    text: str
    required: tuple[Part, ...]
    excluded: tuple[Part, ...]
    hint: bool = False


_TOKEN = re.compile(r'\s*(?:(…|\.\.\.|~)(\d*)|([&|()!?])|(\$\w+)|("?)([^\s…~&|()!?$"]+))')


def parse_cue(text: str, lists: Mapping[str, Part] | None = None) -> Cue:
    """Parse one cue.

    Args:
        text: the cue as it stands in the codebook.
        lists: parsed word lists, see :func:`parse_lists`.

    Raises:
        CodebookError: the cue is not in the syntax above; the message shows the place.
    """
    return _Parser(text, lists or {}).cue()


def parse_lists(lists: Mapping[str, str]) -> dict[str, Part]:
    """Parse the word lists of one language; a list may use those written above it.

    Raises:
        CodebookError: a list is not in the syntax of cues; the message shows the place.
    """
    parsed: dict[str, Part] = {}
    for name, text in lists.items():
        try:
            parsed[name] = _Parser(text, parsed).only_options()
        except CodebookError as exc:
            raise CodebookError(f"word list {name!r}: {exc}") from exc
    return parsed


class _Parser:
    def __init__(self, text: str, lists: Mapping[str, Part]) -> None:
        self.text = text
        self.lists = lists
        self.tokens: list[tuple[str, str, int]] = []
        self.at = 0
        position = 0
        end = len(text.rstrip())
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:
                raise self._error("cannot read this", position)
            gap, number, mark, name, quote, word = match.groups()
            start = match.end() - len(match[0].lstrip())
            if gap:
                kind = "…" if gap != "~" else "~"
                self.tokens.append((kind, number, start))
            elif mark:
                self.tokens.append((mark, mark, start))
            elif name:
                self.tokens.append(("$", name[1:], start))
            else:
                self.tokens.append(("word", quote + word, start))
            position = match.end()
        self.tokens.append(("", "", len(text)))

    def _error(self, problem: str, position: int | None = None) -> CodebookError:
        if position is None:
            position = self.tokens[self.at][2]
        return CodebookError(f"cue {self.text!r}, character {position + 1}: {problem}")

    def _peek(self) -> str:
        return self.tokens[self.at][0]

    def _take(self) -> str:
        value = self.tokens[self.at][1]
        self.at += 1
        return value

    def cue(self) -> Cue:
        hint = self._peek() == "?"
        if hint:
            self._take()
        required: list[Part] = []
        excluded: list[Part] = []
        while True:
            side = required
            if self._peek() == "!":
                self._take()
                side = excluded
            side.append(self._options())
            if self._peek() != "&":
                break
            self._take()
        if self._peek():
            raise self._error("expected a word, '|', '&' or the end; is a bracket missing?")
        if not required:
            raise self._error("a cue needs something that must stand in the sentence")
        return Cue(self.text, tuple(required), tuple(excluded), hint)

    def only_options(self) -> Part:
        part = self._options()
        if self._peek():
            raise self._error("expected a word, '|' or the end")
        return part

    def _options(self) -> Part:
        options = [self._near()]
        while self._peek() == "|":
            self._take()
            options.append(self._near())
        return options[0] if len(options) == 1 else OneOf(tuple(options))

    def _near(self) -> Part:
        first = self._sequence()
        if self._peek() != "~":
            return first
        gap = int(self._take() or DEFAULT_GAP)
        second = self._sequence()
        return OneOf((Sequence((first, second), (gap,)), Sequence((second, first), (gap,))))

    def _sequence(self) -> Part:
        parts = [self._part()]
        gaps: list[int] = []
        while self._peek() in ("word", "(", "$", "!", "…"):
            gap = 0
            if self._peek() == "…":
                gap = int(self._take() or DEFAULT_GAP)
            gaps.append(gap)
            parts.append(self._part())
        return parts[0] if len(parts) == 1 else Sequence(tuple(parts), tuple(gaps))

    def _part(self) -> Part:
        kind = self._peek()
        if kind == "!":
            self._take()
            return NotHere(self._part())
        part: Part
        if kind == "word":
            word = self._take()
            part = Word(word.lstrip('"'), quoted=word.startswith('"'))
            if not part.text.strip("*"):
                self.at -= 1
                raise self._error("'*' needs letters beside it")
        elif kind == "$":
            part = self._list()
        elif kind == "(":
            self._take()
            part = self._options()
            if self._peek() != ")":
                raise self._error("expected ')'")
            self._take()
        else:
            raise self._error("expected a word, '(' or '$name'")
        if self._peek() == "?":
            self._take()
            part = Optional(part)
        return part

    def _list(self) -> Part:
        name = self.tokens[self.at][1]
        if name not in self.lists:
            known = ", ".join(sorted(self.lists)) or "none"
            raise self._error(f"no word list named {name!r} above; there are: {known}")
        self._take()
        return self.lists[name]
