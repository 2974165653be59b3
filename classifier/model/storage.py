"""Saved models: a folder with JSON and safetensors, never pickles.

A folder holds ``model.json`` (what the model is), ``weights.safetensors`` (its arrays) and
``README.md`` (its model card). A sentence encoder is named by name, revision and hashes; one
that was trained lies in ``backbone``, one for onnxruntime in ``onnx``. Reading executes
nothing and never touches the network unless a download is allowed.

To change the format: raise ``FORMAT``, read the old number too where that is cheap, and say
in CHANGELOG.md which versions read which.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifier.codebook import codebook_from_dict
from classifier.encoders.combined import CombinedEncoder
from classifier.encoders.make import make_encoder
from classifier.encoders.runtime import Runtime
from classifier.encoders.sentence import FOLDER as BACKBONE
from classifier.encoders.sentence import ONNX
from classifier.errors import CodebookError, ModelError
from classifier.model.calibration import Calibration, OperatingPoint
from classifier.model.frame_model import FrameModel
from classifier.model.head import Heads

FORMAT = 1
_PROBE_TOLERANCE = 1e-4


def save_model(model: FrameModel, folder: str | Path, *, force: bool = False) -> Path:
    """Write a model into a folder; the files appear whole or not at all.

    Raises:
        ModelError: the folder holds something already and ``force`` is not set.
    """
    from safetensors.numpy import save

    folder = Path(folder)
    check_target(folder, force=force)
    if isinstance(model.encoder, CombinedEncoder):
        model.encoder.write(folder)
    codebook = model.codebook.to_dict()
    probes = model.facts.get("probes", [])
    arrays = {
        "heads.weights": model.heads.weights,
        "heads.intercepts": model.heads.intercepts,
        **{f"encoder.{name}": array for name, array in model.encoder.arrays().items()},
    }
    weights = save({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    values = {
        "format": FORMAT,
        "name": model.name,
        "version": model.version,
        "weights_sha256": hashlib.sha256(weights).hexdigest(),
        "encoder": {"kind": model.encoder.kind, "options": model.encoder.options()},
        "frames": {
            frame: {
                "slope": float(model.calibration.slopes[i]),
                "offset": float(model.calibration.offsets[i]),
                "threshold": float(model.thresholds[i]),
                "prior": float(model.priors[i]),
                "operating_points": [list(astuple(point)) for point in points],
            }
            for i, (frame, points) in enumerate(zip(model.frames, model.operating, strict=True))
        },
        "facts": {key: value for key, value in model.facts.items() if key != "probes"},
        "probes": [
            {**probe, "probabilities": [round(p, 6) for p in row]}
            for probe, row in zip(probes, _probe_scores(model, probes).tolist(), strict=True)
        ],
        "codebook_sha256": _codebook_hash(codebook),
        "codebook": codebook,
    }
    write_whole(folder / "weights.safetensors", weights)
    text = json.dumps(values, ensure_ascii=False, indent=1) + "\n"
    write_whole(folder / "model.json", text.encode())
    return folder


def check_target(folder: Path, *, force: bool) -> None:
    """Refuse a folder that a model cannot be written into, before it is trained.

    Raises:
        ModelError: it cannot be made, holds something already and ``force`` is not set, or holds
            folders named as a model's are, and no model.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        there = {path.name for path in folder.iterdir()}
    except OSError as exc:
        raise ModelError(f"{folder}: a model cannot be written here: {exc}") from exc
    if there and not force:
        raise ModelError(f"{folder}: is not empty; choose another folder or use --force")
    if there & {BACKBONE, ONNX} and "model.json" not in there:
        raise ModelError(
            f"{folder}: holds a folder {BACKBONE!r} or {ONNX!r} that no model put there; "
            "choose another folder"
        )


