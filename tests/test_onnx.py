from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from .tiny_backbone import build_backbone  # isort: skip  # skips without torch

pytest.importorskip("onnx", reason="needs framing-classifier[transformers]")
pytest.importorskip("onnxruntime", reason="needs framing-classifier[transformers]")

from classifier.cli import main
from classifier.codebook import Codebook
from classifier.encoders.runtime import Runtime
from classifier.errors import ModelError
from classifier.labels.label_set import LabelSet
from classifier.model.export import export_onnx
from classifier.model.frame_model import FrameModel
from classifier.model.storage import load_model, save_model
from classifier.training.train import TrainOptions, train

from .conftest import run_python

CPU, ONNX = Runtime(device="cpu"), Runtime(engine="onnx")
TEXTS = ["A storm hit the harbour.", "", "Roses bloom again.", "the square and the valley " * 20]


@pytest.fixture(scope="module")
def exported(
    label_set: LabelSet, codebook: Codebook, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A hybrid model with its encoder for onnxruntime, and without its backbone."""
    backbone = build_backbone(tmp_path_factory.mktemp("backbones") / "tiny")
    encoder_options = {"ngrams": {"buckets": 2**10}, "backbone": {"name": str(backbone)}}
    options = TrainOptions(encoder="hybrid", encoder_options=encoder_options, folds=2)
    model = train(label_set, codebook, options, CPU)
    folder = save_model(model, tmp_path_factory.mktemp("models") / "m")
    expected = model.predict_proba(TEXTS)
    np.save(folder.parent / "expected.npy", expected)
    export_onnx(folder, CPU)
    shutil.rmtree(backbone)
    return folder


def test_onnxruntime_gives_the_same_probabilities(exported: Path) -> None:
    found = load_model(exported, ONNX).predict_proba(TEXTS)
    assert np.allclose(found, np.load(exported.parent / "expected.npy"), atol=1e-3)


def test_onnxruntime_needs_no_torch(exported: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = None; "
        "from classifier import load_model; "
        "from classifier.encoders.runtime import Runtime; "
        "m = load_model(sys.argv[1], Runtime(engine='onnx')); "
        "print(m.predict_proba(['A storm.']).shape, 'transformers' in sys.modules)"
    )
    result = run_python(code, str(exported))
    assert result.stdout.split("\n")[0] == "(1, 2) False", result.stderr


def test_an_encoder_of_another_model_is_refused(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "m"))
    facts = folder / "onnx" / "onnx.json"
    facts.write_text(facts.read_text().replace('"backbone": "', '"backbone": "0'))
    with pytest.raises(ModelError, match="not exported from this model's backbone"):
        load_model(folder, ONNX)


def test_a_damaged_encoder_is_refused(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "m"))
    path = folder / "onnx" / "encoder.onnx"
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelError, match="export it again"):
        load_model(folder, ONNX)


def test_a_model_that_was_not_exported_says_how(exported: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(exported, tmp_path / "m"))
    shutil.rmtree(folder / "onnx")
    with pytest.raises(ModelError, match="framing export --onnx"):
        load_model(folder, ONNX)


def test_a_model_without_a_backbone_needs_no_export(model: FrameModel, tmp_path: Path) -> None:
    folder = save_model(model, tmp_path / "m")
    result = CliRunner().invoke(main, ["export", str(folder), "--onnx"])
    assert result.exit_code == 1
    assert "no sentence encoder" in result.stderr
