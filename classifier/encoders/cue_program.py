"""Cues as small programs over sets of places, for the compiled matcher.

All words of all cues go into one table, so that every word of a sentence is looked up once
and known by the symbols it stands for: itself, its beginnings, the word lists it belongs to.
A cue becomes a few instructions on sets of word places, kept as bits, so that it is tried at
all places of a sentence at once (after Baeza-Yates and Gonnet 1992).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from enum import IntEnum
from functools import cache

from classifier.cues import Cue, NotHere, OneOf, Optional, Part, Word
from classifier.errors import CodebookError
from classifier.text.normal import HAN, QUOTE, normal_words

STAR = "ʭ"  # a letter no language here uses, so that it stays part of its word
MAX_GAP = 60

Symbols = frozenset[int]
Needed = tuple[Symbols, ...]  # of each set one symbol must stand in the sentence


class Op(IntEnum):
    """The instructions; each works on the topmost set of a stack, with two operands."""

    STEP = 0  # over symbol a, b words long
    GAP = 1  # over up to a words
    COPY = 2  # push the top once more
    COPY_SECOND = 3  # push the second once more
    UNITE = 4  # the top two become one
    DROP_SECOND = 5
    QUOTED = 6  # keep places behind a quotation mark
    BACK_STEP = 7  # STEP and GAP against the direction of reading
    BACK_GAP = 8
    EVERYWHERE = 9  # push the set of all places
    NOWHERE = 10  # push the empty set
    UNLESS = 11  # pass over b instructions unless symbol a stands somewhere
    WITHOUT = 12  # take the top out of the second, drop it
    MUST = 13  # drop the top; the cue fails if it is empty
    MUST_NOT = 14  # drop the top; the cue fails if it is not


Program = list[tuple[int, int, int]]


class SymbolTable:
    """From words to symbols. A symbol stands for a set of words or stems."""

    def __init__(self) -> None:
        self.exact: dict[str, list[int]] = defaultdict(list)
        self.beginnings: dict[str, list[int]] = defaultdict(list)
        self.endings: dict[str, list[int]] = defaultdict(list)
        self.others: dict[str, list[int]] = defaultdict(list)
        self.han_runs: dict[str, list[int]] = defaultdict(list)
        self.rarity: list[float] = []
        self._numbers: dict[frozenset[str], int] = {}

    def number(self, atoms: frozenset[str]) -> int:
        """The symbol of a set of single words (or of runs of Chinese characters)."""
        if atoms not in self._numbers:
            symbol = self._numbers[atoms] = len(self.rarity)
            self.rarity.append(sum(map(_rarity, atoms)))
            for atom in atoms:
                self._place(atom, symbol)
        return self._numbers[atoms]

    def _place(self, atom: str, symbol: int) -> None:
        stars = atom.count(STAR)
        if not stars:
            run = len(atom) > 1 and HAN.match(atom)
            (self.han_runs if run else self.exact)[atom].append(symbol)
        elif stars == 1 and atom.endswith(STAR):
            self.beginnings[atom[:-1]].append(symbol)
        elif stars == 1 and atom.startswith(STAR):
            self.endings[atom[1:]].append(symbol)
        else:
            self.others[atom].append(symbol)


@cache
def _atoms(text: str) -> tuple[str, ...]:
    """The words of one cue word: one, or several where it holds hyphens or apostrophes."""
    atoms: list[str] = []
    for word in normal_words(text.replace("*", STAR)):
        if HAN.match(word) and atoms and HAN.match(atoms[-1]):
            atoms[-1] += word
        elif word.strip(STAR) and word != QUOTE:
            atoms.append(word)
    if not atoms:
        raise CodebookError(f"{text!r} holds no letter or digit; a cue is made of words")
    return tuple(atoms)


@cache
def _rarity(atom: str) -> float:
    """How rare a word is taken to be, by its length; the higher, the more common."""
    return 4.0 ** -len(atom.strip(STAR))


@cache
def _length(atom: str) -> int:
    return len(atom) if HAN.match(atom) else 1


class Compiler:
    """From cues to programs over one table of symbols."""

    def __init__(self) -> None:
        self.table = SymbolTable()
        # by identity: word lists are one object in all cues
        self._done: dict[tuple[int, bool], tuple[Part, Program, Needed]] = {}
        self._options: dict[int, tuple[Part, dict[int, set[str]], list[Part]]] = {}

    def cue(self, cue: Cue) -> tuple[Program, Needed]:
        """The program of a cue, and what must stand in its sentence, the rarest first.

        Raises:
            CodebookError: the cue could stand anywhere, or has a word without letters.
        """
        program: Program = []
        needed: set[Symbols] = set()
        for parts, verdict in ((cue.required, Op.MUST), (cue.excluded, Op.MUST_NOT)):
            for part in parts:
                try:
                    steps, some = self.part(part)
                except CodebookError as exc:
                    raise CodebookError(f"cue {cue.text!r}: {exc}") from exc
                program += [(Op.EVERYWHERE, 0, 0), *steps, (verdict, 0, 0)]
                if verdict is Op.MUST:
                    needed.update(some)
        if not needed:
            raise CodebookError(f"cue {cue.text!r}: needs a word that must not be missing")
        return program, tuple(sorted(needed, key=lambda some: (self._rarity(some), sorted(some))))

    def part(self, part: Part, back: bool = False) -> tuple[Program, Needed]:
        """The steps over a part, and what it needs: nothing where it may match without."""
        key = (id(part), back)
        if key not in self._done:
            self._done[key] = (part, *self._part(part, back))
        return self._done[key][1:]

    def _part(self, part: Part, back: bool) -> tuple[Program, Needed]:
        if isinstance(part, Word):
            return self._word(part, back)
        if isinstance(part, Optional):
            steps = self.part(part.part, back)[0]
            return [(Op.COPY, 0, 0), *steps, (Op.UNITE, 0, 0)], ()
        if isinstance(part, NotHere):
            starts = self.part(part.part, back=True)[0]
            return [(Op.EVERYWHERE, 0, 0), *starts, (Op.WITHOUT, 0, 0)], ()
        if isinstance(part, OneOf):
            return self._one_of(part, back)
        made = [self.part(piece, back) for piece in part.parts]
        steps = self._chain([steps for steps, _ in made], part.gaps, back)
        return steps, tuple(some for _, needed in made for some in needed)

    def _word(self, word: Word, back: bool) -> tuple[Program, Needed]:
        atoms = _atoms(word.text)
        numbers = [self.table.number(frozenset([atom])) for atom in atoms]
        op = Op.BACK_STEP if back else Op.STEP
        steps: list[Program] = [
            [(op, number, _length(atom))] for number, atom in zip(numbers, atoms, strict=True)
        ]
        program = self._chain(steps, [0] * (len(steps) - 1), back)
        if word.quoted:
            program = [*program, (Op.QUOTED, 0, 0)] if back else [(Op.QUOTED, 0, 0), *program]
        return program, tuple(frozenset([number]) for number in numbers)

    def _one_of(self, part: OneOf, back: bool) -> tuple[Program, Needed]:
        by_length, others = self._sorted_out(part)
        options: list[tuple[Program, Needed]] = []
        needed: set[int] = set()
        free = False
        for option in others:
            steps, some = self.part(option, back)
            options.append((steps, some))
            free = free or not some
            if some:
                rarest: Symbols = min(some, key=self._rarity)
                needed.update(rarest)
        op = Op.BACK_STEP if back else Op.STEP
        for length, atoms_of_length in sorted(by_length.items()):
            symbol = self.table.number(frozenset(atoms_of_length))
            options.append(([(op, symbol, length)], (frozenset([symbol]),)))
            needed.add(symbol)
        return self._either(options), () if free else (frozenset(needed),)

    def _sorted_out(self, part: OneOf) -> tuple[dict[int, set[str]], list[Part]]:
        """The options that are one word, by the word's length, and the others."""
        if id(part) in self._options:
            return self._options[id(part)][1:]
        by_length: dict[int, set[str]] = defaultdict(set)
        others: list[Part] = []
        for option in part.options:
            if isinstance(option, OneOf):
                words, more = self._sorted_out(option)
                for length, atoms in words.items():
                    by_length[length] |= atoms
                others += more
            elif isinstance(option, Word) and not option.quoted and len(_atoms(option.text)) == 1:
                (atom,) = _atoms(option.text)
                by_length[_length(atom)].add(atom)
            else:
                others.append(option)
        self._options[id(part)] = (part, by_length, others)
        return by_length, others

    def _either(self, options: list[tuple[Program, Needed]]) -> Program:
        """Any of some programs; one whose rarest symbol does not stand is passed over."""
        if len(options) == 1:
            return options[0][0]
        program: Program = [(Op.NOWHERE, 0, 0)]
        for steps, needed in options:
            tried = [(Op.COPY_SECOND, 0, 0), *steps, (Op.UNITE, 0, 0)]
            single = [some for some in needed if len(some) == 1]
            if single:
                (symbol,) = min(single, key=self._rarity)
                program.append((Op.UNLESS, symbol, len(tried)))
            program += tried
        return [*program, (Op.DROP_SECOND, 0, 0)]

    def _chain(self, steps: list[Program], gaps: Sequence[int], back: bool) -> Program:
        if back:
            steps, gaps = steps[::-1], gaps[::-1]
        program = list(steps[0])
        for gap, following in zip(gaps, steps[1:], strict=True):
            if gap:
                program.append((Op.BACK_GAP if back else Op.GAP, min(gap, MAX_GAP), 0))
            program += following
        return program

    def _rarity(self, symbols: Symbols) -> float:
        return sum(map(self.table.rarity.__getitem__, symbols))
