from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from classifier.cli import main
from classifier.codebook import Codebook, codebook_from_dict
from classifier.errors import ModelError
from classifier.labels.label_set import LabelSet
from classifier.model.cascade import Cascade, make_cascade, rule_out_limits
from classifier.model.frame_model import FrameModel
from classifier.model.storage import save_model
from classifier.scoring.score import score_articles
from classifier.text.article import Article
from classifier.training.train import TrainOptions, train

from .conftest import CODEBOOK

TEXTS = [
    "Ada fled the storm that tore through the square.",
    "Ada bought a ticket and went home.",
    "In the valley Emil saw roses bloom again.",
]


@pytest.fixture(scope="module")
def second(label_set: LabelSet, codebook: Codebook) -> FrameModel:
    options = {"ngrams": {"buckets": 2**10}}
    return train(label_set, codebook, TrainOptions("second", encoder_options=options, folds=3))


@pytest.fixture
def cascade(model: FrameModel, second: FrameModel) -> Cascade:
    return make_cascade(model, second, 0.9)


def test_what_is_sent_on_gets_the_second_models_probabilities(
    cascade: Cascade, model: FrameModel, second: FrameModel
) -> None:
    probabilities = cascade.predict_proba(TEXTS, ["en"] * 3)
    assert np.array_equal(probabilities[[0, 2]], second.predict_proba(TEXTS, ["en"] * 3)[[0, 2]])
    assert np.array_equal(probabilities[1], model.predict_proba(TEXTS, ["en"] * 3)[1])


def test_a_cascade_counts_what_it_sends_on(cascade: Cascade) -> None:
    cascade.judge(TEXTS)
    assert (cascade.tally.seen, cascade.tally.sent) == (3, 2)
    assert cascade.tally.share == pytest.approx(2 / 3)


def test_a_cascade_scores_articles_like_a_model(cascade: Cascade) -> None:
    article = Article(" ".join(TEXTS), lang="en")
    (score,) = score_articles(cascade, [article])
    assert [sentence.frames for sentence in score.evidence] == [("storm",), ("bloom",)]
    assert score.model == "tiny>second"


def test_other_priors_send_on_the_same_sentences(cascade: Cascade) -> None:
    rare = cascade.at_priors(np.full(2, 0.001))
    rare.judge(TEXTS)
    assert rare.tally.sent == 2
    assert (rare.predict_proba(TEXTS) <= cascade.predict_proba(TEXTS)).all()


def test_what_is_ruled_out_is_never_flagged(cascade: Cascade) -> None:
    eager = replace(cascade, limit=2.0).at_priors(np.full(2, 0.999))
    probabilities, _ = eager.judge(TEXTS)
    expected = eager.second.flag(eager.second.predict_proba(TEXTS))
    assert not (eager.flag(probabilities) & ~expected).any()


def test_the_limit_keeps_the_recall_of_every_frame() -> None:
    rng = np.random.default_rng(0)
    targets = rng.random((500, 3)) < [0.3, 0.1, 0.02]
    probabilities = np.clip(rng.random((500, 3)) * 0.5 + 0.4 * targets, 0, 1)
    for recall, limit in rule_out_limits(probabilities, targets).items():
        kept = (probabilities >= limit).any(axis=1)
        assert all(kept[column].mean() >= float(recall) for column in targets.T)


def test_more_recall_sends_on_more(model: FrameModel, second: FrameModel) -> None:
    limits = [make_cascade(model, second, recall).limit for recall in (0.8, 0.9, 0.99)]
    assert limits == sorted(limits, reverse=True)


def test_a_recall_that_was_not_measured_is_refused(model: FrameModel, second: FrameModel) -> None:
    with pytest.raises(ModelError, match=r"at most 0\.995"):
        make_cascade(model, second, 0.9999)
    with pytest.raises(ModelError, match="train it again"):
        make_cascade(replace(model, facts={}), second, 0.9)


def test_models_of_other_frames_make_no_cascade(model: FrameModel, second: FrameModel) -> None:
    other = codebook_from_dict(CODEBOOK | {"frames": CODEBOOK["frames"][:1]})  # type: ignore[index]
    with pytest.raises(ModelError, match="same frames"):
        make_cascade(model, replace(second, codebook=other), 0.9)


def test_a_limit_can_be_chosen_on_the_sentences_to_be_scored(
    model: FrameModel, second: FrameModel, label_set: LabelSet
) -> None:
    texts, langs = label_set.texts, label_set.langs
    cascade = make_cascade(model, second, 0.9, texts, langs)
    flagged = second.flag(second.predict_proba(texts, langs)).any(axis=1)
    found = cascade.flag(cascade.predict_proba(texts, langs)).any(axis=1)
    assert found[flagged].mean() >= 0.9
    assert cascade.limit >= make_cascade(model, second, 0.995).limit


def test_too_little_to_choose_a_limit_by_is_refused(model: FrameModel, second: FrameModel) -> None:
    with pytest.raises(ModelError, match="flags 2 of 3 sentences, too few"):
        make_cascade(model, second, 0.9, TEXTS)


def test_the_command_line_sends_on_and_says_how_much(
    model_folder: Path, second: FrameModel, tmp_path: Path
) -> None:
    save_model(second, tmp_path / "second")
    (tmp_path / "a.jsonl").write_text(
        "\n".join(json.dumps({"text": t, "lang": "en"}) for t in TEXTS)
    )
    better = ["-m", str(model_folder), "--cascade", "0.9", "--then", str(tmp_path / "second")]
    for output in ("s.jsonl", "s"):
        command = ["score", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / output), *better]
        result = CliRunner().invoke(
            main, [*command, *(["--workers", "1"] if output == "s" else [])]
        )
        assert result.exit_code == 0, result.output
        assert "sent on 2 of 3 sentences" in result.stderr
    manifest = json.loads((tmp_path / "s" / "manifest.json").read_text(encoding="utf-8"))
    assert (manifest["model"]["name"], manifest["counts"]["sent"]) == ("tiny>second", 2)
