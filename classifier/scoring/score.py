"""Articles to scores, many articles in one batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.model.calibration import estimate_priors
from classifier.model.cascade import Cascade
from classifier.model.frame_model import FrameModel
from classifier.scoring.scores import ArticleScore, FrameScore, SentenceScore
from classifier.text.article import Article, Sentence
from classifier.text.language import detect_language
from classifier.text.passages import Passages, code_points
from classifier.text.sentences import sentence_spans
from classifier.text.speech.speakers import Speaker, Speech, find_speakers
from classifier.text.voice import VOICES, Voice, hear_spans

_BATCH = 2048
_LOGITS = np.linspace(-15, 15, 3001)  # the steps of the histogram priors are estimated from


@dataclass(frozen=True, slots=True, eq=False)
class ScoredBatch:
    """Articles and the scores of their sentences, as arrays.

    ``spans`` (n_sentences, 2) says where each sentence starts and ends in its article; those
    of article ``i`` are rows ``first[i]`` to ``first[i + 1]`` of it and of ``probabilities``
    (n_sentences, n_frames), ``flags`` (the same shape), ``unsure`` and ``counted``
    (n_sentences,). A sentence counts in its article's figures, and may be flagged, if the
    model is not unsure of it and its voice is one of those asked for. ``speech`` tells an
    article's voices.
    """

    model: FrameModel | Cascade
    articles: Sequence[Article]
    langs: Sequence[str | None]
    spans: NDArray[np.int64]
    first: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    flags: NDArray[np.bool_]
    unsure: NDArray[np.bool_]
    counted: NDArray[np.bool_]
    speech: Sequence[Speech]

    def voices(self) -> NDArray[np.int8]:
        """The voice of every sentence, as its place in ``VOICES``: (n_sentences,)."""
        return _voices(self.speech)

    def speakers(self, rows: NDArray[np.int64]) -> list[Speaker | None]:
        """Who speaks these sentences, rows in ascending order; None where nobody is named."""
        found: list[Speaker | None] = []
        homes = np.searchsorted(self.first, rows, side="right") - 1
        for i in np.unique(homes).tolist():
            inside = rows[homes == i] - self.first[i]
            found += find_speakers(self.speech[i], inside.tolist())
        return found

    def explanations(self, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
        """By flagged frame what spoke for and against it in these sentences."""
        homes = np.searchsorted(self.first, rows, side="right") - 1
        found = []
        for row, home in zip(rows.tolist(), homes.tolist(), strict=True):
            text = self.articles[home].text[slice(*self.spans[row].tolist())]
            flagged = [self.model.frames[i] for i in np.flatnonzero(self.flags[row])]
            found.append(self.model.explain(text, self.langs[home]).in_short(flagged))
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """What sentences add up to, each (n_articles, n_frames); see :class:`FrameScore`.

    ``voices`` splits ``flagged`` by voice: (n_articles, n_frames, 3).
    """

    peak: NDArray[np.float64]
    expected: NDArray[np.float64]
    flagged: NDArray[np.int64]
    share: NDArray[np.float64]
    voices: NDArray[np.int64]


def score_articles(
    model: FrameModel | Cascade,
    articles: Iterable[Article],
    *,
    voices: Collection[Voice] = VOICES,
    explain: bool = False,
) -> Iterator[ArticleScore]:
    """Score articles as they come, in their order.

    Sentences of many articles are gathered into one batch of about 2,000; what a sentence
    scores does not depend on the others. Memory holds one batch, never the whole input.

    Args:
        model: the model.
        articles: what to score.
        voices: only sentences in these voices are flagged and count in an article's figures.
        explain: also say of every flagged sentence what spoke for and against its frames;
            takes a few milliseconds each.
    """
    for batch in _batches(model, articles, voices):
        yield from article_scores(batch, explain=explain)


def _batches(
    model: FrameModel | Cascade, articles: Iterable[Article], voices: Collection[Voice] = VOICES
) -> Iterator[ScoredBatch]:
    waiting: list[_Split] = []
    sentences = 0
    for article in articles:
        waiting.append(_split(article))
        sentences += len(waiting[-1].spans)
        if sentences >= _BATCH:
            yield _score(model, waiting, voices)
            waiting, sentences = [], 0
    if waiting:
        yield _score(model, waiting, voices)


def score_batch(
    model: FrameModel | Cascade, articles: Iterable[Article], voices: Collection[Voice] = VOICES
) -> ScoredBatch:
    """Score articles all at once; memory holds them and all their sentences."""
    return _score(model, [_split(article) for article in articles], voices)


@dataclass(frozen=True, slots=True)
class _Split:
    article: Article
    lang: str | None
    spans: NDArray[np.int64]
    speech: Speech


def _split(article: Article) -> _Split:
    lang = article.lang or detect_language(article.text)
    codes = code_points(article.text)
    spans = sentence_spans(article.text, codes, lang or "en")
    speech = hear_spans(article.text, codes, spans[:, 0], spans[:, 1], lang)
    return _Split(article, lang, spans, speech)


def _score(
    model: FrameModel | Cascade, waiting: Sequence[_Split], voices: Collection[Voice]
) -> ScoredBatch:
    counts = [len(one.spans) for one in waiting]
    spans = np.concatenate([np.zeros((0, 2), dtype=np.int64), *(one.spans for one in waiting)])
    homes = np.repeat(np.arange(len(waiting)), counts)
    passages = Passages([one.article.text for one in waiting], homes, spans)
    langs = [waiting[home].lang for home in homes.tolist()]
    probabilities, unsure = model.judge(passages, langs)
    counted = ~unsure
    if set(voices) != set(VOICES):
        wanted = np.array([voice in voices for voice in VOICES])
        counted &= wanted[_voices([one.speech for one in waiting])]
    return ScoredBatch(
        model=model,
        articles=[one.article for one in waiting],
        langs=[one.lang for one in waiting],
        spans=spans,
        first=np.cumsum([0, *counts]),
        probabilities=probabilities,
        flags=model.flag(probabilities) & counted[:, None],
        unsure=unsure,
        counted=counted,
        speech=[one.speech for one in waiting],
    )


def _voices(speech: Sequence[Speech]) -> NDArray[np.int8]:
    return np.concatenate([np.zeros(0, dtype=np.int8), *(one.voices for one in speech)])


def figures(batch: ScoredBatch) -> Figures:
    """An article's figures, from those of its sentences that count."""
    shape = (len(batch.articles), len(batch.model.frames))
    peak, expected, share = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    flagged = np.zeros(shape, dtype=np.int64)
    by_voice = np.zeros((*shape, len(VOICES)), dtype=np.int64)
    some = np.flatnonzero(np.diff(batch.first))
    if len(some):
        starts = batch.first[some]
        judged = np.where(batch.counted[:, None], batch.probabilities, 0.0)
        voices = batch.voices()[:, None] == np.arange(len(VOICES))
        peak[some] = np.maximum.reduceat(judged, starts)
        expected[some] = np.add.reduceat(judged, starts)
        flagged[some] = np.add.reduceat(batch.flags.astype(np.int64), starts)
        heard = batch.flags[:, :, None] & voices[:, None, :]
        by_voice[some] = np.add.reduceat(heard.astype(np.int64), starts)
        counted = np.add.reduceat(batch.counted.astype(np.int64), starts)
        share[some] = flagged[some] / np.maximum(counted, 1)[:, None]
    return Figures(peak.round(4), expected.round(4), flagged, share.round(4), by_voice)


