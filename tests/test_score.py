from __future__ import annotations

from collections.abc import Iterator

import pytest

from classifier.model.frame_model import FrameModel
from classifier.scoring.score import score_articles
from classifier.text.article import Article

STORMY = Article("A storm hit the town.\nThe bakery opened.\nRoses bloom again.", id="a", lang="en")


def test_an_article_is_scored_sentence_by_sentence(model: FrameModel) -> None:
    (score,) = score_articles(model, [STORMY])
    assert [s.frames for s in score.sentences] == [("storm",), (), ("bloom",)]
    assert [s.sentence.text for s in score.evidence] == [
        "A storm hit the town.",
        "Roses bloom again.",
    ]


def test_an_articles_figures_follow_from_its_sentences(model: FrameModel) -> None:
    (score,) = score_articles(model, [STORMY])
    storm = [s.probabilities["storm"] for s in score.sentences]
    figures = score.frames["storm"]
    assert figures.peak == max(storm)
    assert figures.expected == pytest.approx(sum(storm), abs=2e-4)
    assert (figures.flagged, figures.share) == (1, 0.3333)


def test_the_record_names_model_text_and_place(model: FrameModel) -> None:
    record = next(iter(score_articles(model, [STORMY]))).to_dict()
    assert record["model"] == {"name": "tiny", "version": "1"}
    assert record["sha256"] == STORMY.sha256
    assert record["sentences"] == 3
    for evidence in record["evidence"]:
        assert STORMY.text[evidence["start"] : evidence["end"]] == evidence["text"]


def test_many_articles_come_in_order_and_score_as_alone(model: FrameModel) -> None:
    articles = [Article(f"{STORMY.text} {i}", id=str(i), lang="en") for i in range(1500)]
    scores = list(score_articles(model, articles))
    assert [score.article.id for score in scores] == [str(i) for i in range(1500)]
    (alone,) = score_articles(model, [articles[700]])
    assert scores[700] == alone


def test_an_article_without_a_sentence_has_figures_too(model: FrameModel) -> None:
    (score,) = score_articles(model, [Article("***", id="x")])
    assert score.sentences == ()
    assert score.frames["storm"].peak == 0


def test_scoring_does_not_read_ahead_of_its_batch(model: FrameModel) -> None:
    read = 0

    def articles() -> Iterator[Article]:
        nonlocal read
        for _ in range(10_000):
            read += 1
            yield STORMY

    next(score_articles(model, articles()))
    assert read < 1000


QUOTED = Article(
    'A storm hit the town. "A storm is coming again," said Ada Brown, the mayor. '
    "She said that a storm was near.",
    lang="en",
)


def test_a_flagged_sentence_says_who_speaks_it(model: FrameModel) -> None:
    (score,) = score_articles(model, [QUOTED])
    assert [sentence.voice for sentence in score.evidence] == ["author", "quoted", "reported"]
    speaker = score.evidence[1].speaker
    assert speaker is not None
    assert QUOTED.text[speaker.start : speaker.end] == speaker.name == "Ada Brown"
    assert score.frames["storm"].voices == {"author": 1, "reported": 1, "quoted": 1}


def test_only_the_voices_asked_for_are_flagged_and_counted(model: FrameModel) -> None:
    (score,) = score_articles(model, [QUOTED], voices=["author"])
    assert [sentence.voice for sentence in score.evidence] == ["author"]
    assert (score.frames["storm"].flagged, score.frames["storm"].share) == (1, 1.0)


def test_a_flagged_sentence_explains_its_margin_on_request(model: FrameModel) -> None:
    (score,) = score_articles(model, [STORMY], explain=True)
    assert score.sentences[1].explanation is None
    told = score.evidence[0].to_dict()["explanation"]["storm"]
    weights = [term["weight"] for term in told["terms"]]
    assert told["intercept"] + sum(weights) + told["rest"] == pytest.approx(
        told["margin"], abs=2e-3
    )
    start, end = told["terms"][0]["places"][0]
    assert "storm" in STORMY.text[:21][start:end]
