from __future__ import annotations

import hashlib
import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.codebook import Codebook, codebook_from_dict
from classifier.encoders.cues import CueEncoder
from classifier.encoders.make import make_encoder
from classifier.encoders.ngrams import NgramEncoder
from classifier.encoders.tokens import QUOTED_WORD, tokenise
from classifier.errors import LabelError, ModelError
from classifier.labels.label_set import Label, LabelSet
from classifier.model.calibration import estimate_priors, fit_calibration, operating_points
from classifier.model.frame_model import FrameModel
from classifier.model.storage import load_model, save_model
from classifier.text.normal import QUOTE, normal_words
from classifier.text.passages import Passages
from classifier.training.evaluate import (
    bootstrap_f1_interval,
    calibration_error,
    evaluate,
    wilson_interval,
)
from classifier.training.folds import grouped_folds
from classifier.training.train import TrainOptions, cross_validate, train

from .conftest import CODEBOOK

TEXTS = [
    "A storm hit the harbour.",
    "Roses bloom again in the valley.",
    "The flower shop is open.",
    "",
]


def test_the_tiny_model_tells_its_frames_apart(model: FrameModel) -> None:
    flags = model.flag(model.predict_proba(TEXTS))
    assert flags.tolist() == [[True, False], [False, True], [False, False], [False, False]]


def test_batching_changes_nothing(model: FrameModel) -> None:
    together = model.predict_proba(TEXTS * 1500)
    alone = np.concatenate([model.predict_proba([text]) for text in TEXTS])
    assert np.array_equal(together[: len(TEXTS)], alone)
    assert np.array_equal(together[-len(TEXTS) :], alone)


def test_no_sentence_gives_no_row(model: FrameModel) -> None:
    assert model.predict_proba([]).shape == (0, 2)


def test_one_string_is_refused(model: FrameModel) -> None:
    with pytest.raises(TypeError, match="list of sentences"):
        model.predict_proba("A storm.")


@given(st.text(max_size=200))
def test_any_text_gets_probabilities(model: FrameModel, text: str) -> None:
    probabilities = model.predict_proba([text])
    assert ((probabilities >= 0) & (probabilities <= 1)).all()


def test_cues_of_another_language_are_not_tried(codebook: Codebook) -> None:
    encoder = CueEncoder(codebook)
    assert encoder.dictionary(["storm"], ["en"])[0, 0]
    assert encoder.dictionary(["storm"], [None])[0, 0]
    assert encoder.dictionary(["storm"], ["ja"])[0, 0]


def test_a_hint_is_a_feature_but_not_in_the_dictionary(codebook: Codebook) -> None:
    encoder = CueEncoder(codebook)
    assert not encoder.dictionary(["rain"]).any()
    assert encoder.transform(tokenise(["rain"])).nnz == 1


def test_rows_of_ngrams_have_length_one() -> None:
    tokens = tokenise(TEXTS)
    rows = NgramEncoder(2**10, min_sentences=1, length=1).fit(tokens).transform(tokens)
    lengths = np.sqrt(rows.multiply(rows).sum(axis=1))
    assert np.allclose(np.asarray(lengths).ravel(), [1, 1, 1, 0])


def test_scoring_and_training_see_the_same_features(model: FrameModel) -> None:
    texts = [*TEXTS, "Storm after storm after storm.", "Dark skies, dark skies; the sky is dark."]
    langs = [None, "en", "en", "xx", "en", None]
    features = model.encoder.transform(texts, langs)
    slow = features @ model.heads.weights.T.astype(float)
    margins, known = model.encoder.margins(texts, langs, model.heads.weights)
    assert np.allclose(margins, slow, atol=1e-5)
    assert known[1] == 1


def test_sentences_score_the_same_where_they_lie_and_cut_out(model: FrameModel) -> None:
    article = "The dark sky. Café is cafe\u0301; storms come."
    spans = np.array([[0, 13], [14, 40], [0, 3], [4, 8]])
    passages = Passages([article, "x", TEXTS[0]], np.array([0, 0, 2, 2]), spans)
    cut = [article[:13], article[14:40], TEXTS[0][:3], TEXTS[0][4:8]]
    assert list(passages) == cut
    assert np.array_equal(model.predict_proba(passages), model.predict_proba(cut))


@given(
    st.text(alphabet=st.characters(exclude_characters="\u00ad\u200b\u200c\u200d\u2060\ufeff\u0301"))
)
@example("\ufada")  # no character yet, among Chinese ones
def test_compiled_words_are_those_of_the_normal_form(text: str) -> None:
    tokens = tokenise(["before", text, "after"])
    words = [tokens.word(i) for i in range(tokens.ends[0], tokens.ends[1])]
    assert words == [word for word in normal_words(text) if word != QUOTE]


