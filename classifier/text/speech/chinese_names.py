"""The subject of a Chinese verb of saying: what stands between it and the clause's beginning."""

from __future__ import annotations

import re
from functools import cache

from classifier.text.speech.names import Mention, speaker_lists
from classifier.text.speech.quotation import BMP, characters

_CLAUSE = re.compile('[，。；：！？、“”「」『』"\n,;:!?（）()《》〈〉…— -]')
_CIRCUMSTANCE = re.compile("(?:在|于|就|通过|接受|出席|率|向|对|同|与).{1,30}$")
_TIME = re.compile(
    r"[\d０-９〇一二三四五六七八九十]{1,4}[年月日号时]|本?周[一二三四五六日末]|上午|下午|晚间|晚|星期."
)
_SOURCE = re.compile(
    r"据(?:[^《，。]{0,8}《)?([^《]{2,16}?)》?(?:\d{1,2}[日月])*(?:报道|介绍|透露|消息|统计|分析|指出|称|指|说)"
)
_OPENER = re.compile("(?:正如|诚如|正像|但是?|而且?|不过|其中|因此)?")
_PARTED = re.compile("[·‧\u4e00-\u9fff]+")  # foreign names, their parts divided
_LONGEST_NAME, _LONGEST_ROLE = 16, 14
_NO_NAME = frozenset("据向按落对把为以从在与同被之其此该各每本由让使这那有")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    entries = sorted(speaker_lists("zh")[name], key=len, reverse=True)
    return re.compile("|".join(map(re.escape, entries)))


def _simplified(text: str) -> str:
    folds = characters()[1]
    return "".join(chr(folds[ord(c)]) if ord(c) < BMP else c for c in text)


def chinese_source(text: str, start: int, end: int) -> Mention | None:
    """The medium or body in "据……报道"."""
    found = _SOURCE.match(_simplified(text[start:end]))
    if not found or not _is_body(found[1]):
        return None
    return Mention("name", start + found.start(1), start + found.end(1))


def chinese_subject(text: str, start: int, verb: int) -> Mention | None:
    """Who speaks in the clause before the verb at ``verb``; ``start`` begins the sentence."""
    folded = _simplified(text[start:verb])
    end = len(folded)
    cuts = [m.end() for m in _CLAUSE.finditer(folded)]
    first = cuts[-1] if cuts else 0
    opener = _OPENER.match(folded, first)
    first = opener.end() if opener else first
    for _ in range(6):
        stripped = _strip_end(folded, first, end)
        if stripped == end:
            break
        end = stripped
    if end <= first:
        return None
    piece = folded[first:end]
    if piece in speaker_lists("zh")["he"]:
        return Mention("pronoun", start + first, start + end)
    found = _person(piece) or _person(_CIRCUMSTANCE.sub("", piece))
    if found:
        return Mention("name", start + first + found[0], start + first + found[1])
    if _is_body(piece):
        return Mention("name", start + first, start + end)
    title = _last_title(piece)
    if title and title.end() == len(piece) <= _LONGEST_ROLE and not _nobody(piece):
        return Mention("role", start + first, start + end, definite=title.start() == 0)
    return None


def _strip_end(folded: str, first: int, end: int) -> int:
    for lead in speaker_lists("zh")["lead"]:
        if folded.endswith(lead, first, end) and end - first > len(lead):
            return end - len(lead)
    for time in _TIME.finditer(folded, first, end):
        if time.end() == end:
            return time.start()
    return end


def _person(piece: str) -> tuple[int, int] | None:
    """The name in a clause's subject: behind its last title, or before it ("习近平主席")."""
    last = _last_title(piece)
    if last is None:
        return (0, len(piece)) if _is_name(piece) else None
    behind = piece[last.end() :]
    if behind:
        return (last.end(), len(piece)) if _is_name(behind) else None
    for size in (3, 2, 4):
        name = piece[max(0, last.start() - size) : last.start()]
        if len(name) == size and last.start() == size and _is_name(name):
            return 0, size
    return None


def _last_title(piece: str) -> re.Match[str] | None:
    titles = list(_pattern("title").finditer(piece))
    return titles[-1] if titles else None


def _nobody(piece: str) -> bool:
    return piece[0] in _NO_NAME or _pattern("crowd").search(piece) is not None


def _is_name(piece: str) -> bool:
    lists = speaker_lists("zh")
    if not 2 <= len(piece) <= _LONGEST_NAME or _nobody(piece) or piece[-1] in lists["organ"]:
        return False
    if set(piece) & set("·‧"):
        return bool(_PARTED.fullmatch(piece)) and not set(piece) & set("的在和对")
    if all(character in lists["foreign"] for character in piece):
        return len(piece) <= 8
    family = len(piece) <= 3 and piece[0] in lists["surname"]
    return family and not set(piece) & set("的在和对是有不了方国们")


def _is_body(piece: str) -> bool:
    """Whether a piece is the name of a ministry, a medium or another body."""
    if not 2 <= len(piece) <= _LONGEST_NAME or _nobody(piece):
        return False
    return piece.endswith(tuple(speaker_lists("zh")["organ"])) and not (
        set(piece) & set("的和对在是们将")
    )
