"""A tiny codebook, a tiny label set, and a model trained on them: real, and fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from classifier.codebook import Codebook, codebook_from_dict
from classifier.labels.label_set import LabelSet, read_labels
from classifier.model.frame_model import FrameModel
from classifier.model.storage import save_model
from classifier.training.train import TrainOptions, train

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("FRAMING_SHARED", ROOT.parent / "shared"))

NAMES = ("Ada", "Bruno", "Chen", "Dora", "Emil", "Faye", "Goran", "Hana", "Igor", "Juno")
PLACES = ("the harbour", "the square", "the old mill", "the valley", "the border town")

CODEBOOK = {
    "name": "weather",
    "version": "1",
    "lists": {"en": {"sky": "sky|skies|heavens"}},
    "frames": [
        {
            "name": "storm",
            "title": "bad weather",
            "definition": "The weather is said to be bad.",
            "cues": {"en": ["storm*", "$sky … dark*", "? rain*"]},
        },
        {
            "name": "bloom",
            "title": "spring",
            "definition": "Plants are said to flower.",
            "cues": {"en": ["bloom*|blossom*", "flower* & !shop"]},
        },
    ],
}


def label_rows() -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []

    def add(text: str, frames: list[str], group: str, kind: str) -> None:
        row = {"id": f"t{len(rows)}", "text": text, "lang": "en", "frames": frames}
        rows.append(row | {"group": group, "kind": kind})

    for name in NAMES:
        for place in PLACES:
            group = f"{name}-{place}"
            add(f"{name} fled the storm that tore through {place}.", ["storm"], group, "positive")
            add(f"In {place} {name} saw roses bloom again.", ["bloom"], group, "positive")
            add(f"{name} opened a bakery near {place} on Monday.", [], f"p{group}", "plain")
            add(f"{name} bought a ticket in {place} and went home.", [], f"q{group}", "plain")
        add(
            f"{name} watched orchards flower under a stormy sky.",
            ["storm", "bloom"],
            name,
            "positive",
        )
        add(f"{name} runs the flower shop.", [], name, "contrast")
    return rows


def write_label_set(folder: Path, rows: list[dict[str, object]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "labels.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    lines = ['name = "weather"', 'version = "1"', "[lists.en]", 'sky = "sky|skies|heavens"']
    for frame in CODEBOOK["frames"]:  # type: ignore[attr-defined]
        lines += ["[[frames]]"]
        lines += [f"{key} = {json.dumps(frame[key])}" for key in ("name", "title", "definition")]
        lines += ["[frames.cues]", f"en = {json.dumps(frame['cues']['en'])}"]
    (folder / "codebook.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def codebook() -> Codebook:
    return codebook_from_dict(CODEBOOK)


@pytest.fixture(scope="session")
def label_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_label_set(tmp_path_factory.mktemp("weather"), label_rows())


@pytest.fixture(scope="session")
def label_set(label_folder: Path) -> LabelSet:
    return read_labels(label_folder)


@pytest.fixture(scope="session")
def model(label_set: LabelSet, codebook: Codebook) -> FrameModel:
    options = {"ngrams": {"buckets": 2**12}}
    return train(label_set, codebook, TrainOptions(name="tiny", encoder_options=options))


@pytest.fixture(scope="session")
def model_folder(model: FrameModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(model, tmp_path_factory.mktemp("models") / "tiny")


@pytest.fixture(scope="session")
def shared() -> Path:
    if not SHARED.is_dir():
        pytest.skip("the real texts for measuring are not here")
    return SHARED


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, from another folder."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")
