"""The label set and the default model that are shipped."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from classifier import (
    Article,
    check_labels,
    load_model,
    read_articles,
    read_codebook,
    read_labels,
    score_articles,
)
from classifier.model.frame_model import FrameModel

from .conftest import ROOT

FRAMES = ROOT / "datasets" / "frames"


@pytest.fixture(scope="module")
def default() -> FrameModel:
    return load_model()


def test_the_label_set_has_no_problem() -> None:
    assert [str(problem) for problem in check_labels(FRAMES, read_codebook(FRAMES))] == []


def test_the_label_set_covers_six_languages() -> None:
    counts = Counter(read_labels(FRAMES).langs)
    assert set(counts) == {"de", "en", "zh", "ru", "es", "fr"}
    assert min(counts.values()) >= 300
    assert sum(counts.values()) >= 2000


def test_the_default_model_was_trained_on_the_label_set_as_it_lies(default: FrameModel) -> None:
    digest = hashlib.sha256((FRAMES / "labels.jsonl").read_bytes()).hexdigest()
    assert default.facts["labels"]["sha256"] == digest
    assert default.codebook == read_codebook(FRAMES)


def test_no_frame_falls_below_its_floor(default: FrameModel) -> None:
    floors = json.loads((ROOT / "tests" / "floors.json").read_text(encoding="utf-8"))
    assert default.facts["labels"]["sha256"] == floors["labels_sha256"]
    for frame, floor in floors["f1"].items():
        assert default.facts["held_out"]["frames"][frame]["f1"] >= floor, frame


def test_a_model_folder_stays_small() -> None:
    folder = ROOT / "models" / "frames"
    assert sum(path.stat().st_size for path in folder.iterdir()) < 12_000_000


def test_every_example_article_carries_a_frame(default: FrameModel) -> None:
    scores = list(score_articles(default, read_articles(ROOT / "datasets" / "articles")))
    assert len(scores) >= 6
    found = {frame for score in scores for s in score.evidence for frame in s.frames}
    assert found == set(default.frames)


def test_an_ordinary_article_carries_none(default: FrameModel) -> None:
    text = "The bakery on the corner opens at seven. Its owner has baked bread for forty years."
    (score,) = score_articles(default, [Article(text, lang="en")])
    assert score.evidence == ()


def coded_seed(readme: str) -> list[tuple[str, set[str]]]:
    """The first words and the frames of every sentence coded in the seed's README."""
    rows = re.findall(r"^- „(.+?) ?…?\":? ?:? ?(.+)$", readme, flags=re.MULTILINE)
    coded = []
    for start, rest in rows:
        frames = {frame for frame in read_codebook(FRAMES).frame_names if f"{frame}," in rest}
        coded.append((start.split(" …")[0].rstrip(":"), frames))
    return coded


def test_the_seed_article_is_read_as_it_was_coded(default: FrameModel, shared: Path) -> None:
    coded = coded_seed((shared / "seed" / "README.md").read_text(encoding="utf-8"))
    assert len(coded) == 14
    (path,) = (shared / "seed").glob("*.txt")
    (score,) = score_articles(default, read_articles(path))
    misses = false_alarms = 0
    for start, frames in coded:
        (sentence,) = (s for s in score.sentences if s.sentence.text.lstrip("„").startswith(start))
        misses += len(frames - set(sentence.frames))
        false_alarms += len(set(sentence.frames) - frames)
    assert misses <= 1
    assert false_alarms <= 1


def test_every_real_article_is_scored_with_true_offsets(default: FrameModel, shared: Path) -> None:
    refused: list[Exception] = []
    count = 0
    articles = read_articles(shared / "articles", on_error=refused.append)
    for score in score_articles(default, articles):
        count += 1
        for evidence in score.sentences:
            sentence = evidence.sentence
            assert score.article.text[sentence.start : sentence.end] == sentence.text
    assert count > 1500
    assert all("README" not in str(error) for error in refused)


def test_no_label_shares_a_long_run_with_a_real_text(shared: Path) -> None:
    import subprocess
    import sys

    tool = shared / "tools" / "check_overlap.py"
    command = [sys.executable, str(tool), str(FRAMES / "labels.jsonl")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_gold_figures_are_reported(
    default: FrameModel, shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from classifier import evaluate

    result = evaluate(default, read_labels(shared / "gold" / "dev.jsonl"))
    with capsys.disabled():
        figures = ", ".join(f"{name} {f.f1:.3f}" for name, f in result.frames.items())
        macro = result.macro
        print(
            f"\ngold dev: macro-F1 {macro['f1']:.3f} (cues {macro['dictionary_f1']:.3f}); {figures}"
        )
    assert result.macro["f1"] >= 0.68


def test_what_a_sentence_scores_does_not_depend_on_what_was_scored_before() -> None:
    labels = list(read_labels(FRAMES))[::8]
    texts, langs = [one.text for one in labels], [one.lang for one in labels]
    model = load_model()
    first, again = model.predict_proba(texts, langs), model.predict_proba(texts, langs)
    backwards = load_model().predict_proba(texts[::-1], langs[::-1])[::-1]
    assert np.array_equal(first, again)
    assert np.array_equal(first, backwards)
