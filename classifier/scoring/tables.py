"""Scores as two tables: one row an article, one row a sentence.

Both have the column ``article``, the running number of the article in the input, from 0.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from classifier.scoring.score import ScoredBatch, figures
from classifier.text.near_duplicates import signatures
from classifier.text.voice import VOICES

_TEXT = pa.string()


def article_table(batch: ScoredBatch, numbers: Sequence[int], *, copies: bool = False) -> pa.Table:
    """One row an article: what it is, and per frame its figures.

    ``<frame>_peak``, ``_expected``, ``_flagged`` and ``_share`` are those of
    :class:`~classifier.scoring.scores.FrameScore`; ``<frame>_author``, ``_reported`` and
    ``_quoted`` split ``_flagged`` by voice. With ``copies``, ``signature`` holds the MinHash
    signature of the text, its 128 numbers as hexadecimal digits, lowest byte first.
    """
    articles, model = batch.articles, batch.model
    n = len(articles)
    starts = batch.first[:-1]
    columns: dict[str, Any] = {
        "article": pa.array(numbers, pa.int64()),
        "id": pa.array([article.id for article in articles], _TEXT),
        "origin": pa.array([article.origin for article in articles], _TEXT),
        "title": pa.array([article.title for article in articles], _TEXT),
        "date": pa.array([article.date for article in articles], _TEXT),
        "outlet": pa.array([article.outlet for article in articles], _TEXT),
        "lang": pa.array(batch.langs, _TEXT),
        "sha256": pa.array([article.sha256 for article in articles], _TEXT),
        "model": pa.array([model.name] * n, _TEXT),
        "version": pa.array([model.version] * n, _TEXT),
        "sentences": pa.array(np.diff(batch.first), pa.int64()),
        "unsure": pa.array(_sums(batch.unsure, starts, batch.first[1:]), pa.int64()),
    }
    if copies:
        rows = signatures([article.text for article in articles])
        columns["signature"] = pa.array([row.astype("<u4").tobytes().hex() for row in rows], _TEXT)
    sums = figures(batch)
    for i, frame in enumerate(model.frames):
        columns[f"{frame}_peak"] = sums.peak[:, i]
        columns[f"{frame}_expected"] = sums.expected[:, i]
        columns[f"{frame}_flagged"] = sums.flagged[:, i]
        columns[f"{frame}_share"] = sums.share[:, i]
        for j, voice in enumerate(VOICES):
            columns[f"{frame}_{voice}"] = sums.voices[:, i, j]
    return pa.table(columns)


def sentence_table(
    batch: ScoredBatch,
    numbers: Sequence[int],
    *,
    all_sentences: bool = False,
    explain: bool = False,
) -> pa.Table:
    """One row a sentence that carries a frame, or one for every sentence.

    ``start`` and ``end`` count code points of the article's text; ``sentence`` is the
    sentence's number in its article, from 0; ``<frame>_probability`` stands for every frame.
    ``speaker`` is looked for where a frame is flagged; where the name stands is
    ``speaker_start`` and ``speaker_end``. With ``explain``, ``explanation`` holds as JSON what
    spoke for and against the frames that are flagged.
    """
    frames = batch.model.frames
    rows = np.arange(len(batch.spans)) if all_sentences else np.flatnonzero(batch.flags.any(axis=1))
    home = np.searchsorted(batch.first, rows, side="right") - 1
    places = batch.spans[rows]
    articles = [batch.articles[i] for i in home.tolist()]
    heard = batch.voices()[rows].tolist()
    framed = np.flatnonzero(batch.flags.any(axis=1))
    named = dict(zip(framed.tolist(), batch.speakers(framed), strict=True))
    speakers = [named.get(row) for row in rows.tolist()]
    columns: dict[str, Any] = {
        "article": pa.array([numbers[i] for i in home.tolist()], pa.int64()),
        "id": pa.array([article.id for article in articles], _TEXT),
        "sentence": pa.array(rows - batch.first[home], pa.int64()),
        "start": pa.array(places[:, 0], pa.int64()),
        "end": pa.array(places[:, 1], pa.int64()),
        "text": pa.array(
            [
                article.text[start:end]
                for article, (start, end) in zip(articles, places.tolist(), strict=True)
            ],
            _TEXT,
        ),
        "unsure": pa.array(batch.unsure[rows]),
        "voice": pa.array([VOICES[voice] for voice in heard], _TEXT),
        "speaker": pa.array([speaker and speaker.name for speaker in speakers], _TEXT),
        "speaker_start": pa.array([speaker and speaker.start for speaker in speakers], pa.int64()),
        "speaker_end": pa.array([speaker and speaker.end for speaker in speakers], pa.int64()),
        "frames": pa.array(
            [[frames[i] for i in np.flatnonzero(flags)] for flags in batch.flags[rows]],
            pa.list_(_TEXT),
        ),
    }
    if explain:
        told = dict(zip(framed.tolist(), batch.explanations(framed), strict=True))
        lines = [
            json.dumps(told[row], ensure_ascii=False) if row in told else None
            for row in rows.tolist()
        ]
        columns["explanation"] = pa.array(lines, _TEXT)
    for i, frame in enumerate(frames):
        columns[f"{frame}_probability"] = batch.probabilities[rows, i].round(4)
    return pa.table(columns)


def _sums(values: Any, starts: Any, ends: Any) -> Any:
    total = np.concatenate([[0], np.cumsum(values)])
    return total[ends] - total[starts]