def article_scores(batch: ScoredBatch, *, explain: bool = False) -> Iterator[ArticleScore]:
    """The batch, one article after the other."""
    names = batch.model.frames
    sums = figures(batch)
    by_frame = zip(
        sums.peak.tolist(),
        sums.expected.tolist(),
        sums.flagged.tolist(),
        sums.share.tolist(),
        [
            [dict(zip(VOICES, counts, strict=True)) for counts in article]
            for article in sums.voices.tolist()
        ],
        strict=True,
    )
    heard = batch.voices().tolist()
    framed = np.flatnonzero(batch.flags.any(axis=1))
    speakers = dict(zip(framed.tolist(), batch.speakers(framed), strict=True))
    told = dict(zip(framed.tolist(), batch.explanations(framed), strict=True)) if explain else {}
    probabilities = batch.probabilities.round(4).tolist()
    flags, unsure, ends = batch.flags.tolist(), batch.unsure.tolist(), batch.first.tolist()
    places = batch.spans.tolist()
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
                    Sentence(article.text[slice(*places[row])], *places[row]),
                    dict(zip(names, probabilities[row], strict=True)),
                    tuple(name for name, on in zip(names, flags[row], strict=True) if on),
                    unsure[row],
                    VOICES[heard[row]],
                    speakers.get(row),
                    told.get(row),
                )
                for row in range(ends[i], ends[i + 1])
            ),
        )


def estimate_article_priors(
    model: FrameModel | Cascade, articles: Iterable[Article]
) -> FrameModel | Cascade:
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
