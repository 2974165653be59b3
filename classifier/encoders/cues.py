"""Codebook cues, compiled: which cues stand in a sentence.

All words of all cues go into one table, so that every word of a sentence is looked up once
and known by the symbols it stands for (itself, its stem, each word list it belongs to). A
cue is tried only when its rarest symbol occurs; it is then evaluated for all places of the
sentence at once, on sets of positions kept as bits (after Baeza-Yates and Gonnet 1992).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from collections.abc import Sequence as Rows
from functools import cache
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from classifier.codebook import FrameCue
from classifier.cues import Cue, NotHere, OneOf, Optional, Part, Sequence, Word
from classifier.errors import CodebookError
from classifier.text.normal import CAPITALS, HAN, QUOTE, normal_words

_STAR = "ʭ"  # a letter no language here uses, so that it stays part of its word
_QUOTED = -1  # the symbol of positions behind a quotation mark

Places = int  # a set of word positions; bit i is the place before word i
Marks = dict[int, Places]  # for every symbol that occurs, where
Step = Callable[[Places, Marks], Places]  # from places before a part to places behind it


class _Symbols:
    """The table from words to symbols."""

    def __init__(self) -> None:
        self.exact: dict[str, list[int]] = defaultdict(list)
        self.beginnings: dict[str, list[int]] = defaultdict(list)
        self.endings: dict[str, list[int]] = defaultdict(list)
        self.middles: dict[str, list[int]] = defaultdict(list)
        self.han_runs: dict[str, dict[str, list[int]]] = defaultdict(dict)
        self.rarity: list[float] = []
        self._classes: dict[frozenset[str], int] = {}
        self._known: dict[str, tuple[int, ...]] = {}

    def of_class(self, atoms: frozenset[str]) -> int:
        """The symbol of a set of single words (or of runs of Chinese characters)."""
        if atoms not in self._classes:
            symbol = self._classes[atoms] = len(self.rarity)
            self.rarity.append(sum(4.0 ** -len(atom.strip(_STAR)) for atom in atoms))
            for atom in atoms:
                self._add(atom, symbol)
        return self._classes[atoms]

    def _add(self, atom: str, symbol: int) -> None:
        if _STAR not in atom:
            if len(atom) > 1 and HAN.match(atom):
                self.han_runs[atom[:2]].setdefault(atom, []).append(symbol)
            else:
                self.exact[atom].append(symbol)
        elif atom.count(_STAR) == 1 and atom.endswith(_STAR):
            self.beginnings[atom[:-1]].append(symbol)
        elif atom.count(_STAR) == 1 and atom.startswith(_STAR):
            self.endings[atom[1:]].append(symbol)
        else:
            self.middles[atom].append(symbol)

    def of_word(self, word: str) -> tuple[int, ...]:
        """All symbols that a word of a sentence stands for."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._look_up(word)
        return known

    def _look_up(self, word: str) -> tuple[int, ...]:
        bare = word.rstrip(CAPITALS)
        found = set(self.exact.get(bare, ()))
        if bare != word:
            found.update(self.exact.get(word, ()))
        for cut in range(1, len(bare) + 1):
            found.update(self.beginnings.get(bare[:cut], ()))
            found.update(self.endings.get(bare[-cut:], ()))
        for atom, symbols in self.middles.items():
            if _matches(atom, bare):
                found.update(symbols)
        return tuple(sorted(found))

    def mark(self, words: Rows[str]) -> tuple[Marks, int]:
        """Where every symbol occurs in a sentence, and how many words it has."""
        marks: Marks = {}
        of_word, han_runs, known = self.of_word, self.han_runs, self._known
        if QUOTE in words:
            words, quoted = _without_quotes(words)
            marks[_QUOTED] = quoted
        for at, word in enumerate(words):
            for symbol in known.get(word) or of_word(word):
                marks[symbol] = marks.get(symbol, 0) | 1 << at
            if word >= "㐀" and at + 1 < len(words):
                for run, symbols in han_runs.get(word + words[at + 1], {}).items():
                    if len(run) == 2 or "".join(words[at : at + len(run)]) == run:
                        for symbol in symbols:
                            marks[symbol] = marks.get(symbol, 0) | 1 << at
        return marks, len(words)


def _without_quotes(words: Rows[str]) -> tuple[list[str], Places]:
    """The words, and the places behind a quotation mark."""
    kept: list[str] = []
    quoted = 0
    for word in words:
        if word == QUOTE:
            quoted |= 1 << len(kept)
        else:
            kept.append(word)
    return kept, quoted


def _matches(atom: str, word: str) -> bool:
    first, *inner, last = atom.split(_STAR)
    at = len(first)
    if not word.startswith(first) or len(word) < at + len(last) or not word.endswith(last):
        return False
    for piece in inner:
        at = word.find(piece, at, len(word) - len(last))
        if at < 0:
            return False
        at += len(piece)
    return True


