"""A report as one HTML file: no network, and whatever stands in an article stays text."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files
from typing import Any

import numpy as np

from classifier.model.frame_model import FrameModel
from classifier.report.dates import calendar_date
from classifier.report.groups import Group, by_language, by_outlet, by_period, whole
from classifier.report.methods import methods_of
from classifier.report.records import Evidence
from classifier.report.report import Report
from classifier.report.shares import Share
from classifier.report.shown import Shown
from classifier.report.tally import UNTOLD

VOICES = ("author", "reported", "quoted")
_SCRIPTS = ("vendor/d3.min.js", "vendor/plot.umd.min.js", "page.js")
_STRONGEST = 5
_SPEAKERS = 20
_TOLD_FROM = 0.05


@dataclass(frozen=True, slots=True)
class Strong:
    """One of the strongest sentences of a frame: where it stands among the shown articles."""

    article: int
    sentence: int
    shown: Shown
    evidence: Evidence
    probability: float
    readings: int


def render_page(report: Report, model: FrameModel) -> str:
    """The whole page. ``model`` is what the methods box describes; see :func:`methods_of`."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("classifier.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "interval": interval, "label": label}
    environment.filters |= {"count": lambda number: f"{number:,}", "day": calendar_date}
    scripts = [_resource(name) for name in _SCRIPTS]
    data = embedded(page_data(report))
    hashes = " ".join(
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'" for text in scripts
    )
    return environment.get_template("page.html").render(
        **_content(report, model),
        data=data,
        hashes=hashes,
        style=_resource("page.css"),
        scripts=scripts,
        licences=_resource("vendor/LICENSES.txt"),
    )


def _resource(name: str) -> str:
    return files("classifier.report").joinpath(name).read_text(encoding="utf-8")


def _content(report: Report, model: FrameModel) -> dict[str, Any]:
    """The values of the template."""
    tally = report.tally
    unit, periods, undated = by_period(report)
    dates = sorted(date for date in tally.dates if date)
    return {
        "title": report.options.title or f"Frames in {tally.whole.articles:,} articles",
        "report": report,
        "tally": tally,
        "methods": methods_of(report, model),
        "whole": whole(report),
        "groups": (
            ("outlet", "Outlet", by_outlet(report)),
            ("time", unit.capitalize(), periods),
            ("language", "Language", by_language(report)),
        ),
        "unit": unit,
        "undated": undated,
        "dates": (dates[0], dates[-1]) if dates else (),
        "n_outlets": sum(name is not None for name in tally.outlets),
        "n_languages": sum(name is not None for name in tally.languages),
        "voices": voice_rows(report),
        "told_voices": any(voice != UNTOLD for _, voice in tally.voices),
        "untold_voices": any(voice == UNTOLD for _, voice in tally.voices),
        "speakers": speaker_rows(report),
        "strongest": strongest(report),
        "whole_texts": sum(entry.article.held == entry.article.sentences for entry in report.shown),
        "n_strongest": sum(entry.strongest for entry in report.shown),
    }


def page_data(report: Report) -> dict[str, Any]:
    """What the page's script works on: frames, charts, and the shown articles."""
    unit, periods, _ = by_period(report)
    readings = _readings(report)
    return {
        "frames": [{"name": name, "label": label(name)} for name in report.frames],
        "voices": VOICES,
        "unit": unit,
        "charts": {
            "outlet": [_chart_row(group) for group in by_outlet(report)],
            "time": [_chart_row(group) for group in periods],
            "language": [_chart_row(group) for group in by_language(report)],
        },
        "voiceCounts": voice_rows(report),
        "articles": [_article(entry, report, int(readings[entry.row])) for entry in report.shown],
    }


def _readings(report: Report) -> Any:
    first = report.copies.first
    return np.bincount(first, minlength=len(first))[first]


def _chart_row(group: Group) -> dict[str, Any]:
    def figures(shares: tuple[Share, ...]) -> list[list[float]]:
        return [
            [share.hits, *(round(v, 5) for v in (share.value, *share.interval))] for share in shares
        ]

    return {
        "name": group.name,
        "articles": group.articles,
        "sentences": group.sentences,
        "rest": group.rest,
        "ofArticles": figures(group.of_articles),
        "ofSentences": figures(group.of_sentences),
    }


