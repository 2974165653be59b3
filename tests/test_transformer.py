from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from classifier.cli import main
from classifier.cli.backbone import KINDS
from classifier.codebook import Codebook
from classifier.encoders.backbone import find_backbone
from classifier.encoders.combined import CombinedEncoder
from classifier.encoders.embedder import batches
from classifier.encoders.make import KINDS as LIBRARY_KINDS
from classifier.encoders.make import make_encoder
from classifier.encoders.runtime import Runtime
from classifier.encoders.sentence import SentenceEncoder
from classifier.errors import LabelError, ModelError
from classifier.labels.label_set import LabelSet
from classifier.model.frame_model import FrameModel
from classifier.model.storage import load_model, save_model
from classifier.training.evaluate import evaluate
from classifier.training.train import TrainOptions, train

from .tiny_backbone import build_backbone, change_config

CPU = Runtime(device="cpu")
TEXTS = [
    "A storm hit the harbour.",
    "Roses bloom again in the valley and the border town, and Ada saw it.",
    "",
    "The flower shop.",
    " ".join(["storm over the old mill and the square"] * 12),
]


@pytest.fixture(scope="session")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_backbone(tmp_path_factory.mktemp("backbones") / "tiny")


def sentence_encoder(folder: Path, runtime: Runtime = CPU, **options: object) -> SentenceEncoder:
    found, _ = find_backbone(str(folder))
    return SentenceEncoder(found, runtime=runtime, **options)  # type: ignore[arg-type]


def encoder_options(backbone: Path, **more: object) -> dict[str, dict[str, object]]:
    return {"ngrams": {"buckets": 2**10}, "backbone": {"name": str(backbone), **more}}


def trained(kind: str, label_set: LabelSet, codebook: Codebook, backbone: Path) -> FrameModel:
    options = encoder_options(backbone)
    if kind == "finetune":
        options["tuning"] = {"layers": 1, "least_steps": 4, "epochs": 1, "rate": 1e-3}
    chosen = TrainOptions(name=kind, encoder=kind, encoder_options=options, folds=2)
    return train(label_set, codebook, chosen, CPU)


@pytest.fixture(scope="session", params=["transformer", "hybrid", "finetune"])
def neural(
    request: pytest.FixtureRequest, label_set: LabelSet, codebook: Codebook, backbone: Path
) -> FrameModel:
    return trained(request.param, label_set, codebook, backbone)


def test_a_sentence_gets_the_same_row_in_any_batch(backbone: Path) -> None:
    encoder = sentence_encoder(backbone)
    together = encoder.embed(TEXTS * 40)
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    assert np.allclose(together, np.tile(alone, (40, 1)), atol=1e-5)


@pytest.mark.parametrize("family", ["xlm-roberta", "mpnet", "distilbert", "modernbert"])
def test_every_family_reads_sentences_longer_than_it_can(family: str, tmp_path: Path) -> None:
    encoder = sentence_encoder(build_backbone(tmp_path / family, family=family))
    together = encoder.embed(TEXTS)
    alone = np.concatenate([encoder.embed([text]) for text in TEXTS])
    assert np.allclose(together, alone, atol=1e-5)


def test_rows_have_the_length_they_are_scaled_to(backbone: Path) -> None:
    rows = sentence_encoder(backbone, length=2.0).transform(TEXTS)
    assert np.allclose(np.linalg.norm(rows, axis=1), 2.0, atol=1e-5)


def test_batches_hold_like_lengths_and_every_row_once() -> None:
    lengths = np.random.default_rng(0).integers(1, 40, 200)
    found = batches([[0] * length for length in lengths], 64)
    assert sorted(np.concatenate(found).tolist()) == list(range(200))
    assert all(len(rows) * lengths[rows].max() <= 64 for rows in found)


def test_the_end_of_a_long_sentence_counts(backbone: Path) -> None:
    encoder = sentence_encoder(backbone)
    long = "the valley " * 60
    other = encoder.embed([long + "storm storm storm", long + "roses bloom again"])
    assert np.abs(other[0] - other[1]).max() > 1e-3


def test_a_sentence_of_another_language_gets_zeros(backbone: Path) -> None:
    rows = sentence_encoder(backbone, langs=["en"]).transform(["A storm."] * 3, ["en", "de", None])
    assert rows.any(axis=1).tolist() == [True, False, True]


def test_every_way_tells_the_tiny_frames_apart(neural: FrameModel) -> None:
    flags = neural.flag(
        neural.predict_proba(
            ["A storm tore through the harbour.", "In the square Ada saw roses bloom again."]
        )
    )
    assert flags.tolist() == [[True, False], [False, True]]


def test_every_way_is_evaluated_like_the_default_model(
    neural: FrameModel, label_set: LabelSet
) -> None:
    assert evaluate(neural, label_set).macro["f1"] > 0.8