def test_a_quotation_mark_is_known_to_the_word_behind_it() -> None:
    tokens = tokenise(["the „Wuhan virus“"])
    assert [bool(flag & QUOTED_WORD) for flag in tokens.flags] == [False, True, False]


def test_training_twice_gives_the_same_files(
    label_set: LabelSet, codebook: Codebook, tmp_path: Path
) -> None:
    options = TrainOptions(encoder_options={"ngrams": {"buckets": 2**10}})
    for name in ("one", "other"):
        save_model(train(label_set, codebook, options), tmp_path / name)
    for file in ("model.json", "weights.safetensors"):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "other" / file).read_bytes()


def test_a_saved_model_scores_as_before(model: FrameModel, tmp_path: Path) -> None:
    again = load_model(save_model(model, tmp_path / "m"))
    assert np.array_equal(again.predict_proba(TEXTS), model.predict_proba(TEXTS))
    assert again.facts["labels"] == model.facts["labels"]
    assert again.codebook == model.codebook


def test_a_saved_model_holds_no_executable_file(model: FrameModel, tmp_path: Path) -> None:
    folder = save_model(model, tmp_path / "m")
    assert sorted(path.name for path in folder.iterdir()) == ["model.json", "weights.safetensors"]


def test_a_backbone_that_no_model_put_there_is_never_overwritten(
    model: FrameModel, tmp_path: Path
) -> None:
    (tmp_path / "backbone").mkdir()
    with pytest.raises(ModelError, match="no model put there"):
        save_model(model, tmp_path, force=True)


def test_a_full_folder_is_not_overwritten_without_force(model: FrameModel, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(ModelError, match="--force"):
        save_model(model, tmp_path)
    save_model(model, tmp_path, force=True)
    assert (tmp_path / "thesis.txt").read_text(encoding="utf-8") == "mine"


def change(folder: Path, **values: Any) -> None:
    path = folder / "model.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | values), encoding="utf-8")


def flip_a_weight(folder: Path) -> None:
    path = folder / "weights.safetensors"
    data = bytearray(path.read_bytes())
    data[-100] ^= 0x40
    path.write_bytes(bytes(data))


def flip_a_weight_and_the_hash(folder: Path) -> None:
    from safetensors.numpy import load, save

    path = folder / "weights.safetensors"
    arrays = load(path.read_bytes())
    data = save({**arrays, "heads.weights": -arrays["heads.weights"]})
    path.write_bytes(data)
    change(folder, weights_sha256=hashlib.sha256(data).hexdigest())


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "model.json").unlink(), "no model here"),
        (lambda f: (f / "model.json").write_text("{", encoding="utf-8"), "cannot be read"),
        (lambda f: (f / "model.json").write_text("{}", encoding="utf-8"), "names no format"),
        (lambda f: (f / "weights.safetensors").unlink(), "cannot be read"),
        (lambda f: change(f, format=99), "newer than this version"),
        (lambda f: change(f, frames={}), "does not describe a model"),
        (lambda f: change(f, codebook={"name": "other"}), "the codebook was changed"),
        (lambda f: change(f, encoder={"kind": "magic", "options": {}}), "no encoder 'magic'"),
        (flip_a_weight, "damaged or replaced"),
        (flip_a_weight_and_the_hash, "probe sentences"),
    ],
)
def test_a_damaged_or_foreign_model_is_refused_in_words(
    model: FrameModel, tmp_path: Path, damage: Any, message: str
) -> None:
    folder = save_model(model, tmp_path / "m")
    damage(folder)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_model_folder_may_be_moved(model: FrameModel, tmp_path: Path) -> None:
    shutil.move(save_model(model, tmp_path / "m"), tmp_path / "n")
    assert load_model(tmp_path / "n").frames == model.frames


def test_groups_never_fall_on_two_sides(label_set: LabelSet) -> None:
    for rows, held_out in grouped_folds(label_set, 5, seed=0):
        train_groups = {label_set.groups[i] for i in rows}
        assert not train_groups & {label_set.groups[i] for i in held_out}


def test_every_row_is_held_out_once(label_set: LabelSet) -> None:
    held_out = [row for _, rows in grouped_folds(label_set, 5, seed=0) for row in rows]
    assert sorted(held_out) == list(range(len(label_set)))


def test_an_unknown_frame_stops_training(codebook: Codebook) -> None:
    labels = LabelSet((Label("a", "b", "en", ("strom",), "g"),), "x.jsonl")
    with pytest.raises(LabelError, match=r"x\.jsonl: frames strom are not in the codebook"):
        train(labels, codebook)


