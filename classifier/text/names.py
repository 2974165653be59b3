"""The subject of a verb of saying, in languages that write names with capitals.

No parser: the noun group next to the verb, on the side where the language puts it, without its
titles. What cannot be told safely is None.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

from classifier.text.speech_words import spell_out

_TOKEN = re.compile(r"[^\W_]+(?:[-‑'’&][^\W_]+)*")
_ELISION = re.compile(r"(?:[ldcjmnst]|qu|jusqu|lorsqu|puisqu)['’]", re.IGNORECASE)
_PARTICLES = frozenset("de del della di da dos du von van bin ibn al el la ben ter le".split())
_GAP = re.compile(r"[\s\xa0]*")
_INITIAL = re.compile(r"\.?[\s\xa0]*")
_ABBREVIATED = frozenset("dr mr mrs ms prof st gen sen rep gov lt col sr sra lic ing mme".split())
_REACH = 9  # words behind a verb in which its subject begins
_SKIPPED = 3  # words between a subject and its verb
_OCCUPATION = re.compile(r".{3}(?:er|in|or|ist|ent|ant|mann|frau|chef|ler|oge|bischof|vater|rat)$")
_VERBS = frozenset("told said says during because until where whose here last late early".split())
_DATIVE = frozenset("dem den des einem einen eines seinem seinen ihrem ihren".split())
_ADJECTIVE = re.compile(r"[a-zäöüß]+(?:e|en|er|es|em)$")


@dataclass(frozen=True, slots=True)
class Mention:
    """Who a verb's subject is: a name, a role ("the minister") or a pronoun, and its place."""

    kind: Literal["name", "role", "pronoun"]
    start: int
    end: int
    definite: bool = True


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    text: str
    lower: str
    capital: bool


@cache
def speaker_lists(lang: str) -> dict[str, frozenset[str]]:
    """The lists of ``speakers.toml`` for a language; titles word by word."""
    data = files("classifier.text").joinpath("speakers.toml").read_text("utf-8")
    found: dict[str, list[str] | str] = tomllib.loads(data).get(lang, {})
    return {
        name: frozenset(p for e in entries for p in spell_out(e)) for name, entries in found.items()
    }


@cache
def _titles(lang: str) -> frozenset[str]:
    return frozenset(w for t in speaker_lists(lang).get("title", ()) for w in re.split("[ -]", t))


def words_between(text: str, start: int, end: int) -> list[_Word]:
    """The words of a piece of text; an elided article is a word of its own."""
    words = []
    for match in _TOKEN.finditer(text, start, end):
        at, stop = match.span()
        elided = _ELISION.match(text, at, stop)
        if elided and elided.end() < stop:
            words.append(_word(text, at, elided.end()))
            at = elided.end()
        if text[stop - 2 : stop] in ("'s", "’s"):
            words.append(_word(text, at, stop - 2))
            at = stop - 1
        words.append(_word(text, at, stop))
    return words


def _word(text: str, start: int, end: int) -> _Word:
    piece = text[start:end]
    return _Word(
        start, end, piece, piece.lower().replace("ё", "е").strip("'’"), piece[:1].isupper()
    )


@lru_cache(maxsize=2)
def small_words(text: str) -> frozenset[str]:
    """The words that a text writes in lower case: no names, wherever they begin a sentence."""
    return frozenset(re.findall(r"(?<![\w'’-])[^\W\d_A-ZÄÖÜ][^\W\d_]+", text)) & frozenset(
        text.split()
    )


