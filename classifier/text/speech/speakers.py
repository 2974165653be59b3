"""Who speaks a sentence that is not the author's: the name as it stands in the article."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.text.speech.chinese_names import chinese_source, chinese_subject
from classifier.text.speech.names import Clause, Mention, speaker_lists
from classifier.text.speech.speech_words import speech_words, words_of
from classifier.text.speech.spoken_words import (
    AUTHOR,
    BY_LABEL,
    BY_MOOD,
    BY_SOURCE,
    BY_VERB,
    GOING_ON,
    QUOTED,
)
from classifier.text.speech.subjects import person_first, subject_after, subject_before

_LOOK_BACK = 3  # sentences before a pronoun in which its speaker is named
_HOPS = 12
_FIND_LINE = re.compile("[\n\r\u2028\u2029]")
_IMPERSONAL = re.compile("es|.*(?:ется|ится|лось)|сказано")
_ZUFOLGE = ("zufolge", "demzufolge")
_CLOSED = ",»”“\"«–—-'’」‘›‹„"  # before a verb whose subject follows
_INVERTING = ("de", "es", "ru")  # "Gestern sagte Merkel"; English and French do not


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: the name, and its place in the article in code points.

    ``text[start:end] == name``; found through a pronoun, the place is the name's own.
    """

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Speech:
    """What is known of an article's sentences before anybody asks who speaks.

    ``voices`` is 0 (author), 1 (reported) or 2 (quoted); a row of ``markers`` is the kind and the
    place of the word that told; ``quotations`` are the ranges in quotation marks, and
    ``quotation_of`` the one a sentence begins or has, -1 for none.
    """

    text: str
    lang: str
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    voices: NDArray[np.int8]
    markers: NDArray[np.int64]
    quotation_of: NDArray[np.int64]
    quotations: tuple[NDArray[np.int64], NDArray[np.int64]]


def find_speakers(speech: Speech, indices: Sequence[int]) -> list[Speaker | None]:
    """The speakers of some sentences; None where nobody is named safely."""
    known: dict[int, Speaker | None] = {}
    return [_speaker(speech, int(index), known, 0) for index in indices]


def _speaker(speech: Speech, i: int, known: dict[int, Speaker | None], hops: int) -> Speaker | None:
    if i not in known:
        silent = speech.voices[i] == AUTHOR and speech.markers[i, 0] != BY_VERB
        if hops > _HOPS or silent:
            return None
        known[i] = None  # while it is looked for
        known[i] = _find(speech, i, known, hops + 1)
    return known[i]


def _find(speech: Speech, i: int, known: dict[int, Speaker | None], hops: int) -> Speaker | None:
    kind = speech.markers[i, 0]
    if kind == BY_LABEL:
        return _labelled(speech, i)
    if kind == GOING_ON:
        while i > 0 and speech.markers[i, 0] == GOING_ON:
            i -= 1
        return _speaker(speech, i, known, hops)
    if kind in (BY_VERB, BY_SOURCE):
        return _named(speech, i, _mention(speech, i), known, hops)
    if speech.voices[i] == QUOTED:
        return _of_quotation(speech, i, known, hops)
    if kind == BY_MOOD and i and speech.voices[i - 1] != AUTHOR:
        return _speaker(speech, i - 1, known, hops)
    return None


def _of_quotation(
    speech: Speech, i: int, known: dict[int, Speaker | None], hops: int
) -> Speaker | None:
    """Who speaks a sentence of a quotation: its other sentences say, or its paragraph."""
    span = speech.quotation_of[i]
    if span < 0:
        return None
    starts, stops = speech.quotations
    inside = np.flatnonzero((speech.ends > starts[span]) & (speech.starts < stops[span]))
    for j in [*inside[::-1]]:
        if j != i and speech.markers[j, 0] in (BY_VERB, BY_SOURCE):
            return _speaker(speech, int(j), known, hops)
    first = int(inside[0]) if len(inside) else i
    if first == 0:
        return None
    broken = _FIND_LINE.search(speech.text, int(speech.ends[first - 1]), int(speech.starts[first]))
    before = speech.text[int(speech.ends[first - 1]) - 1]
    if speech.voices[first - 1] == QUOTED and not broken:
        return _speaker(speech, first - 1, known, hops)
    if before in ":：" and speech.markers[first - 1, 0] in (BY_VERB, BY_SOURCE):
        return _speaker(speech, first - 1, known, hops)
    return None


def _mention(speech: Speech, i: int) -> Mention | None:
    """Whom the word that reports makes its subject or names as its source."""
    text, start, end = speech.text, int(speech.starts[i]), int(speech.ends[i])
    kind, first, last = (int(n) for n in speech.markers[i])
    if speech.lang == "zh":
        source = kind == BY_SOURCE
        return chinese_source(text, first, end) if source else chinese_subject(text, start, first)
    if not speaker_lists(speech.lang):
        return None
    clause = Clause(text, *_outside(speech, i, first), speech.lang)
    verb, behind = clause.place(first), clause.place(last)
    if kind == BY_VERB:
        return _subject(clause, verb, behind, text[start:first].rstrip())
    if text[first:last].lower() in _ZUFOLGE:
        return subject_before(clause, verb)
    found = _pronoun_inside(text, first, last) or subject_after(clause, behind)
    return None if found and _unfinished(clause, found) else found


