from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .tiny_backbone import build_backbone  # isort: skip  # skips without torch

import torch

from classifier.encoders.backbone import find_backbone
from classifier.encoders.contrastive import contrastive_loss
from classifier.encoders.finetune import TuneOptions
from classifier.encoders.runtime import Runtime
from classifier.encoders.sentence import SentenceEncoder
from classifier.errors import ModelError
from classifier.labels.label_set import LabelSet

TEXTS = ["A storm hit the harbour.", "Roses bloom again.", "The flower shop."]
QUICK: dict[str, Any] = {"layers": 1, "epochs": 1, "least_steps": 45, "batch": 8, "rate": 1e-3}


@pytest.fixture(scope="module")
def backbone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_backbone(tmp_path_factory.mktemp("backbones") / "tiny")


def tuned(
    backbone: Path, label_set: LabelSet, way: str = "contrastive", seed: int = 0, **runtime: Any
) -> SentenceEncoder:
    found, _ = find_backbone(str(backbone))
    encoder = SentenceEncoder(found, runtime=Runtime(device="cpu", **runtime))
    rows = label_set.subset(range(0, len(label_set), 4))
    targets = rows.targets(["storm", "bloom"])
    encoder.learn(rows.texts, targets, rows.groups, TuneOptions(way=way, **QUICK), seed)
    return encoder


@pytest.mark.parametrize("way", ["contrastive", "plain"])
def test_the_same_seed_gives_the_same_rows(way: str, backbone: Path, label_set: LabelSet) -> None:
    one, again = (tuned(backbone, label_set, way).embed(TEXTS) for _ in range(2))
    assert np.array_equal(one, again)
    assert not np.allclose(one, tuned(backbone, label_set, way, seed=1).embed(TEXTS))


def test_tuning_touches_no_global_seed(backbone: Path, label_set: LabelSet) -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    tuned(backbone, label_set)
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("way", ["contrastive", "plain"])
def test_frames_move_apart(way: str, backbone: Path, label_set: LabelSet) -> None:
    rows = label_set.subset(range(0, 80, 2))
    targets = rows.targets(["storm", "bloom"])[:, 0]

    def gap(encoder: SentenceEncoder) -> float:
        found = encoder.embed(rows.texts)
        cosines = found @ found.T
        return float(cosines[targets][:, targets].mean() - cosines[targets][:, ~targets].mean())

    before = SentenceEncoder(find_backbone(str(backbone))[0], runtime=Runtime(device="cpu"))
    assert gap(tuned(backbone, label_set, way)) > gap(before) + 0.02


class Interrupted(Exception):
    pass


@pytest.mark.parametrize("way", ["contrastive", "plain"])
def test_an_interrupted_tuning_goes_on_to_the_same_result(
    way: str, backbone: Path, label_set: LabelSet, tmp_path: Path
) -> None:
    done = []

    def pull_the_plug(what: str, step: int, steps: int) -> None:
        done.append(step)
        if step == 30:
            raise Interrupted

    with pytest.raises(Interrupted):
        tuned(backbone, label_set, way, checkpoints=tmp_path, progress=pull_the_plug)
    done.clear()
    again = tuned(
        backbone, label_set, way, checkpoints=tmp_path,
        progress=lambda what, step, steps: done.append(step),
    )  # fmt: skip
    assert done[0] == 21
    assert np.array_equal(again.embed(TEXTS), tuned(backbone, label_set, way).embed(TEXTS))


def test_a_finished_tuning_is_not_done_again(
    backbone: Path, label_set: LabelSet, tmp_path: Path
) -> None:
    first = tuned(backbone, label_set, checkpoints=tmp_path)
    steps: list[int] = []
    again = tuned(
        backbone, label_set, checkpoints=tmp_path,
        progress=lambda what, step, of: steps.append(step) if what == "steps" else None,
    )  # fmt: skip
    assert steps == []
    assert np.array_equal(again.embed(TEXTS), first.embed(TEXTS))


def test_other_rows_do_not_go_on_from_a_checkpoint(
    backbone: Path, label_set: LabelSet, tmp_path: Path
) -> None:
    tuned(backbone, label_set, checkpoints=tmp_path)
    tuned(backbone, label_set.subset(range(100)), checkpoints=tmp_path)
    assert len(list(tmp_path.glob("*.safetensors"))) == 2


def test_another_backbone_does_not_go_on_from_a_checkpoint(
    backbone: Path, label_set: LabelSet, tmp_path: Path
) -> None:
    other = build_backbone(tmp_path / "other")
    tokenizer = (other / "tokenizer.json").read_text(encoding="utf-8")
    changed = tokenizer.replace('"lowercase":true', '"lowercase":false')
    changed = changed.replace('"lowercase": true', '"lowercase": false')
    assert changed != tokenizer
    (other / "tokenizer.json").write_text(changed, encoding="utf-8")
    for folder in (backbone, other):
        tuned(folder, label_set, checkpoints=tmp_path / "c")
    assert len(list((tmp_path / "c").iterdir())) == 2


def test_a_damaged_checkpoint_is_begun_anew(
    backbone: Path, label_set: LabelSet, tmp_path: Path
) -> None:
    first = tuned(backbone, label_set, checkpoints=tmp_path).embed(TEXTS)
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:1000])
    assert np.array_equal(tuned(backbone, label_set, checkpoints=tmp_path).embed(TEXTS), first)


def test_the_lower_layers_and_words_stay(backbone: Path, label_set: LabelSet) -> None:
    network = tuned(backbone, label_set)._loaded()[1].network  # type: ignore[attr-defined]
    fresh = SentenceEncoder(find_backbone(str(backbone))[0], runtime=Runtime(device="cpu"))
    old = fresh._loaded()[1].network.state_dict()  # type: ignore[attr-defined]
    changed = {
        name for name, value in network.state_dict().items() if not torch.equal(value, old[name])
    }
    assert {name.partition("layer.")[2].partition(".")[0] for name in changed} == {"1"}


@pytest.mark.parametrize("family", ["xlm-roberta", "mpnet", "distilbert", "modernbert"])
def test_every_family_can_be_tuned(family: str, label_set: LabelSet, tmp_path: Path) -> None:
    folder = build_backbone(tmp_path / family, family=family)
    found, _ = find_backbone(str(folder))
    before = SentenceEncoder(found, runtime=Runtime(device="cpu")).embed(TEXTS)
    assert np.abs(tuned(folder, label_set).embed(TEXTS) - before).max() > 1e-3


def test_a_network_whose_layers_are_one_is_refused(label_set: LabelSet, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="--encoder hybrid"):
        tuned(build_backbone(tmp_path / "albert", family="albert"), label_set)


def test_the_loss_is_least_where_cosines_are_what_frames_share() -> None:
    targets = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    apart = torch.tensor([[1.0, 0], [1, 0], [0, 1]])
    together = torch.tensor([[1.0, 0], [0, 1], [0, 1]])
    assert float(contrastive_loss(apart, targets)) == pytest.approx(0)
    assert float(contrastive_loss(together, targets)) > 0.5


def test_sentences_without_a_frame_are_not_drawn_together() -> None:
    rows = torch.tensor([[1.0, 0], [0, 1]])
    assert float(contrastive_loss(rows, torch.zeros(2, 2))) == 0


@pytest.mark.parametrize(
    "wrong", [{"way": "magic"}, {"layers": 0}, {"batch": 1}, {"rate": 0}, {"keep": 1}]
)
def test_options_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"expected|more|above"):
        TuneOptions(**wrong)