@cache
def _atoms(text: str) -> list[str]:
    """The words of one cue word: one, or several where it holds hyphens or apostrophes."""
    atoms: list[str] = []
    for word in normal_words(text.replace("*", _STAR)):
        if HAN.match(word) and atoms and HAN.match(atoms[-1]):
            atoms[-1] += word
        elif word.strip(_STAR) and word != QUOTE:
            atoms.append(word)
    if not atoms:
        raise CodebookError(f"{text!r} holds no letter or digit; a cue is made of words")
    return atoms


def _length(atom: str) -> int:
    return len(atom) if HAN.match(atom) else 1


class _Compiler:
    """From parts of cues to steps, with the symbols one of which must occur for a match."""

    def __init__(self, symbols: _Symbols) -> None:
        self.symbols = symbols
        self._done: dict[int, tuple[Part, Step, frozenset[int] | None]] = {}

    def part(self, part: Part) -> tuple[Step, frozenset[int] | None]:
        """The step over a part; None where it can match without any symbol."""
        if id(part) not in self._done:  # word lists are one object in all cues
            self._done[id(part)] = (part, *self._part(part))
        return self._done[id(part)][1:]

    def _part(self, part: Part) -> tuple[Step, frozenset[int] | None]:
        if isinstance(part, Word):
            return self._word(part)
        if isinstance(part, Optional):
            inner = self.part(part.part)[0]
            return lambda places, marks: places | inner(places, marks), None
        if isinstance(part, NotHere):
            return self._not_here(part), None
        if isinstance(part, OneOf):
            return self._one_of(part)
        return self._sequence(part)

    def _word(self, word: Word) -> tuple[Step, frozenset[int]]:
        atoms = _atoms(word.text)
        numbers = [self.symbols.of_class(frozenset([atom])) for atom in atoms]
        steps = [_over(n, _length(atom)) for n, atom in zip(numbers, atoms, strict=True)]
        needed = frozenset([min(numbers, key=lambda n: self.symbols.rarity[n])])
        step = _chain(steps, [0] * (len(steps) - 1))
        if not word.quoted:
            return step, needed
        return lambda places, marks: step(places & marks.get(_QUOTED, 0), marks), needed

    def _one_of(self, part: OneOf) -> tuple[Step, frozenset[int] | None]:
        by_length: dict[int, set[str]] = defaultdict(set)
        others: list[Part] = []
        for option in _flat(part):
            atoms = _atoms(option.text) if isinstance(option, Word) and not option.quoted else []
            if len(atoms) == 1:
                by_length[_length(atoms[0])].add(atoms[0])
            else:
                others.append(option)
        steps: list[Step] = []
        needed: set[int] = set()
        free = False
        for length, atoms_of_length in sorted(by_length.items()):
            symbol = self.symbols.of_class(frozenset(atoms_of_length))
            steps.append(_over(symbol, length))
            needed.add(symbol)
        for option in others:
            step, some = self.part(option)
            steps.append(step)
            free = free or some is None
            needed.update(some or ())
        return _either(steps), None if free else frozenset(needed)

    def _sequence(self, part: Sequence) -> tuple[Step, frozenset[int] | None]:
        made = [self.part(piece) for piece in part.parts]
        return _chain([step for step, _ in made], part.gaps), self.rarest(s for _, s in made)

    def _not_here(self, part: NotHere) -> Step:
        inner = self.part(part.part)[0]

        def step(places: Places, marks: Marks) -> Places:
            left = 0
            while places:
                place = places & -places
                places ^= place
                if not inner(place, marks):
                    left |= place
            return left

        return step

    def rarest(self, choices: Iterable[frozenset[int] | None]) -> frozenset[int] | None:
        """Of several sets of symbols the one that will be seen least."""
        known = [some for some in choices if some]
        return min(known, key=lambda some: sum(self.symbols.rarity[n] for n in some), default=None)


def _flat(part: Part) -> Iterable[Part]:
    if isinstance(part, OneOf):
        for option in part.options:
            yield from _flat(option)
    else:
        yield part


def _over(symbol: int, length: int) -> Step:
    return lambda places, marks: (places & marks.get(symbol, 0)) << length


def _either(steps: list[Step]) -> Step:
    if len(steps) == 1:
        return steps[0]

    def step(places: Places, marks: Marks) -> Places:
        ends = 0
        for option in steps:
            ends |= option(places, marks)
        return ends

    return step


def _chain(steps: list[Step], gaps: Rows[int]) -> Step:
    if len(steps) == 1:
        return steps[0]
    first, rest = steps[0], list(zip(gaps, steps[1:], strict=True))

    def step(places: Places, marks: Marks) -> Places:
        places = first(places, marks)
        for gap, following in rest:
            if not places:
                return 0
            if gap:
                places = _widened(places, gap)
            places = following(places, marks)
        return places

    return step


