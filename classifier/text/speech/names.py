"""Names in languages that write them with capitals: groups of words without their titles."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from classifier.text.speech.speech_words import spell_out

_TOKEN = re.compile(r"[^\W_]+(?:[-‑'’&][^\W_]+)*")
_ELISION = re.compile(r"(?:[ldcjmnst]|qu|jusqu|lorsqu|puisqu)['’]", re.IGNORECASE)
_GAP = re.compile(r"[\s\xa0]*")
_INITIAL = re.compile(r"\.?[\s\xa0]*")
_OCCUPATION = re.compile(r".{3}(?:er|in|or|ist|ent|ant|mann|frau|chef|ler|oge|bischof|vater|rat)$")
_INFLECTED = re.compile(r"(?:liche|ige|ische|reiche|ende|rte|ete|ste)[nrs]?$")
_ADJECTIVE = re.compile(r"[a-zäöüß]+(?:e|en|er|es|em)$")
_ABBREVIATION = re.compile(r"(?:\.[A-Z]{1,2})+\.?")  # the rest of "U.S." and "EE.UU."
_LONGEST = 6  # words of a name
Found = tuple[int, int, bool]  # first word, the word behind, whether a title led to it


@dataclass(frozen=True, slots=True)
class Mention:
    """Who a verb's subject is: a name, a role ("the minister") or a pronoun, and its place."""

    kind: Literal["name", "role", "pronoun"]
    start: int
    end: int
    definite: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """A word and its place; ``lower`` is how lists write it."""

    start: int
    end: int
    text: str
    lower: str
    capital: bool


@cache
def speaker_lists(lang: str) -> dict[str, frozenset[str]]:
    """The lists of ``speakers.toml`` for a language; none for one it does not know."""
    data = files("classifier.text.speech").joinpath("speakers.toml").read_text("utf-8")
    found: dict[str, list[str] | str] = tomllib.loads(data).get(lang, {})
    return {
        name: frozenset(phrase for entry in entries for phrase in spell_out(entry))
        for name, entries in found.items()
    }


@cache
def _titles(lang: str) -> frozenset[str]:
    """The words of all titles."""
    return frozenset(w for t in speaker_lists(lang).get("title", ()) for w in re.split("[ -]", t))


@lru_cache(maxsize=2)
def _small_words(text: str) -> frozenset[str]:
    """The words that a text writes in lower case: no names, even where they begin a sentence."""
    return frozenset(word for word in text.split() if word.isalpha() and word.islower())


def _words(text: str, start: int, end: int) -> list[Word]:
    """The words of a piece of text; elided articles and the "s" of "Ada's" are their own."""
    words = []
    for match in _TOKEN.finditer(text, start, end):
        at, stop = match.span()
        elided = _ELISION.match(text, at, stop)
        if elided and elided.end() < stop:
            words.append(_word(text, at, elided.end()))
            at = elided.end()
        if stop - at > 2 and text[stop - 2 : stop] in ("'s", "’s"):
            words.append(_word(text, at, stop - 2))
            at = stop - 1
        words.append(_word(text, at, stop))
    return words


def _word(text: str, start: int, end: int) -> Word:
    piece = text[start:end]
    lower = piece.lower().replace("ё", "е").strip("'’")
    return Word(start, end, piece, lower, piece[:1].isupper())


