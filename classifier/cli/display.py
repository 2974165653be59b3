"""Scores and figures as rich shows them on a terminal."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.progress import ProgressColumn, Task
from rich.table import Table
from rich.text import Text

from classifier.codebook import Codebook
from classifier.model.explanation import (
    Contribution,
    Explanation,
    FrameExplanation,
    by_place,
)
from classifier.model.nearest import Neighbour
from classifier.scoring.scores import ArticleScore
from classifier.training.evaluate import Evaluation, FrameFigures

WIDTH = 110  # where the output is no terminal
_COLOURS = ("magenta", "cyan", "yellow", "red", "green", "blue")
_STRONGEST = 5
_SHOWN = 12  # contributions to a frame


def wide_console(*, stderr: bool = False) -> Console:
    """Standard output or standard error; as wide as a page where it is no terminal."""
    terminal = (sys.stderr if stderr else sys.stdout).isatty()
    return Console(stderr=stderr, highlight=False, width=None if terminal else WIDTH)


class RateColumn(ProgressColumn):
    """How many a second, over the last moments."""

    def __init__(self, unit: str) -> None:
        self.unit = unit
        super().__init__()

    def render(self, task: Task) -> Text:
        """The rate, nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} {self.unit}")


def article_lines(result: ArticleScore, frames: Sequence[str]) -> Iterator[RenderableType]:
    """An article's heading, its frames, and its strongest sentences in their order."""
    colours = {frame: _COLOURS[i % len(_COLOURS)] for i, frame in enumerate(frames)}
    article = result.article
    heading = " · ".join(filter(None, (article.id, article.title, article.date, result.lang)))
    yield Text(heading, style="bold")
    yield _frame_line(result, colours)
    strongest = sorted(result.evidence, key=lambda s: -max(s.probabilities.values()))
    for sentence in sorted(strongest[:_STRONGEST], key=lambda s: s.sentence.start):
        line = Text("  ")
        for frame in sentence.frames:
            line.append(f"{frame} {sentence.probabilities[frame]:.2f}  ", colours[frame])
        if sentence.voice != "author":
            speaker = f" {sentence.speaker.name}" if sentence.speaker else ""
            line.append(f"{sentence.voice}{speaker}", style="dim")
        yield line
        yield Padding(Text(" ".join(sentence.sentence.text.split())), (0, 0, 0, 4))
        for frame, told in (sentence.explanation or {}).items():
            yield Padding(_terms_line(frame, told, colours[frame]), (0, 0, 0, 4))
    if len(strongest) > _STRONGEST:
        yield Text(f"  … and {len(strongest) - _STRONGEST} more; -o writes them all", style="dim")
    yield Text()


def _terms_line(frame: str, told: Mapping[str, Any], colour: str) -> Text:
    """What spoke for and against a frame, in one line."""
    line = Text(f"{frame}: ", style=colour)
    for term in told["terms"]:
        said = " ".join(term["text"].split())
        line.append(f"{term['weight']:+.2f} ", "green" if term["weight"] > 0 else "red")
        line.append(f"{said}  ", "cyan" if term["cue"] else "dim")
    return line


def _frame_line(result: ArticleScore, colours: dict[str, str]) -> Text:
    line = Text(f"  {len(result.sentences)} sentences: ", style="dim")
    flagged = {name: score for name, score in result.frames.items() if score.flagged}
    for name, figures in flagged.items():
        line.append(f"{name} ×{figures.flagged}", style=colours[name])
        others = ", ".join(
            f"{count} {voice}"
            for voice, count in figures.voices.items()
            if count and voice != "author"
        )
        line.append(f" ({others})  " if others else "  ", style="dim")
    if not flagged:
        line.append("no frame")
    if result.unsure:
        line.append(f"  ({result.unsure} not judged: unknown language or words)", style="dim")
    return line


