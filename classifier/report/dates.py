"""Dates as articles state them, to what a calendar can count."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

_NUMERIC = re.compile(
    r"(\d{4})(?:[-/.年](\d{1,2})(?:[-/.月](\d{1,2})日?)?)?[月年]?(?:[T ].*)?", re.DOTALL
)
_YEAR = re.compile(r"(?<!\d)[12]\d{3}(?!\d)")
_MOST_PERIODS = 40


@lru_cache(maxsize=100_000)
def calendar_date(text: str | None) -> str | None:
    """``2021-03-05``, ``2021-03`` or ``2021``, as exact as the text is; None without a year.

    Numbers in the order year, month, day are read as they stand, everything else by
    dateparser ("5 marzo 2021", "12 января 2021"). "2020-2021" is no date.
    """
    text = (text or "").strip()
    numbers = _NUMERIC.fullmatch(text)
    if numbers:
        year, month, day = (int(part) if part else None for part in numbers.groups())
        if month is not None and not 1 <= month <= 12:
            return None
        if day is not None and not 1 <= day <= 31:
            return None
        return "-".join([f"{year:04}"] + [f"{part:02}" for part in (month, day) if part])
    if len(_YEAR.findall(text)) != 1:
        return None
    return _worded(text)


def _worded(text: str) -> str | None:
    import dateparser

    found = [
        dateparser.parse(
            text,
            settings={
                "PARSERS": ["absolute-time"],
                "REQUIRE_PARTS": ["year", "month"],
                "PREFER_DAY_OF_MONTH": side,
                "RETURN_AS_TIMEZONE_AWARE": False,
            },
        )
        for side in ("first", "last")
    ]
    if found[0] is None or found[1] is None:
        return None
    exact = found[0].date() == found[1].date()
    return str(found[0].date())[: 10 if exact else 7]


def period_unit(dates: Iterable[str]) -> str:
    """The finest of day, month, quarter and year that makes at most 40 periods of the dates."""
    dates = list(dates)
    for unit in ("day", "month", "quarter"):
        if len({period(date, unit) for date in dates}) <= _MOST_PERIODS:
            exact = sum(period(date, unit) is not None for date in dates)
            if exact * 2 >= len(dates):
                return unit
    return "year"


def period(date: str, unit: str) -> str | None:
    """The period of a calendar date: ``2021``, ``2021-Q1``, ``2021-03`` or ``2021-03-05``.

    None where the date is not that exact.
    """
    if unit == "year":
        return date[:4]
    if unit == "quarter":
        return f"{date[:4]}-Q{(int(date[5:7]) + 2) // 3}" if len(date) >= 7 else None
    length = 7 if unit == "month" else 10
    return date[:length] if len(date) >= length else None