def test_every_way_scores_as_before_when_loaded(neural: FrameModel, tmp_path: Path) -> None:
    again = load_model(save_model(neural, tmp_path / "m"), CPU)
    assert np.allclose(again.predict_proba(TEXTS), neural.predict_proba(TEXTS), atol=1e-6)
    assert again.encoder.kind == neural.name


def test_a_loaded_model_can_be_saved_elsewhere(neural: FrameModel, tmp_path: Path) -> None:
    again = load_model(save_model(neural, tmp_path / "m"), CPU)
    other = save_model(again, tmp_path / "other")
    shutil.rmtree(tmp_path / "m")
    assert np.allclose(
        load_model(other, CPU).predict_proba(TEXTS), neural.predict_proba(TEXTS), atol=1e-6
    )


def test_a_saved_model_holds_no_file_that_could_execute(neural: FrameModel, tmp_path: Path) -> None:
    folder = save_model(neural, tmp_path / "m")
    names = {path.suffix for path in folder.rglob("*") if path.is_file()}
    assert names <= {".json", ".safetensors"}


def test_a_frozen_backbone_is_named_and_not_copied(
    label_set: LabelSet, codebook: Codebook, backbone: Path, tmp_path: Path
) -> None:
    folder = save_model(trained("hybrid", label_set, codebook, backbone), tmp_path / "m")
    assert not (folder / "backbone").exists()
    stated = json.loads((folder / "model.json").read_text())["encoder"]["options"]["backbone"]
    assert stated["name"] == str(backbone)
    assert set(stated["files"]) == {"config.json", "tokenizer.json", "model.safetensors"}


@pytest.fixture
def saved(label_set: LabelSet, codebook: Codebook, tmp_path: Path) -> tuple[Path, Path]:
    """A hybrid model's folder and its backbone's, to be spoilt."""
    backbone = build_backbone(tmp_path / "backbone")
    return save_model(trained("hybrid", label_set, codebook, backbone), tmp_path / "m"), backbone


def test_a_missing_backbone_is_refused(saved: tuple[Path, Path]) -> None:
    shutil.rmtree(saved[1])
    with pytest.raises(ModelError, match="--backbone"):
        load_model(saved[0], CPU)


def test_another_backbone_is_refused(saved: tuple[Path, Path]) -> None:
    build_backbone(saved[1], seed=1)
    with pytest.raises(ModelError, match=r"model\.safetensors is not the file the model was"):
        load_model(saved[0], CPU)


def test_a_backbone_that_moved_can_be_named(saved: tuple[Path, Path], tmp_path: Path) -> None:
    saved[1].rename(tmp_path / "elsewhere")
    load_model(saved[0], replace(CPU, backbone=str(tmp_path / "elsewhere")))


def test_a_backbone_inside_the_models_folder_is_found(saved: tuple[Path, Path]) -> None:
    saved[1].rename(saved[0] / "backbone")
    load_model(saved[0], CPU)


def test_a_weight_that_is_missing_is_never_random(backbone: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(backbone, tmp_path / "b"))
    weights = load_file(folder / "model.safetensors")
    name = next(name for name in weights if "layer.1.attention" in name)
    del weights[name]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="would be random"):
        sentence_encoder(folder).embed(["A storm."])


def test_weights_of_another_shape_are_refused(backbone: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(backbone, tmp_path / "b"))
    change_config(folder, intermediate_size=128)
    with pytest.raises(ModelError, match=r"cannot be loaded|would be random"):
        sentence_encoder(folder).embed(["A storm."])


def test_weights_that_are_no_safetensors_are_refused(backbone: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(backbone, tmp_path / "b"))
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(ModelError, match="no safetensors"):
        find_backbone(str(folder))


def test_weights_that_were_cut_off_are_refused(backbone: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(backbone, tmp_path / "b")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:2000])
    with pytest.raises(ModelError, match="cannot be loaded"):
        sentence_encoder(folder).embed(TEXTS)


