"""The subject of a verb of saying, in languages that write names with capitals.

No parser: the noun group next to the verb, on the side where the language puts it, without its
titles. What cannot be told safely is None.
"""

from __future__ import annotations

import re

from classifier.text.speech.names import Clause, Mention

_REACH = 9  # words behind a verb in which its subject begins
_SKIPPED = 3  # words between a subject and its verb
_APPOSITION = 12  # words of an apposition
_BRACKET = 40  # letters in brackets behind a name
_DATIVE = frozenset(
    ("dem", "den", "des", "einem", "einen", "eines", "seinem", "seinen", "ihrem", "ihren")
)


def subject_after(clause: Clause, at: int) -> Mention | None:
    """Whom the words from ``at`` on name: "said Wang Yi", "said the minister"."""
    words, lists = clause.words, clause.lists
    if at >= len(words) or (at and not clause.joined(at)) or words[at].lower in lists["crowd"]:
        return None
    if words[at].lower in lists["he"]:
        return Mention("pronoun", words[at].start, words[at].end)
    role: Mention | None = None
    article = ""
    i = at
    while i < min(len(words), at + _REACH) and (i == at or _goes_on(clause, i, role)):
        word = words[i]
        if word.lower in _DATIVE and clause.lang == "de":
            break
        article = word.lower if word.lower in lists["article"] else article
        governed = clause.governed(i, at)
        if word.capital:
            first, stop = clause.group(i)
            found = None if governed else clause.name_in(max(first, at), stop)
            if found:
                return None if clause.describes(stop) else clause.mention(found)
            if governed and role is None and clause.lang != "de":
                break
            role = role or (None if governed else clause.role(max(first, at), stop, article))
            i = stop
            continue
        if role is None and clause.is_title(word):
            role = clause.role(i, i + 1, article)
        elif role is None and not article and (governed or i > at + 1):
            break
        i += 1
    return role


def _goes_on(clause: Clause, i: int, role: Mention | None) -> bool:
    """Whether a noun group goes on: joined, or a name behind "the minister,"."""
    word, before = clause.words[i], clause.words[i - 1]
    return clause.joined(i) or (
        role is not None and word.capital and clause.text[before.end] == ","
    )


def subject_before(clause: Clause, at: int) -> Mention | None:
    """Whom the words before ``at`` name: "Wang Yi said", "Wang Yi, the minister, said"."""
    words, lists = clause.words, clause.lists
    i = at - 1
    for _ in range(_SKIPPED + 1):
        if i >= 0 and i + 1 < len(words) and not clause.joined(i + 1):
            i = _before_bracket(clause, i)
        if i < 0:
            return _apposition(clause, at)
        word = words[i]
        grouped = word.capital and i > 0 and words[i - 1].capital
        if word.lower in lists["he"] and (i == 0 or not word.capital or not clause.joined(i)):
            return Mention("pronoun", word.start, word.end)
        if word.capital and (grouped or word.lower not in lists["crowd"]):
            return _group_before(clause, i, at)
        if clause.is_title(word):
            articles = [w.lower for w in words[max(0, i - 3) : i] if w.lower in lists["article"]]
            return _apposition(clause, at) or clause.role(i, i + 1, (articles or [""])[-1])
        between = word.lower in lists["lead"] or word.lower.endswith("ly")
        if word.lower in lists["crowd"] or not between:
            return None
        i -= 1
    return None


def _group_before(clause: Clause, i: int, at: int) -> Mention | None:
    first, stop = clause.group(i)
    if clause.governed(first, 0):
        return _apposition(clause, at)
    found = clause.name_in(first, min(stop, at))
    if found:
        return _apposition(clause, at) or clause.mention(found)
    article = clause.words[first - 1].lower if first else ""
    return clause.role(first, min(stop, at), article)


def _before_bracket(clause: Clause, i: int) -> int:
    """The word before the brackets that end with word ``i``; -1 if there are none."""
    word = clause.words[i]
    closed = clause.text[word.end : clause.words[i + 1].start].strip() == ")"
    opened = clause.text.rfind("(", clause.words[0].start, word.start)
    if not closed or opened < 0 or word.end - opened > _BRACKET:
        return -1
    return clause.place(opened) - 1


def _apposition(clause: Clause, at: int) -> Mention | None:
    """The name a sentence begins with, when only an apposition parts it from the verb."""
    words = clause.words
    if at < 3 or not words[0].capital:
        return None
    first, stop = clause.group(0)
    if stop >= at or clause.text[words[stop - 1].end : words[stop].start].strip() != ",":
        return None
    found = clause.name_in(first, stop)
    if found is None or found[1] - found[0] < 2:
        return None
    closed = clause.text[words[at - 1].end] == ","
    return clause.mention(found) if closed or at - stop <= _APPOSITION else None


def person_first(clause: Clause, end: int) -> Mention | None:
    """The person that a whole sentence begins with, told by a title or by being named again."""
    words, text = clause.words, clause.text
    if not words or not words[0].capital or text[end - 1] not in '.!?…"”“»':
        return None
    found = clause.name_in(*clause.group(0))
    if found is None:
        return None
    name = words[found[1] - 1].text
    again = len(re.findall(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text)) > 1
    full = clause.lang != "de" and 2 <= found[1] - found[0] <= 3
    return clause.mention(found) if found[2] or (full and again) else None