def _unfinished(clause: Clause, source: Mention) -> bool:
    """Whether a Russian source is one word of a longer name: "по данным Центра анализа"."""
    at = clause.place(source.end)
    if clause.lang != "ru" or source.kind != "name" or not 0 < at < len(clause.words):
        return False
    follows = clause.words[at].lower not in clause.lists["preposition"] | clause.lists["lead"]
    alone = " " not in clause.text[source.start : source.end]
    return alone and follows and clause.joined(at) and not clause.words[at].capital


def _subject(clause: Clause, verb: int, behind: int, before: str) -> Mention | None:
    """The subject of a verb; ``before`` is what the sentence has before the verb."""
    if clause.words[:behind] and _IMPERSONAL.fullmatch(clause.words[behind - 1].lower):
        return None  # "heißt es", "говорится"
    if not before or before[-1] in _CLOSED:
        return subject_after(clause, behind) or subject_before(clause, verb)
    found = subject_before(clause, verb)
    if found or clause.lang not in _INVERTING:
        return found
    return subject_after(clause, behind)


def _outside(speech: Speech, i: int, marker: int) -> tuple[int, int]:
    """The part of a sentence around its marker that is not in quotation marks."""
    start, end = int(speech.starts[i]), int(speech.ends[i])
    for opened, closed in zip(*speech.quotations, strict=True):
        if closed <= marker and closed > start:
            start = int(closed)
        elif opened >= marker:
            end = min(end, int(opened))
            break
    return start, end


def _pronoun_inside(text: str, first: int, last: int) -> Mention | None:
    """ "in his view", „seiner Ansicht nach", "по его словам": the phrase itself points back."""
    words = set(re.findall(r"\w+", text[first:last].lower()))
    own = {"his", "her", "he", "she", "seiner", "ihrer", "его", "ее", "её", "su", "ses"}
    return Mention("pronoun", first, last) if words & own else None


def _named(
    speech: Speech, i: int, mention: Mention | None, known: dict[int, Speaker | None], hops: int
) -> Speaker | None:
    if mention is None:
        implied = (
            speech.lang == "es" and speech.markers[i, 0] == BY_VERB and _subjectless(speech, i)
        )
        return _last_person(speech, i, None, known, hops) if implied else None
    if mention.kind == "name" or not mention.definite:
        return _at(speech.text, mention)
    role = speech.text[mention.start : mention.end] if mention.kind == "role" else None
    return _last_person(speech, i, role, known, hops)


def _subjectless(speech: Speech, i: int) -> bool:
    """A Spanish sentence that begins with its verb, in the singular: "Añadió que"."""
    _, first, last = (int(n) for n in speech.markers[i])
    return first == int(speech.starts[i]) and not speech.text[first:last].endswith("n")


def _last_person(
    speech: Speech, i: int, role: str | None, known: dict[int, Speaker | None], hops: int
) -> Speaker | None:
    """The speaker or subject of a sentence shortly before, whom a pronoun or a role points to."""
    for j in range(i - 1, max(-1, i - 1 - _LOOK_BACK), -1):
        found = _speaker(speech, j, known, hops)
        start, end = int(speech.starts[j]), int(speech.ends[j])
        if found is None and speech.lang != "zh" and speaker_lists(speech.lang):
            person = person_first(Clause(speech.text, start, end, speech.lang), end)
            if person:
                found = _at(speech.text, person)
        if found is None:
            continue
        if role is None or _carries(speech.text, found, role):
            return found
        return None
    return None


def _carries(text: str, found: Speaker, role: str) -> bool:
    """Whether the name stands beside the same title."""
    behind = re.split("[.!?。！？\n]", text[found.end : found.end + 40])[0]
    return role.lower()[:7] in f"{text[max(0, found.start - 40) : found.start]} {behind}".lower()


def _labelled(speech: Speech, i: int) -> Speaker | None:
    """The name in a transcript's label, without its title; none for "Q" and its like."""
    start, end = int(speech.markers[i, 1]), int(speech.markers[i, 2])
    while start < end and not speech.text[start].isalnum():
        start += 1
    label = speech.text[start:end]
    generic = {" ".join(words_of(w)) for w in speech_words(speech.lang).lists.get("label", ())}
    if not label or " ".join(words_of(label)) in generic or len(words_of(label)) == 1 == len(label):
        return None
    if speech.lang == "zh" or not speaker_lists(speech.lang):
        return Speaker(label, start, end)
    clause = Clause(speech.text, start, end, speech.lang)
    first, stop = clause.group(0) if clause.words[0].capital else (0, 0)
    role = clause.role(0, len(clause.words), "")
    found = clause.name_in(first, stop) if stop == len(clause.words) else None
    mention = clause.mention(found) if found else role
    return _at(speech.text, mention) if mention else None


def _at(text: str, mention: Mention) -> Speaker:
    return Speaker(text[mention.start : mention.end], mention.start, mention.end)
