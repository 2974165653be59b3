"""Articles to scores, many articles in one batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    probabilities = model.predict_proba(texts, langs)
    flags = model.flag(probabilities)
    rounded = probabilities.round(4).tolist()
    at = 0
    for article, lang, sentences in batch:
        rows = slice(at, at + len(sentences))
        yield ArticleScore(
            article=article,
            lang=lang,
            model=model.name,
            version=model.version,
            frames=aggregate(model.frames, probabilities[rows], flags[rows]),
            sentences=tuple(
                SentenceScore(
                    sentence,
                    dict(zip(model.frames, values, strict=True)),
                    tuple(name for name, on in zip(model.frames, flagged, strict=True) if on),
                )
                for sentence, values, flagged in zip(
                    sentences, rounded[rows], flags[rows].tolist(), strict=True
                )
            ),
        )
        at += len(sentences)