def test_too_few_positives_stop_training(label_set: LabelSet, codebook: Codebook) -> None:
    plain = [i for i, label in enumerate(label_set) if not label.frames]
    with pytest.raises(LabelError, match=r"too few positive sentences: storm \(0\)"):
        train(label_set.subset(plain), codebook)


@pytest.mark.parametrize("values", [{"folds": 1}, {"regularisation": 0}])
def test_options_are_checked_at_birth(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="expected"):
        TrainOptions(**values)


def test_calibration_gives_back_the_share_of_positives() -> None:
    rng = np.random.default_rng(0)
    target = rng.random((2000, 1)) < 0.1
    margins = rng.normal(size=(2000, 1)) + 2 * target
    probabilities = fit_calibration(margins, target).probabilities(margins)
    assert probabilities.mean() == pytest.approx(target.mean(), abs=0.005)
    assert calibration_error(target[:, 0], probabilities[:, 0]) < 0.03


def test_wilson_interval_matches_the_published_example() -> None:
    low, high = wilson_interval(81, 263)  # Newcombe 1998, table I
    assert (round(low, 4), round(high, 4)) == (0.2553, 0.3662)


def test_no_trial_gives_no_knowledge() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


def test_the_bootstrap_widens_when_sentences_hang_together() -> None:
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(20), 10)
    target = np.repeat(rng.random(20) < 0.5, 10)
    flag = np.repeat(rng.random(20) < 0.5, 10)
    together = bootstrap_f1_interval(target, flag, cluster)
    alone = bootstrap_f1_interval(target, flag, np.arange(200))
    assert together[1] - together[0] > 1.5 * (alone[1] - alone[0])


def test_calibration_error_of_certain_and_right_is_zero() -> None:
    target = np.array([True, False])
    assert calibration_error(target, np.array([1.0, 0.0])) == 0
    assert calibration_error(target, np.array([0.0, 1.0])) == 1


def test_evaluation_counts_what_it_should(model: FrameModel) -> None:
    rows = [("A storm.", ("storm",)), ("A stormy day.", ()), ("Nothing.", ("bloom",))]
    labels = [Label(str(i), text, "en", frames, str(i)) for i, (text, frames) in enumerate(rows)]
    result = evaluate(model, LabelSet(tuple(labels)))
    storm, bloom = result.frames["storm"], result.frames["bloom"]
    assert (storm.support, storm.flagged, storm.precision, storm.recall) == (1, 2, 0.5, 1.0)
    assert (bloom.support, bloom.flagged, bloom.recall) == (1, 0, 0.0)
    assert result.micro["recall"] == 0.5
    assert [(c.frame, c.kind, c.id) for c in result.confusions] == [
        ("storm", "false alarm", "1"),
        ("bloom", "miss", "2"),
    ]


def test_evaluating_on_unknown_frames_is_refused(model: FrameModel) -> None:
    with pytest.raises(LabelError, match="the model has no frame snow"):
        evaluate(model, LabelSet((Label("a", "b", "en", ("snow",), "g"),)))


def test_cross_validation_measures_every_sentence(label_set: LabelSet, codebook: Codebook) -> None:
    options = TrainOptions(folds=3, encoder_options={"ngrams": {"buckets": 2**10}})
    result = cross_validate(label_set, codebook, options)
    assert result.sentences == len(label_set)
    assert result.macro["f1"] > 0.9


def test_an_unknown_encoder_is_refused(codebook: Codebook) -> None:
    with pytest.raises(ValueError, match="no encoder 'magic'; there is: ngrams"):
        make_encoder("magic", codebook)


def test_priors_are_found_again_in_unlabelled_sentences() -> None:
    rng = np.random.default_rng(2)
    target = rng.random((20_000, 1)) < 0.1
    logits = rng.normal(size=(20_000, 1)) * 1.5 + 3 * target
    half = np.array([0.5])
    evidence = 1 / (1 + np.exp(-(4 * logits - 6) / 3))  # as calibrated on a balanced set
    (found,) = estimate_priors(evidence, half)
    assert found == pytest.approx(target.mean(), rel=0.15)


def test_a_rare_frame_is_not_estimated_away() -> None:
    evidence = np.full((50_000, 1), 0.0005)
    evidence[:20] = 0.97
    assert estimate_priors(evidence, np.array([0.03])).tolist() == pytest.approx([0.003])


def test_rarer_frames_get_lower_probabilities(model: FrameModel) -> None:
    rare = model.at_priors(np.full(2, 0.001))
    assert (rare.predict_proba(TEXTS) < model.predict_proba(TEXTS)).all()
    back = rare.at_priors(model.priors)
    assert np.allclose(back.predict_proba(TEXTS), model.predict_proba(TEXTS))


