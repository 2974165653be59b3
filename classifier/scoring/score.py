"""Articles to scores, many articles in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from classifier.model.calibration import estimate_priors
from classifier.model.frame_model import FrameModel
from classifier.scoring.scores import ArticleScore, SentenceScore, aggregate
from classifier.text.article import Article, Sentence
from classifier.text.language import detect_language
from classifier.text.sentences import split_text

_BATCH = 2048


def score_articles(model: FrameModel, articles: Iterable[Article]) -> Iterator[ArticleScore]:
    """Score articles as they come, in their order.

    Sentences of many articles are gathered into one batch of about 2,000; what a sentence
    scores does not depend on the others. Memory holds one batch, never the whole input.
    """
    batch: list[tuple[Article, str | None, list[Sentence]]] = []
    waiting = 0
    for article in articles:
        lang = article.lang or detect_language(article.text)
        sentences = list(split_text(article.text, lang or "en"))
        batch.append((article, lang, sentences))
        waiting += len(sentences)
        if waiting >= _BATCH:
            yield from _score_batch(model, batch)
            batch, waiting = [], 0
    yield from _score_batch(model, batch)


def _score_batch(
    model: FrameModel, batch: list[tuple[Article, str | None, list[Sentence]]]
) -> Iterator[ArticleScore]:
    texts = [sentence.text for _, _, sentences in batch for sentence in sentences]
    langs = [lang for _, lang, sentences in batch for _ in sentences]
    probabilities, unsure = model.judge(texts, langs)
    flags = model.flag(probabilities) & ~unsure[:, None]
    rounded = probabilities.round(4).tolist()
    at = 0
    for article, lang, sentences in batch:
        rows = slice(at, at + len(sentences))
        judged = np.flatnonzero(~unsure[rows]) + at
        yield ArticleScore(
            article=article,
            lang=lang,
            model=model.name,
            version=model.version,
            frames=aggregate(model.frames, probabilities[judged], flags[judged]),
            sentences=tuple(
                SentenceScore(
                    sentence,
                    dict(zip(model.frames, values, strict=True)),
                    tuple(name for name, on in zip(model.frames, flagged, strict=True) if on),
                    doubt,
                )
                for sentence, values, flagged, doubt in zip(
                    sentences,
                    rounded[rows],
                    flags[rows].tolist(),
                    unsure[rows].tolist(),
                    strict=True,
                )
            ),
        )
        at += len(sentences)


def estimate_article_priors(model: FrameModel, articles: Iterable[Article]) -> FrameModel:
    """The model with its probabilities corrected for how common frames are in these articles.

    Reads all of them once and keeps one row of probabilities a sentence (Saerens et al. 2002).
    """
    rows = [np.zeros((0, len(model.frames)), dtype=np.float32)]
    for score in score_articles(model, articles):
        judged = [s.probabilities for s in score.sentences if not s.unsure]
        rows.append(
            np.array([list(p.values()) for p in judged], dtype=np.float32).reshape(
                len(judged), len(model.frames)
            )
        )
    probabilities = np.concatenate(rows).astype(np.float64)
    if not len(probabilities):
        return model
    return model.at_priors(estimate_priors(probabilities, model.priors))