def _article(shown: Shown, report: Report, readings: int) -> dict[str, Any]:
    article = shown.article
    return {
        "id": article.id,
        "origin": article.origin,
        "title": article.title or article.id,
        "outlet": article.outlet or "",
        "date": article.date or "",
        "day": calendar_date(article.date) or "",
        "lang": article.lang or "",
        "sha256": article.sha256,
        "model": list(article.model),
        "sentences": article.sentences,
        "unsure": article.unsure,
        "whole": article.held == article.sentences,
        "readings": readings,
        "strongest": shown.strongest,
        "evidence": list(_sentences(shown, report.frames)),
    }


def _sentences(shown: Shown, frames: tuple[str, ...]) -> Iterator[list[Any]]:
    """Every sentence as ``[text, new paragraph, frames, probabilities, …]``, ends left out.

    A sentence of which nothing is to be said (no frame reaches .05) is ``[text, paragraph]``.
    """
    before = 0
    close = 0 if shown.article.lang == "zh" else 1
    for sentence in shown.evidence:
        paragraph = int(sentence.start - before > close)
        before = sentence.end
        chances = [sentence.probabilities.get(name, 0.0) for name in frames]
        if not sentence.frames and not sentence.unsure and max(chances) < _TOLD_FROM:
            yield [sentence.text, paragraph]
        else:
            yield [
                sentence.text,
                paragraph,
                [i for i, name in enumerate(frames) if name in sentence.frames],
                [round(chance * 10_000) for chance in chances],
                int(sentence.unsure),
                sentence.start,
                sentence.end,
                sentence.voice or "",
                sentence.speaker or "",
                _terms(sentence, frames),
            ]


def _terms(sentence: Evidence, frames: tuple[str, ...]) -> list[Any]:
    """What spoke for and against each flagged frame: ``[frame, [[text, weight, cue], …]]``."""
    return [
        [i, [[t["text"], round(t["weight"], 2), t["cue"] or ""] for t in told["terms"]]]
        for i, name in enumerate(frames)
        if (told := sentence.explanation.get(name))
    ]


def voice_rows(report: Report) -> list[dict[str, Any]]:
    """Flagged sentences of every frame by voice."""
    voices = (*VOICES, UNTOLD)
    return [
        {"frame": name, "counts": [report.tally.voices[name, voice] for voice in voices]}
        for name in report.frames
    ]


def speaker_rows(report: Report) -> list[dict[str, Any]]:
    """The speakers with most flagged sentences, and their frames."""
    counts = report.tally.speaker_frames
    ranked = sorted(report.tally.speakers.items(), key=lambda pair: (-pair[1], pair[0]))
    return [
        {
            "name": name,
            "sentences": count,
            "frames": [
                (frame, counts[name, frame]) for frame in report.frames if counts[name, frame]
            ],
        }
        for name, count in ranked[:_SPEAKERS]
    ]


def strongest(report: Report) -> list[tuple[str, list[Strong]]]:
    """For every frame its five most probable sentences, one from an article, no text twice."""
    readings = _readings(report)
    found = []
    for name in report.frames:
        best = [
            Strong(i, j, shown, sentence, sentence.probabilities[name], int(readings[shown.row]))
            for i, shown in enumerate(report.shown)
            for j, sentence in enumerate(shown.evidence)
            if name in sentence.frames
        ]
        best.sort(key=lambda strong: (-strong.probability, strong.article, strong.sentence))
        kept: list[Strong] = []
        seen: set[Any] = set()
        for strong in best:
            keys = {int(report.copies.first[strong.shown.row]), strong.evidence.text.casefold()}
            if not keys & seen and len(kept) < _STRONGEST:
                kept.append(strong)
                seen |= keys
        found.append((name, kept))
    return found


def embedded(data: Any) -> str:
    """JSON that can stand in a script element: nothing in it ends or opens one."""
    from markupsafe import Markup

    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)


def label(name: str) -> str:
    """A frame's name as people read it."""
    words = name.replace("_", " ")
    return words[:1].upper() + words[1:]


def percent(value: float) -> str:
    """A share as people read it: two digits, at most two places."""
    value *= 100
    places = 0 if value >= 9.95 or value == 0 else 1 if value >= 0.95 else 2
    return f"{value:.{places}f} %"


def interval(bounds: tuple[float, float]) -> str:
    """An interval of shares: ``1.2–3.4 %``."""
    low, high = (percent(bound).removesuffix(" %") for bound in bounds)
    return f"{low}–{high} %"