def load_model(folder: str | Path | None = None, runtime: Runtime | None = None) -> FrameModel:
    """Load a model from its folder, or the default model that comes with the package.

    Checks the format, the hash of the weights, and that the probe sentences stored in the
    model get the probabilities they had when it was saved. A sentence encoder's files are
    checked against their hashes; ``runtime`` says where they lie and how it is run.

    Raises:
        ModelError: there is no model, it is damaged or foreign, a newer version wrote it, its
            backbone is missing or another one, or this installation scores the probe
            sentences otherwise.
        MissingExtraError: it stands on a sentence encoder, and what runs it is not installed.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    folder = default_model_folder() if folder is None else Path(folder)
    values = _read_json(folder)
    try:
        data = (folder / "weights.safetensors").read_bytes()
    except OSError as exc:
        raise ModelError(f"{folder}: weights.safetensors cannot be read: {exc}") from exc
    if hashlib.sha256(data).hexdigest() != values.get("weights_sha256"):
        raise ModelError(
            f"{folder}: weights.safetensors is not the file model.json describes; "
            "it was damaged or replaced: copy the folder again or train anew"
        )
    try:
        model = _build(values, load(data), runtime, folder)
    except (KeyError, TypeError, ValueError, CodebookError, SafetensorError) as exc:
        raise ModelError(
            f"{folder}: model.json does not describe a model ({type(exc).__name__}: {exc}); "
            "copy the folder again or train anew"
        ) from exc
    _check_probes(folder, model, values)
    return model


def default_model_folder() -> Path:
    """Where the default model lies: in an installed package, or in a checkout."""
    installed = Path(str(files("classifier"))) / "default_model"
    return installed if installed.is_dir() else installed.parent.parent / "models" / "frames"


def _read_json(folder: Path) -> dict[str, Any]:
    try:
        values: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise ModelError(
            f"{folder}: no model here; expected the folder that 'framing train' wrote"
        ) from exc
    except (OSError, ValueError) as exc:
        raise ModelError(f"{folder}: model.json cannot be read: {exc}") from exc
    found = values.get("format") if isinstance(values, dict) else None
    if not isinstance(found, int):
        raise ModelError(
            f"{folder}: model.json names no format; this is not a model of this program"
        )
    if found > FORMAT:
        raise ModelError(
            f"{folder}: format {found} is newer than this version reads ({FORMAT}); "
            "upgrade framing-classifier"
        )
    return values


def _build(
    values: dict[str, Any], arrays: dict[str, Any], runtime: Runtime | None, folder: Path
) -> FrameModel:
    if _codebook_hash(values["codebook"]) != values["codebook_sha256"]:
        raise ValueError("the codebook was changed")
    codebook = codebook_from_dict(values["codebook"], check_cues=False)
    frames = [values["frames"][name] for name in codebook.frame_names]
    kind, options = values["encoder"]["kind"], values["encoder"]["options"]
    encoder = make_encoder(kind, codebook, options, runtime, folder)
    prefix = "encoder."
    encoder.restore(
        {
            name.removeprefix(prefix): array
            for name, array in arrays.items()
            if name.startswith(prefix)
        }
    )
    weights = arrays["heads.weights"]
    if weights.shape != (len(frames), encoder.n_features):
        raise ValueError(f"weights are {weights.shape}, expected {len(frames), encoder.n_features}")
    return FrameModel(
        name=values["name"],
        version=values["version"],
        codebook=codebook,
        encoder=encoder,
        heads=Heads(weights, arrays["heads.intercepts"]),
        calibration=Calibration(
            np.array([frame["slope"] for frame in frames]),
            np.array([frame["offset"] for frame in frames]),
        ),
        thresholds=np.array([frame["threshold"] for frame in frames]),
        priors=np.array([frame["prior"] for frame in frames]),
        operating=tuple(
            tuple(OperatingPoint(*point) for point in frame["operating_points"]) for frame in frames
        ),
        facts=values["facts"] | {"probes": [_text_and_lang(p) for p in values["probes"]]},
    )


def _check_probes(folder: Path, model: FrameModel, values: dict[str, Any]) -> None:
    stored = np.array([probe["probabilities"] for probe in values["probes"]])
    off = np.abs(_probe_scores(model, values["probes"]) - stored).max() if len(stored) else 0.0
    if not off <= _PROBE_TOLERANCE:
        raise ModelError(
            f"{folder}: the probe sentences score {off:.4f} away from what model.json says; "
            "the model was edited, or made by a version that reads text otherwise: train anew"
        )


def _codebook_hash(codebook: dict[str, Any]) -> str:
    text = json.dumps(codebook, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _text_and_lang(probe: dict[str, Any]) -> dict[str, str]:
    return {"text": probe["text"], "lang": probe["lang"]}


def _probe_scores(model: FrameModel, probes: list[dict[str, Any]]) -> NDArray[np.float64]:
    return model.predict_proba([p["text"] for p in probes], [p["lang"] or None for p in probes])


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that it appears whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as exc:
        raise ModelError(f"{path}: cannot be written: {exc}") from exc