@pytest.mark.parametrize("length", [2, -5, "x"])
def test_a_window_that_holds_nothing_is_refused(
    length: object, backbone: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(backbone, tmp_path / "b")
    stated = json.dumps({"max_seq_length": length})
    (folder / "sentence_bert_config.json").write_text(stated, encoding="utf-8")
    with pytest.raises(ModelError, match="max_seq_length"):
        find_backbone(str(folder))


def test_a_folder_is_named_from_the_root(backbone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(backbone.parent)
    assert find_backbone(backbone.name)[0].name == str(backbone)


def test_a_backbone_for_a_language_without_sentences_is_refused(
    label_set: LabelSet, codebook: Codebook, backbone: Path
) -> None:
    options = TrainOptions(
        encoder="hybrid", encoder_options=encoder_options(backbone, langs=["xx"])
    )
    with pytest.raises(LabelError, match="no sentence is in xx"):
        train(label_set, codebook, options, CPU)


def test_a_frozen_encoder_is_unsure_of_languages_it_does_not_read(
    label_set: LabelSet, codebook: Codebook, backbone: Path
) -> None:
    options = TrainOptions(
        encoder="transformer", encoder_options=encoder_options(backbone, langs=["en"]), folds=2
    )
    model = train(label_set, codebook, options, CPU)
    assert model.judge(TEXTS[:1] * 2, ["en", "de"])[1].tolist() == [False, True]


def test_a_backbone_with_code_of_its_own_is_refused(backbone: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(backbone, tmp_path / "b"))
    change_config(folder, auto_map={"AutoModel": "code.Model"})
    with pytest.raises(ModelError, match="code of its own"):
        find_backbone(str(folder))


def test_layers_behind_the_pooling_are_refused(backbone: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(backbone, tmp_path / "b"))
    modules = [{"type": f"sentence_transformers.models.{name}"} for name in ("Pooling", "Dense")]
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(ModelError, match="Dense"):
        find_backbone(str(folder))


def test_a_name_that_is_not_here_is_not_fetched(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    with pytest.raises(ModelError, match="allow it once with --download"):
        find_backbone("nobody/no-such-encoder")


def test_a_download_is_refused_offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="HF_HUB_OFFLINE"):
        find_backbone("nobody/no-such-encoder", download=True)


def test_a_device_that_is_not_here_is_refused(backbone: Path) -> None:
    with pytest.raises(ModelError, match="no device 'tpu' here"):
        sentence_encoder(backbone, Runtime(device="tpu")).embed(["A storm."])


def test_a_kind_with_a_backbone_needs_one(codebook: Codebook) -> None:
    with pytest.raises(ModelError, match="no backbone is named"):
        make_encoder("hybrid", codebook)


def test_a_frozen_encoder_learns_nothing_from_labels(
    codebook: Codebook, label_set: LabelSet, backbone: Path
) -> None:
    encoder = make_encoder("hybrid", codebook, encoder_options(backbone), CPU)
    assert isinstance(encoder, CombinedEncoder)
    before = encoder.sentence.embed(TEXTS)
    targets = label_set.targets(codebook.frame_names)
    encoder.learn(label_set.texts, label_set.langs, targets, label_set.groups, 0)
    assert np.array_equal(encoder.sentence.embed(TEXTS), before)


def test_an_overwritten_model_leaves_no_backbone_behind(
    label_set: LabelSet, codebook: Codebook, backbone: Path, tmp_path: Path
) -> None:
    save_model(trained("finetune", label_set, codebook, backbone), tmp_path / "m")
    hybrid = trained("hybrid", label_set, codebook, backbone)
    load_model(save_model(hybrid, tmp_path / "m", force=True), CPU)
    assert not (tmp_path / "m" / "backbone").exists()


def test_probes_are_in_a_language_the_backbone_reads(
    label_set: LabelSet, codebook: Codebook, backbone: Path
) -> None:
    turned = [
        replace(label, lang="en" if row % 3 == 0 else "de") for row, label in enumerate(label_set)
    ]
    options = TrainOptions(
        encoder="hybrid", encoder_options=encoder_options(backbone, langs=["en"]), folds=2
    )
    model = train(replace(label_set, labels=tuple(turned)), codebook, options, CPU)
    assert {probe["lang"] for probe in model.facts["probes"]} == {"en"}


def framing(*arguments: object) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_the_command_trains_exports_and_scores(
    label_folder: Path, backbone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRAMING_CACHE", str(tmp_path / "cache"))
    chosen = ("--encoder", "hybrid", "--backbone", backbone, "--device", "cpu")
    result = framing("train", label_folder, "-o", tmp_path / "m", "--folds", "2", *chosen)
    assert result.exit_code == 0, result.stderr
    assert list((tmp_path / "cache").rglob("*.safetensors"))
    (tmp_path / "a.txt").write_text("A storm tore through the square.", encoding="utf-8")
    result = framing("score", tmp_path / "a.txt", "-m", tmp_path / "m")
    assert "storm ×1" in result.stdout
    for arguments in ((tmp_path / "m", label_folder), ("--folds", "2", label_folder, *chosen)):
        result = framing("evaluate", *arguments)
        assert result.exit_code == 0, result.stderr
        assert "storm" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--encoder", "hybrid"), "needs --backbone"),
        (("--backbone", "somewhere"), "choose another --encoder"),
    ],
)
def test_a_backbone_goes_with_its_encoder(
    arguments: tuple[str, ...], said: str, label_folder: Path, tmp_path: Path
) -> None:
    result = framing("train", label_folder, "-o", tmp_path / "m", *arguments)
    assert result.exit_code == 2
    assert said in result.stderr


def test_the_command_knows_every_kind() -> None:
    assert KINDS == LIBRARY_KINDS
