"""Articles to scores, many articles in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from classifier.model.calibration import estimate_priors
from classifier.model.frame_model import FrameModel
from classifier.scoring.scores import ArticleScore, FrameScore, SentenceScore
from classifier.text.article import Article, Sentence
from classifier.text.language import detect_language
from classifier.text.sentences import sentence_spans

_BATCH = 2048
_LOGITS = np.linspace(-15, 15, 3001)  # the steps of the histogram priors are estimated from


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBatch:
    """Articles and the scores of their sentences, as arrays.

    ``spans`` says where each sentence stands in its article; those of article ``i`` are rows
    ``first[i]`` to ``first[i + 1]`` of it and of ``probabilities`` (n_sentences, n_frames),
    ``flags`` (the same shape) and ``unsure`` (n_sentences,).
    """

    model: FrameModel
    articles: Sequence[Article]
    langs: Sequence[str | None]
    spans: Sequence[tuple[int, int]]
    first: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    flags: NDArray[np.bool_]
    unsure: NDArray[np.bool_]

    def texts(self) -> list[str]:
        """The sentences."""
        ends = self.first.tolist()
        return [
            article.text[start:end]
            for i, article in enumerate(self.articles)
            for start, end in self.spans[ends[i] : ends[i + 1]]
        ]


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What sentences add up to, each (n_articles, n_frames); see :class:`FrameScore`."""

    peak: NDArray[np.float64]
    expected: NDArray[np.float64]
    flagged: NDArray[np.int64]
    share: NDArray[np.float64]


def score_articles(model: FrameModel, articles: Iterable[Article]) -> Iterator[ArticleScore]:
    """Score articles as they come, in their order.

    Sentences of many articles are gathered into one batch of about 2,000; what a sentence
    scores does not depend on the others. Memory holds one batch, never the whole input.
    """
    for batch in _batches(model, articles):
        yield from article_scores(batch)


def _batches(model: FrameModel, articles: Iterable[Article]) -> Iterator[ScoredBatch]:
    waiting: list[_Split] = []
    sentences = 0
    for article in articles:
        waiting.append(_split(article))
        sentences += len(waiting[-1].spans)
        if sentences >= _BATCH:
            yield _score(model, waiting)
            waiting, sentences = [], 0
    if waiting:
        yield _score(model, waiting)


def score_batch(model: FrameModel, articles: Iterable[Article]) -> ScoredBatch:
    """Score articles all at once; memory holds them and all their sentences."""
    return _score(model, [_split(article) for article in articles])


@dataclass(frozen=True, slots=True)
class _Split:
    article: Article
    lang: str | None
    spans: list[tuple[int, int]]


def _split(article: Article) -> _Split:
    lang = article.lang or detect_language(article.text)
    return _Split(article, lang, sentence_spans(article.text, lang or "en"))


def _score(model: FrameModel, waiting: Sequence[_Split]) -> ScoredBatch:
    texts = [one.article.text[start:end] for one in waiting for start, end in one.spans]
    langs = [one.lang for one in waiting for _ in one.spans]
    probabilities, unsure = model.judge(texts, langs)
    return ScoredBatch(
        model=model,
        articles=[one.article for one in waiting],
        langs=[one.lang for one in waiting],
        spans=[span for one in waiting for span in one.spans],
        first=np.cumsum([0, *(len(one.spans) for one in waiting)]),
        probabilities=probabilities,
        flags=model.flag(probabilities) & ~unsure[:, None],
        unsure=unsure,
    )


def figures(batch: ScoredBatch) -> Figures:
    """An article's figures from its sentences'; those it is unsure of count in none."""
    shape = (len(batch.articles), len(batch.model.frames))
    peak, expected, share = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    flagged = np.zeros(shape, dtype=np.int64)
    some = np.flatnonzero(np.diff(batch.first))
    if len(some):
        starts = batch.first[some]
        judged = np.where(batch.unsure[:, None], 0.0, batch.probabilities)
        peak[some] = np.maximum.reduceat(judged, starts)
        expected[some] = np.add.reduceat(judged, starts)
        flagged[some] = np.add.reduceat(batch.flags.astype(np.int64), starts)
        sure = np.add.reduceat((~batch.unsure).astype(np.int64), starts)
        share[some] = flagged[some] / np.maximum(sure, 1)[:, None]
    return Figures(peak.round(4), expected.round(4), flagged, share.round(4))


def article_scores(batch: ScoredBatch) -> Iterator[ArticleScore]:
    """The batch, one article after the other."""
    names = batch.model.frames
    sums = figures(batch)
    columns = (sums.peak.tolist(), sums.expected.tolist(), sums.flagged.tolist())
    by_frame = zip(*columns, sums.share.tolist(), strict=True)
    probabilities = batch.probabilities.round(4).tolist()
    flags, unsure, ends = batch.flags.tolist(), batch.unsure.tolist(), batch.first.tolist()
    for i, (article, values) in enumerate(zip(batch.articles, by_frame, strict=True)):
        yield ArticleScore(
            article=article,
            lang=batch.langs[i],
            model=batch.model.name,
            version=batch.model.version,
            frames={
                name: FrameScore(*figure)
                for name, figure in zip(names, zip(*values, strict=True), strict=True)
            },
            sentences=tuple(
                SentenceScore(
                    Sentence(article.text[slice(*batch.spans[row])], *batch.spans[row]),
                    dict(zip(names, probabilities[row], strict=True)),
                    tuple(name for name, on in zip(names, flags[row], strict=True) if on),
                    unsure[row],
                )
                for row in range(ends[i], ends[i + 1])
            ),
        )


def estimate_article_priors(model: FrameModel, articles: Iterable[Article]) -> FrameModel:
    """The model with its probabilities corrected for how common frames are in these articles.

    Reads all of them once (Saerens et al. 2002); memory holds a histogram of the
    probabilities, in steps of 1 % of the odds.
    """
    frames = range(len(model.frames))
    counts = np.zeros((len(_LOGITS), len(frames)))
    for batch in _batches(model, articles):
        judged = np.clip(batch.probabilities[~batch.unsure], 1e-6, 1 - 1e-6)
        places = np.searchsorted(_LOGITS, np.log(judged / (1 - judged)))
        for frame in frames:
            counts[:, frame] += np.bincount(places[:, frame], minlength=len(_LOGITS))
    if not counts.any():
        return model
    probabilities = np.repeat(1 / (1 + np.exp(-_LOGITS[:, None])), len(frames), axis=1)
    return model.at_priors(estimate_priors(probabilities, model.priors, counts))