def _widened(places: Places, gap: int) -> Places:
    """The places, and all up to ``gap`` words behind them."""
    done = 1
    while done <= gap:
        shift = min(done, gap + 1 - done)
        places |= places << shift
        done += shift
    return places


class CueMatcher:
    """Finds the cues of a codebook in sentences."""

    def __init__(self, cues: Rows[Cue]) -> None:
        self._symbols = _Symbols()
        compiler = _Compiler(self._symbols)
        self._always: list[int] = []
        self._by_symbol: dict[int, list[int]] = defaultdict(list)
        self._steps: list[tuple[list[Step], list[Step]]] = []
        for index, cue in enumerate(cues):
            required = [compiler.part(part) for part in cue.required]
            excluded = [compiler.part(part)[0] for part in cue.excluded]
            self._steps.append(([step for step, _ in required], excluded))
            needed = compiler.rarest(some for _, some in required)
            if needed is None:
                self._always.append(index)
            for symbol in needed or ():
                self._by_symbol[symbol].append(index)

    def find(self, words: Rows[str]) -> list[int]:
        """The numbers of the cues that stand in a sentence given by its normal words."""
        marks, length = self._symbols.mark(words)
        candidates = set(self._always)
        by_symbol = self._by_symbol
        for symbol in marks:
            if symbol in by_symbol:
                candidates.update(by_symbol[symbol])
        everywhere = (1 << length) - 1
        found = []
        for index in candidates:
            required, excluded = self._steps[index]
            if all(step(everywhere, marks) for step in required) and not any(
                step(everywhere, marks) for step in excluded
            ):
                found.append(index)
        return sorted(found)


class CueEncoder:
    """The cues of a codebook as features, so that a head learns how far to trust them.

    For every frame a flag that any of its cues stands in the sentence, and one that two do;
    then one flag for every cue, hints included. Only the cues of a sentence's language are
    tried; where that is unknown or has no cues, those of all languages are.

    Args:
        cues: the parsed cues, in the order of their features.
        frames: the frame names.
        weight: the value of a flag for a frame.
        single_weight: the value of a flag for a single cue.
    """

    kind = "cues"

    def __init__(
        self,
        cues: Rows[FrameCue],
        frames: Rows[str],
        weight: float = 1.0,
        single_weight: float = 0.5,
    ) -> None:
        self.cues = list(cues)
        self.frames = list(frames)
        self.weight = weight
        self.single_weight = single_weight
        self._frame_of = [self.frames.index(cue.frame) for cue in self.cues]
        self._numbers: dict[str, list[int]] = defaultdict(list)
        for number, cue in enumerate(self.cues):
            self._numbers[cue.lang].append(number)
        self._matchers: dict[str, CueMatcher] = {}

    @property
    def n_features(self) -> int:
        """Two flags a frame and one a cue."""
        return 2 * len(self.frames) + len(self.cues)

    def fit(self, texts: Rows[str]) -> Self:
        """Nothing is learned here."""
        return self

    def find(self, text: str, lang: str | None = None) -> list[int]:
        """The numbers of the cues that stand in a sentence."""
        words = normal_words(text)
        if lang in self._numbers:
            return self._find(words, lang)
        return sorted(number for each in self._numbers for number in self._find(words, each))

    def _find(self, words: Rows[str], lang: str) -> list[int]:
        numbers = self._numbers[lang]
        if lang not in self._matchers:
            self._matchers[lang] = CueMatcher([self.cues[number].cue for number in numbers])
        return [numbers[i] for i in self._matchers[lang].find(words)]

    def transform(self, texts: Rows[str], langs: Rows[str | None] | None = None) -> csr_matrix:
        """The flags of every sentence: (n_texts, n_features)."""
        n_frames = len(self.frames)
        indices: list[int] = []
        values: list[float] = []
        ends = [0]
        for text, lang in zip(texts, langs or [None] * len(texts), strict=True):
            found = self.find(text, lang)
            counts = Counter(self._frame_of[i] for i in found if not self.cues[i].cue.hint)
            for frame, count in sorted(counts.items()):
                flags = [frame, n_frames + frame] if count > 1 else [frame]
                indices.extend(flags)
                values.extend([self.weight] * len(flags))
            indices.extend(2 * n_frames + i for i in found)
            values.extend([self.single_weight] * len(found))
            ends.append(len(indices))
        return csr_matrix((values, indices, ends), shape=(len(texts), self.n_features))

    def options(self) -> dict[str, Any]:
        """The values of the flags; the cues stand in the codebook."""
        return {"weight": self.weight, "single_weight": self.single_weight}

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """Nothing is learned here."""
        return {}

    def dictionary(
        self, texts: Rows[str], langs: Rows[str | None] | None = None
    ) -> NDArray[np.bool_]:
        """The cues alone as a classifier: whether any stands there, (n_texts, n_frames)."""
        any_cue = self.transform(texts, langs)[:, : len(self.frames)]
        flags: NDArray[np.bool_] = any_cue.toarray() > 0
        return flags
