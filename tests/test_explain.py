from __future__ import annotations

import json
import sys
import unicodedata
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import load_model, read_labels
from classifier.cli import main
from classifier.labels.label_set import LabelSet
from classifier.model.explanation import Explanation, by_place
from classifier.model.frame_model import FrameModel
from classifier.model.nearest import nearest_labels
from classifier.model.storage import save_model
from classifier.text.normal import compose, composed_places, may_join

from .conftest import ROOT

LANGS = ("de", "en", "es", "fr", "ru", "zh")
STORM = "Dora fled the storm that tore through the valley."


@pytest.fixture(scope="module")
def default_model() -> FrameModel:
    return load_model()


def adds_up(explanation: Explanation) -> bool:
    return all(
        abs(one.intercept + sum(c.weight for c in one.contributions) - one.margin) < 1e-5
        for one in explanation.frames
    )


@pytest.mark.parametrize("lang", LANGS)
def test_contributions_add_up_to_the_margin_that_is_scored(
    default_model: FrameModel, lang: str
) -> None:
    labels = [label for label in read_labels(ROOT / "datasets" / "frames") if label.lang == lang]
    for label in labels[:: len(labels) // 12]:
        explanation = default_model.explain(label.text, lang)
        assert explanation.exact
        assert adds_up(explanation)
        scored = default_model.predict_proba([label.text], [lang])[0]
        assert [one.probability for one in explanation.frames] == pytest.approx(scored.tolist())


@settings(deadline=None)
@given(st.text(max_size=80), st.sampled_from(["en", None]))
def test_any_text_is_explained_within_its_bounds(
    model: FrameModel, text: str, lang: str | None
) -> None:
    explanation = model.explain(text, lang)
    assert adds_up(explanation)
    for one in explanation.frames:
        for part in one.contributions:
            assert part.places
            assert all(0 <= start < end <= len(text) for start, end in part.places)
            assert part.text == " … ".join(text[start:end] for start, end in part.places)


def contribution_texts(explanation: Explanation, kind: str) -> set[str]:
    return {part.text for part in explanation.frames[0].contributions if part.kind == kind}


def test_words_and_pairs_are_shown_as_they_stand(model: FrameModel) -> None:
    explanation = model.explain("“Dora” FLED the sto\u00adrm, that tore through the valley.", "en")
    assert {"Dora", "FLED", "sto\u00adrm"} <= contribution_texts(explanation, "word")
    assert "the sto\u00adrm" in contribution_texts(explanation, "pair")
    assert "through … valley" in contribution_texts(explanation, "skip-pair")


def test_a_cue_is_shown_as_the_codebook_writes_it_and_where_it_stands(model: FrameModel) -> None:
    text = "Under heavy rain the heavens over Ada grew very dark."
    cues = {
        part.cue: part for part in model.explain(text, "en").frames[0].contributions if part.cue
    }
    assert set(cues) == {"$sky … dark*", "? rain*"}
    assert cues["$sky … dark*"].text == "heavens … dark"
    assert cues["? rain*"].text == "rain"


def test_a_run_of_chinese_characters_is_one_place(default_model: FrameModel) -> None:
    explanation = default_model.explain("他们说要构建人类命运共同体。", "zh")
    assert "命运共同体" in contribution_texts(explanation, "cue")
    assert "命运共" in contribution_texts(explanation, "characters")


def test_places_count_the_characters_of_the_sentence_not_of_its_normal_form(
    model: FrameModel,
) -> None:
    text = unicodedata.normalize("NFD", "Élodie était là: the storm")
    words = contribution_texts(model.explain(text, "en"), "word")
    assert "storm" in words


def test_the_strongest_come_first(model: FrameModel) -> None:
    weights = [abs(c.weight) for c in model.explain(STORM, "en").frames[0].contributions]
    assert weights == sorted(weights, reverse=True)


def test_merging_by_place_keeps_the_sum(model: FrameModel) -> None:
    some = model.explain(STORM, "en").frames[0].contributions
    merged = by_place(some)
    assert len(merged) < len(some)
    assert sum(c.weight for c in merged) == pytest.approx(sum(c.weight for c in some))


class Opaque:
    """An encoder that says nothing of its features."""

    kind = "opaque"

    def __init__(self, model: FrameModel) -> None:
        self.margins = model.encoder.margins


def test_an_encoder_that_cannot_be_traced_is_explained_by_leaving_words_out(
    model: FrameModel,
) -> None:
    opaque: Any = Opaque(model)
    explanation = replace(model, encoder=opaque).explain(STORM, "en")
    storm = explanation.frames[0]
    assert not explanation.exact
    assert storm.contributions[0].text == "storm"
    without = model.explain(STORM.replace("storm", ""), "en").frames[0]
    assert storm.contributions[0].weight == pytest.approx(storm.margin - without.margin)


def test_every_character_that_composes_with_the_one_before_is_known() -> None:
    for code in range(sys.maxunicode + 1):
        parts = unicodedata.decomposition(chr(code)).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            assert may_join(chr(int(parts[1], 16))), hex(code)


@given(st.text(alphabet="aeE\u0301\u0323\u0308각\u1100\u1161\u11a8éñ 政", max_size=30))
def test_composed_characters_know_where_they_come_from(text: str) -> None:
    places = composed_places(text)
    assert len(places) == len(compose(text))
    for character, (start, end) in zip(compose(text), places, strict=True):
        assert character in compose(text[start:end])
    assert all(one[0] <= other[0] for one, other in pairwise(places))


@pytest.fixture(scope="module")
def folder(model: FrameModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(model, tmp_path_factory.mktemp("models") / "tiny")


def test_explaining_shows_sentence_cue_and_codebook(folder: Path) -> None:
    result = CliRunner().invoke(main, ["explain", str(folder), STORM, "--lang", "en"])
    assert result.exit_code == 0
    for said in (STORM, "storm*", "intercept", "The weather is said to be bad."):
        assert said in result.stdout


def test_explaining_as_json_gives_every_frame(folder: Path) -> None:
    result = CliRunner().invoke(main, ["explain", str(folder), STORM, "--lang", "en", "--json"])
    explanation = json.loads(result.stdout)
    assert [one["frame"] for one in explanation["frames"]] == ["storm", "bloom"]
    (start, end) = explanation["frames"][0]["contributions"][0]["places"][0]
    assert STORM[start:end] == "storm"


def test_more_than_a_model_and_a_sentence_is_misuse(folder: Path) -> None:
    result = CliRunner().invoke(main, ["explain", str(folder), "A", "storm"])
    assert result.exit_code == 2


def test_explaining_without_a_known_word_gives_the_intercept(model: FrameModel) -> None:
    explanation = model.explain("", "en")
    assert np.allclose(
        [one.margin for one in explanation.frames], [one.intercept for one in explanation.frames]
    )


def test_the_nearest_labels_share_words(model: FrameModel, label_set: LabelSet) -> None:
    found = nearest_labels(model, label_set, "Ada saw roses bloom again.", "en")
    assert len(found) == 3
    assert all("bloom" in one.label.frames for one in found)
    assert [one.similarity for one in found] == sorted(
        (one.similarity for one in found), reverse=True
    )


def test_a_sentence_is_shown_with_its_nearest_labels(
    model_folder: Path, label_folder: Path
) -> None:
    command = ["explain", str(model_folder), "Ada saw roses bloom again.", "--lang", "en"]
    result = CliRunner().invoke(main, [*command, "--labels", str(label_folder)])
    assert result.exit_code == 0
    assert "In the square Ada saw roses bloom again." in " ".join(result.stdout.split())
    result = CliRunner().invoke(main, [*command, "--labels", str(label_folder), "--json"])
    assert len(json.loads(result.stdout)["nearest"]) == 3