def test_a_base_rate_in_the_codebook_sets_the_priors(label_set: LabelSet) -> None:
    codebook = codebook_from_dict({**CODEBOOK, "base_rate": 0.01})
    assert train(label_set, codebook).priors.tolist() == [0.01, 0.01]


def test_a_higher_precision_raises_thresholds(model: FrameModel) -> None:
    low, high = model.at_precision(0.5), model.at_precision(0.95)
    assert (high.thresholds >= low.thresholds).all()


def test_a_precision_that_cannot_be_had_is_refused_with_the_best_there_is(
    model: FrameModel,
) -> None:
    rare = model.at_priors(np.full(2, 0.0001))
    with pytest.raises(ModelError, match=r"cannot be had from every frame; .*storm 0\.\d\d"):
        rare.at_precision(0.99)


def test_operating_points_count_what_a_threshold_gives() -> None:
    target = np.array([True] * 99 + [False] * 99)
    probability = np.array([0.9] * 99 + [0.3] * 99)
    at_half = next(p for p in operating_points(probability, target) if p.threshold == 0.5)
    assert at_half.recall == pytest.approx(0.995)
    assert at_half.false_alarms == pytest.approx(0.005)
    assert at_half.precision(0.5) == pytest.approx(0.995)


@pytest.mark.parametrize(
    ("text", "lang", "unsure"),
    [
        ("A storm hit the harbour.", "en", False),
        ("A storm hit the harbour.", None, False),
        ("A storm hit the harbour.", "pl", True),
        ("Minister spraw zagranicznych oświadczył wczoraj nowe porozumienie.", None, True),
    ],
)
def test_what_the_model_cannot_judge_is_marked(
    model: FrameModel, text: str, lang: str | None, unsure: bool
) -> None:
    assert model.judge([text], [lang])[1].tolist() == [unsure]


def test_a_wrong_label_is_doubted(label_set: LabelSet, codebook: Codebook) -> None:
    pytest.importorskip("cleanlab")
    from classifier.training.doubts import doubtful_labels

    row = next(i for i, label in enumerate(label_set) if label.frames == ("storm",))
    wrong = replace(label_set.labels[row], frames=())
    labels = (*label_set.labels[:row], wrong, *label_set.labels[row + 1 :])
    doubts = doubtful_labels(LabelSet(labels, "x.jsonl"), codebook)
    assert any(doubt.frame == "storm" and doubt.text == wrong.text for doubt in doubts)


@pytest.mark.parametrize("langs", [["en"], ["en", "de", "fr"]])
def test_as_many_languages_as_sentences_are_wanted(model: FrameModel, langs: list[str]) -> None:
    with pytest.raises(ValueError, match="languages for 2 sentences"):
        model.predict_proba(["One.", "Two."], langs)


def test_a_frame_that_every_sentence_carries_cannot_be_learned(
    label_set: LabelSet, codebook: Codebook
) -> None:
    storms = [i for i, label in enumerate(label_set) if "storm" in label.frames]
    with pytest.raises(LabelError, match="every sentence carries storm"):
        train(label_set.subset(storms), codebook)


def test_rare_strata_do_not_stop_the_folds(label_set: LabelSet) -> None:
    few = [replace(label, lang=f"l{i}", line=i) for i, label in enumerate(label_set.labels[:10])]
    assert len(list(grouped_folds(LabelSet(tuple(few)), 2, seed=0))) == 2


def test_a_very_long_word_is_scored_at_once(model: FrameModel) -> None:
    assert model.predict_proba(["x" * 300_000]).shape == (1, 2)


def test_threads_score_as_one_does(model: FrameModel) -> None:
    batches = [[f"{text} {i} {'rain ' * (i % 7)}" for text in TEXTS] for i in range(64)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(model.predict_proba, batches))
    alone = [model.predict_proba(batch) for batch in batches]
    assert np.array_equal(np.concatenate(together), np.concatenate(alone))


def test_what_the_codebook_says_is_learned_and_never_measured(
    label_set: LabelSet, codebook: Codebook
) -> None:
    options = TrainOptions(encoder_options={"ngrams": {"buckets": 2**10}}, describe=3)
    told = train(label_set, codebook, options)
    plain = train(label_set, codebook, replace(options, describe=0))
    text = ["Plants are said to bud."]
    assert told.predict_proba(text)[0, 1] > plain.predict_proba(text)[0, 1]
    assert told.facts["held_out"]["sentences"] == len(label_set)
    assert told.facts["labels"] == plain.facts["labels"]