class Clause:
    """A sentence's words, and the name groups among them."""

    def __init__(self, text: str, start: int, end: int, lang: str) -> None:
        self.text = text
        self.lang = lang
        self.words = words_between(text, start, end)
        self.lists = speaker_lists(lang)
        self.titles = _titles(lang)
        self.long_titles = tuple(title for title in self.titles if len(title) > 4)
        self.vocabulary = small_words(text)

    def _joined(self, i: int) -> bool:
        """Whether word ``i`` follows the one before it without punctuation."""
        before = self.words[i - 1]
        gap = self.text[before.end : self.words[i].start]
        initial = len(before.text) == 1 or before.lower in _ABBREVIATED
        return bool((_INITIAL if initial else _GAP).fullmatch(gap))

    def _particles(self, i: int, step: int) -> int:
        """The first word beyond one or two particles ("von der") in a direction, or ``i``."""
        at = i
        while 0 <= at < len(self.words) and abs(at - i) < 2:
            lower = self.words[at].lower
            behind_von = (
                lower in ("der", "den") and at and self.words[at - 1].lower in ("von", "van")
            )
            if self.words[at].capital or not (lower in _PARTICLES or behind_von):
                break
            at += step
        return at

    def group(self, i: int) -> tuple[int, int]:
        """The run of capitalised words that word ``i`` belongs to, as a range of words."""
        first, last = i, i + 1
        while first > 0:
            at = self._particles(first - 1, -1)
            if at < 0 or not self.words[at].capital or not self._run(at, first):
                break
            first = at
        while last < len(self.words):
            at = self._particles(last, 1)
            if at >= len(self.words) or not self.words[at].capital or not self._run(last - 1, at):
                break
            if at > last and self.lang in ("es", "fr") and last - first > 1:
                break  # "Christopher Low de FHN"
            last = at + 1
        return first, last

    def _run(self, first: int, last: int) -> bool:
        """Whether words stand together, and no title is tied to a place ("minister of")."""
        if last - first > 1 and self._is_title(self.words[first]):
            return False
        return all(self._joined(i) for i in range(first + 1, last + 1))

    def _is_title(self, word: _Word) -> bool:
        lower = word.lower.rsplit("-", 1)[-1]
        return lower in self.titles or (
            self.lang == "de" and any(lower.endswith(title) for title in self.long_titles)
        )

    def name_in(self, first: int, stop: int) -> tuple[int, int, bool] | None:
        """The name in a group without titles and other words, and whether a title led it."""
        titled = False
        after = stop < len(self.words) and self._joined(stop) and self._is_title(self.words[stop])
        if after and not self.words[stop].capital:
            return None  # "Foreign Ministry spokesman": the group only describes the title
        for i in range(first, stop):
            if self._is_title(self.words[i]):
                titled = True
                first = i + 1
        while first < stop and (
            self.words[first].lower in self.lists["crowd"]
            or (first == 0 and self.words[0].lower in self.vocabulary)
        ):
            first += 1
        while stop > first and (
            self.words[stop - 1].lower in self.lists["crowd"] or not self.words[stop - 1].capital
        ):
            stop -= 1
        if first < stop and not self.words[first].capital and not titled:
            return None  # "Cerca de Daer"
        before = self.words[first - 1] if first else None
        titled = titled or bool(before and self._joined(first) and self._is_title(before)) if (
            first < stop and first
        ) else titled  # fmt: skip
        if first >= stop or stop - first > 6:
            return None
        if self.lang == "ru":
            return self._russian(first, stop, titled)
        return self._german(first, stop, titled) if self.lang == "de" else (first, stop, titled)

    def _russian(self, first: int, stop: int, titled: bool) -> tuple[int, int, bool] | None:
        """Russian hangs names on nouns in the genitive: "спикер Госдумы Вячеслав Володин"."""
        if titled and stop - first >= 3:
            first = stop - 2
        word = self.words[stop - 1].text
        alone = stop - first == 1
        before = self.words[first - 1] if first and self._joined(first) else None
        if alone and before and (before.capital or titled or not self._free(before)):
            if word.isupper() or re.search("[ыияею]$", word):
                return None
            if (
                before.capital
                and not self._is_title(before)
                and before.lower not in self.lists["crowd"]
            ):
                return None
        return first, stop, titled

    def _free(self, word: _Word) -> bool:
        return word.lower in self.lists["lead"] | self.lists["crowd"]

    def _german(self, first: int, stop: int, titled: bool) -> tuple[int, int, bool] | None:
        """German writes every noun with a capital: only what nothing else explains is a name."""
        words = self.words
        before = words[first - 1].lower if first and self._joined(first) else ""
        described = before in self.lists["article"] or (
            bool(_ADJECTIVE.match(before)) and not titled and not self._is_title(words[first - 1])
        )
        while (
            not titled
            and stop - first > 2
            and (described or _OCCUPATION.search(words[first].lower))
        ):
            first += 1
            described = False
        length = stop - first
        if titled and length <= 3:
            return first, stop, titled
        if described:
            return None
        if length >= 2:
            genitive = words[first].text[-1] == "s" and re.search(
                rf"(?<!\w){re.escape(words[first].text[:-1])}(?!\w)", self.text
            )
            return (first, stop, titled) if length <= 3 and not genitive else None
        word = words[first].text
        if word.isupper() and len(word) > 1:
            return first, stop, titled
        known = re.search(
            rf"(?<!\w)([A-ZÄÖÜ][\w-]+|Dr\.|Prof\.) {re.escape(word)}(?!\w)", self.text
        )
        if known is None or known[1].lower() in self.lists["crowd"] | self.lists["article"]:
            return None
        return first, stop, titled

    def after(self, at: int) -> Mention | None:
        """Whom the words behind ``at`` name: "said Wang Yi", "said the minister"."""
        i = at
        lists = self.lists
        role: Mention | None = None
        article = ""
        if at and at < len(self.words) and not self._joined(at):
            return None
        if at < len(self.words) and self.words[at].lower in lists["crowd"]:
            return None
        while i < min(len(self.words), at + _REACH):
            word = self.words[i]
            if i > at and not self._joined(i):
                apposition = role is not None and self.text[self.words[i - 1].end] == ","
                if not (apposition and word.capital):
                    break
            if i == at and word.lower in lists["he"]:
                return Mention("pronoun", word.start, word.end)
            if word.lower in lists["article"]:
                article = word.lower
            if word.lower in _DATIVE and self.lang == "de":
                return role
            behind_preposition = self._governed(i, at)
            if word.capital and not behind_preposition:
                first, stop = self.group(i)
                found = self.name_in(max(first, at), stop)
                if found and not self._describes(stop):
                    return self.mention(found)
                if found:
                    return None
                if role is None:
                    role = self._role(max(first, at), stop, article)
                i = stop
                continue
            if word.capital and self.lang != "de" and role is None:
                return None
            if self._is_title(word) and role is None:
                role = self._role(i, i + 1, article)
            elif i > at + 1 and not article and role is None:
                return None
            elif behind_preposition and role is None and not article:
                return None
            i += 1
        return role

    def _governed(self, first: int, floor: int) -> bool:
        """Whether a preposition stands before a word, or before its article."""
        at = first
        while at > floor and self._joined(at):
            at -= 1
            if self.words[at].lower in self.lists["preposition"]:
                return True
            if self.words[at].lower not in self.lists["article"]:
                return False
        return False

    def _describes(self, stop: int) -> bool:
        """Whether an English group only describes the noun behind it: "U.S. trade data"."""
        if self.lang != "en" or stop >= len(self.words) or not self._joined(stop):
            return False
        word = self.words[stop].lower
        known = self.lists["preposition"] | self.lists["lead"] | self.lists["crowd"]
        return not (word in known - {"s"} or word.endswith(("ing", "ed", "ly")) or word in _VERBS)

    def mention(self, found: tuple[int, int, bool]) -> Mention:
        return Mention("name", self.words[found[0]].start, self.words[found[1] - 1].end)

    def _role(self, first: int, stop: int, article: str) -> Mention | None:
        for i in range(first, stop):
            if self._is_title(self.words[i]):
                definite = article not in self.lists["indefinite"]
                return Mention("role", self.words[i].start, self.words[i].end, definite)
        return None

    def before(self, at: int) -> Mention | None:
        """Whom the words before ``at`` name: "Wang Yi said", "Wang Yi, the minister, said"."""
        lists = self.lists
        i = at - 1
        skipped = 0
        while i >= 0 and skipped <= _SKIPPED:
            word = self.words[i]
            if i + 1 < len(self.words) and not self._joined(i + 1):
                bracket = self.text[word.end : self.words[i + 1].start].strip()
                opened = self.text.rfind("(", self.words[0].start, word.start)
                if bracket != ")" or opened < 0 or word.end - opened > 40:
                    return self._apposition(at)
                i = self.place(opened) - 1
                if i < 0:
                    return None
                word = self.words[i]
            if word.lower in lists["he"] and (i == 0 or not word.capital or not self._joined(i)):
                return Mention("pronoun", word.start, word.end)
            if word.lower in lists["crowd"] and not (
                word.capital and i and self.words[i - 1].capital
            ):
                return None
            elif word.capital:
                first, stop = self.group(i)
                if self._governed(first, 0):
                    return self._apposition(at)
                found = self.name_in(first, min(stop, at))
                if found:
                    return self._apposition(at) or self.mention(found)
                article = self.words[first - 1].lower if first else ""
                return self._role(first, min(stop, at), article)
            elif self._is_title(word):
                article = next(
                    (
                        w.lower
                        for w in reversed(self.words[max(0, i - 3) : i])
                        if w.lower in lists["article"]
                    ),
                    "",
                )
                return self._apposition(at) or self._role(i, i + 1, article)
            elif word.lower not in lists["lead"] and not word.lower.endswith("ly"):
                return None
            skipped += 1
            i -= 1
        return None

    def _apposition(self, at: int) -> Mention | None:
        """The name a sentence begins with, when only an apposition parts it from the verb."""
        if not self.words or not self.words[0].capital or at < 3:
            return None
        first, stop = self.group(0)
        if (
            stop >= at
            or self.text[self.words[stop - 1].end : self.words[stop].start].strip() != ","
        ):
            return None
        closing = self.text[
            self.words[at - 1].end : self.words[at].start if at < len(self.words) else None
        ]
        found = self.name_in(first, stop)
        if found is None or found[1] - found[0] < 2:
            return None
        return self.mention(found) if closing.strip()[:1] == "," or at - stop <= 12 else None

    def place(self, offset: int) -> int:
        """The first word that begins at or behind an offset."""
        return next((i for i, w in enumerate(self.words) if w.start >= offset), len(self.words))


def person_first(clause: Clause, end: int) -> Mention | None:
    """The person that a whole sentence begins with, told by a title or by being named again."""
    if not clause.words or not clause.words[0].capital or clause.text[end - 1] not in '.!?…"”“»':
        return None
    found = clause.name_in(*clause.group(0))
    if found is None:
        return None
    name = clause.words[found[1] - 1]
    alone = re.findall(rf"(?<![\w-]){re.escape(name.text)}(?![\w-])", clause.text)
    if found[2] or (clause.lang != "de" and 2 <= found[1] - found[0] <= 3 and len(alone) > 1):
        return clause.mention(found)
    return None