class Clause:
    """The words of a sentence, or of what stands outside its quotation, and the names in it."""

    def __init__(self, text: str, start: int, end: int, lang: str) -> None:
        self.text = text
        self.lang = lang
        self.words = _words(text, start, end)
        self.lists = speaker_lists(lang)
        self._titles = _titles(lang)
        self._long_titles = tuple(title for title in self._titles if len(title) > 4)

    def place(self, offset: int) -> int:
        """The first word that begins at or behind an offset."""
        return next((i for i, w in enumerate(self.words) if w.start >= offset), len(self.words))

    def joined(self, i: int) -> bool:
        """Whether word ``i`` follows the one before it without punctuation."""
        before = self.words[i - 1]
        gap = self.text[before.end : self.words[i].start]
        initial = len(before.text) == 1 or before.lower in speaker_lists("any")["abbreviated"]
        return bool((_INITIAL if initial else _GAP).fullmatch(gap))

    def is_title(self, word: Word) -> bool:
        """Whether a word is a title; in German also as the end of a longer one."""
        lower = word.lower.rsplit("-", 1)[-1]
        return lower in self._titles or (self.lang == "de" and lower.endswith(self._long_titles))

    def governed(self, first: int, floor: int) -> bool:
        """Whether a preposition stands before a word, or before its article."""
        at = first
        while at > floor and self.joined(at):
            at -= 1
            if self.words[at].lower in self.lists["preposition"]:
                return True
            if self.words[at].lower not in self.lists["article"]:
                return False
        return False

    def describes(self, stop: int) -> bool:
        """Whether an English group only describes the noun behind it: "U.S. trade data"."""
        if self.lang != "en" or stop >= len(self.words) or not self.joined(stop):
            return False
        word = self.words[stop].lower
        known = self.lists["preposition"] | self.lists["lead"] | self.lists["crowd"]
        verb = word.endswith(("ing", "ed", "ly")) or word in self.lists["behind"]
        return word == "s" or not (word in known or verb)

    def mention(self, found: Found) -> Mention:
        """A name that was found, with its place."""
        end = self.words[found[1] - 1].end
        rest = (
            _ABBREVIATION.match(self.text, end) if self.words[found[1] - 1].text.isupper() else None
        )
        return Mention("name", self.words[found[0]].start, rest.end() if rest else end)

    def role(self, first: int, stop: int, article: str) -> Mention | None:
        """The title among some words, definite unless "a" or its like stands before it."""
        for word in self.words[first:stop]:
            if self.is_title(word):
                definite = article not in self.lists["indefinite"]
                return Mention("role", word.start, word.end, definite)
        return None

    def group(self, i: int) -> tuple[int, int]:
        """The run of capitalised words that word ``i`` belongs to, as a range of words."""
        first, stop = i, i + 1
        while first > 0:
            at = self._beyond_particles(first - 1, -1)
            if at < 0 or not self.words[at].capital or not self._run(at, first):
                break
            first = at
        while stop < len(self.words):
            at = self._beyond_particles(stop, 1)
            if at >= len(self.words) or not self.words[at].capital or not self._run(stop - 1, at):
                break
            if at > stop and self.lang in ("es", "fr") and stop - first > 1:
                break  # "Ada Bruno de la Mairie"
            stop = at + 1
        return first, stop

    def _beyond_particles(self, i: int, step: int) -> int:
        """The first word beyond one or two particles ("von der") in a direction, or ``i``."""
        at = i
        while 0 <= at < len(self.words) and abs(at - i) < 2 and not self.words[at].capital:
            lower = self.words[at].lower
            before = self.words[at - 1].lower if at else ""
            behind_von = lower in ("der", "den") and before in ("von", "van")
            if not (lower in speaker_lists("any")["particle"] or behind_von):
                break
            at += step
        return at

    def _run(self, first: int, last: int) -> bool:
        """Whether words stand together, and no title is tied to a place ("minister of")."""
        if last - first > 1 and self.is_title(self.words[first]):
            return False
        return all(self.joined(i) for i in range(first + 1, last + 1))

    def name_in(self, first: int, stop: int) -> Found | None:
        """The name in a group, without titles and words that are no names."""
        words, crowd = self.words, self.lists["crowd"]
        behind = words[stop] if stop < len(words) and self.joined(stop) else None
        if behind and not behind.capital and self.is_title(behind):
            return None  # "Foreign Ministry spokesman": the group only describes the title
        titles = [i for i in range(first, stop) if self.is_title(words[i])]
        first = titles[-1] + 1 if titles else first
        while first < stop and (
            words[first].lower in crowd
            or (first == 0 and words[0].lower in _small_words(self.text))
        ):
            if words[first].lower in self.lists["preposition"]:
                return None  # "Seit Jahren"
            first += 1
        while stop > first and (words[stop - 1].lower in crowd or not words[stop - 1].capital):
            stop -= 1
        if not 0 < stop - first <= _LONGEST or not (titles or words[first].capital):
            return None
        led = first > 0 and self.joined(first) and self.is_title(words[first - 1])
        found = first, stop, bool(titles) or led
        if self.lang == "ru":
            return self._russian(*found)
        return self._german(*found) if self.lang == "de" else found

    def _russian(self, first: int, stop: int, titled: bool) -> Found | None:
        """Russian hangs nouns in the genitive on nouns: "спикер Госдумы Вячеслав Володин"."""
        words = self.words
        tied = words[first].text.isupper() or re.search("[ыияаею]$", words[first].text)
        led = titled or (first > 0 and self.joined(first))
        if stop - first >= 3 and tied and led:
            first = stop - 2
        before = self.words[first - 1] if first and self.joined(first) else None
        if stop - first > 1 or before is None:
            return first, stop, titled
        name = self.words[first].text
        lists = self.lists
        free = before.lower in lists["lead"] | lists["crowd"] and not titled and not before.capital
        if not free and (name.isupper() or re.search("[ыияею]$", name)):
            return None
        common = self.is_title(before) or before.lower in lists["crowd"]
        return None if before.capital and not common else (first, stop, titled)

    def _german(self, first: int, stop: int, titled: bool) -> Found | None:
        """German writes every noun with a capital: only what nothing else explains is a name."""
        words = self.words
        before = words[first - 1] if first and self.joined(first) else None
        described = before is not None and (
            before.lower in self.lists["article"]
            or (bool(_ADJECTIVE.match(before.lower)) and not titled)
        )
        while (
            not titled
            and stop - first > 2
            and (described or _OCCUPATION.search(words[first].lower))
        ):
            first += 1
            described = False
        length = stop - first
        named = titled or (length > 1 and not self._described(words[first].text))
        if length == 1 and not titled:
            named = self._known(words[first].text)
        return (
            (first, stop, titled) if length <= 3 and named and (titled or not described) else None
        )

    def _described(self, word: str) -> bool:
        """Whether a first word is a genitive or an adjective: "Adas Vater", "Zahlreiche Gäste"."""
        genitive = word[-1] == "s" and word.lower() not in self.lists["given"]
        return genitive or _INFLECTED.search(word) is not None

    def _known(self, word: str) -> bool:
        """Whether a single word is an abbreviation, or a family name given in full elsewhere."""
        full = rf"(?<!\w)([A-ZÄÖÜ][\w-]+|Dr\.|Prof\.) {re.escape(word)}(?!\w)"
        found = re.search(full, self.text)
        nobody = self.lists["crowd"] | self.lists["article"]
        return (word.isupper() and len(word) > 1) or (
            found is not None and found[1].lower() not in nobody
        )