def explanation_lines(
    explanation: Explanation, codebook: Codebook, *, all_frames: bool
) -> Iterator[RenderableType]:
    """Of each frame that is flagged (or the likeliest, or all) what spoke for and against it."""
    likeliest = max(explanation.frames, key=lambda one: one.probability)
    if explanation.unsure:
        yield Text("unknown language or words: not to be relied on", style="bold yellow")
    for one, frame in zip(explanation.frames, codebook.frames, strict=True):
        if not (all_frames or one.flagged or one is likeliest):
            continue
        yield Text.assemble(
            (one.frame, "bold"),
            f"  {one.probability:.2f} ",
            (f"flagged, from {one.threshold:.2f}", "bold green")
            if one.flagged
            else (f"not flagged, below {one.threshold:.2f}", "dim"),
            (f"  {explanation.lang or 'language unknown'}", "dim"),
        )
        strongest = by_place(one.contributions)
        yield Padding(_marked(explanation.text, strongest), (1, 0, 1, 2))
        yield _contribution_table(one, strongest[:_SHOWN], exact=explanation.exact)
        yield Padding(Text(frame.definition or frame.title, style="dim"), (0, 0, 1, 2))


def neighbour_lines(neighbours: Sequence[Neighbour]) -> Iterator[RenderableType]:
    """The nearest labelled sentences, and what they were labelled."""
    for one in neighbours:
        line = Text(f"{one.similarity:.2f}  ", style="dim")
        line.append(", ".join(one.label.frames) or "no frame", style="bold")
        line.append(f"  {one.label.id}  ", style="dim")
        line.append(" ".join(one.label.text.split()))
        yield line


def _marked(text: str, strongest: Sequence[Contribution]) -> Text:
    """The sentence, green where it speaks for the frame and red where against it."""
    line = Text(text)
    for one in reversed(strongest[:_SHOWN]):
        for start, end in one.places:
            line.stylize("bold green" if one.weight > 0 else "red", start, end)
    return line


def _contribution_table(
    one: FrameExplanation, strongest: Sequence[Contribution], *, exact: bool
) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(justify="right")
    for part in strongest:
        colour = "green" if part.weight > 0 else "red"
        said = Text(" ".join(part.text.split()))
        if part.cue:
            said.append(f"   {part.cue}", "cyan")
        table.add_row(Text(f"{part.weight:+.2f}", colour), Text(part.kind, "dim"), said)
    if exact:
        rest = one.margin - one.intercept - sum(part.weight for part in strongest)
        table.add_row(f"{rest:+.2f}", Text("the rest", "dim"), "")
        table.add_row(f"{one.intercept:+.2f}", Text("intercept", "dim"), "")
        table.add_row(f"{one.margin:+.2f}", Text("margin", "bold"), "")
    return table


def evaluation_table(result: Evaluation, width: int) -> Table:
    """Every figure by frame and language; below 110 columns only F1 keeps its interval."""
    narrow = width < WIDTH
    title = Text(f"{result.labels}: {result.sentences} sentences, 95 % intervals")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("", "n", "precision", "recall", "F1", "AP", "ECE", "cues F1"):
        table.add_column(name, justify="right" if name else "left", no_wrap=True)
    for frame, figures in result.frames.items():
        table.add_row(Text(frame), *_cells(figures, narrow=narrow))
    table.add_section()
    for name, values in (("macro", result.macro), ("micro", result.micro)):
        cells = [f"{values[key]:.3f}" if key in values else "" for key in _FIGURES]
        table.add_row(name, "", *cells)
    for lang, by_frame in result.languages.items():
        table.add_section()
        for frame, figures in by_frame.items():
            if figures.support or figures.flagged:
                table.add_row(Text(f"{lang} {frame}"), *_cells(figures, narrow=narrow))
    return table


_FIGURES = ("precision", "recall", "f1", "average_precision", "calibration_error", "dictionary_f1")


def _cells(figures: FrameFigures, *, narrow: bool) -> list[str]:
    """The cells of a row; a narrow terminal shows the interval of F1 only."""

    def number(value: float) -> str:
        return "–" if math.isnan(value) else f"{value:.2f}"

    def with_interval(value: float, interval: tuple[float, float]) -> str:
        return f"{number(value)} ({interval[0]:.2f}–{interval[1]:.2f})"

    return [
        str(figures.support),
        number(figures.precision)
        if narrow
        else with_interval(figures.precision, figures.precision_interval),
        number(figures.recall)
        if narrow
        else with_interval(figures.recall, figures.recall_interval),
        with_interval(figures.f1, figures.f1_interval),
        number(figures.average_precision),
        f"{figures.calibration_error:.3f}",
        f"{figures.dictionary_f1:.2f}",
    ]
