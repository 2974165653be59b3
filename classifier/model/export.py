"""A saved model's sentence encoder, written once more for onnxruntime."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np

from classifier.encoders.combined import CombinedEncoder
from classifier.encoders.runtime import Runtime
from classifier.encoders.sentence import ONNX
from classifier.errors import ModelError
from classifier.model.storage import load_model

_TOLERANCE = 1e-3


def export_onnx(
    folder: str | Path, runtime: Runtime | None = None, force: bool = False
) -> tuple[Path, float]:
    """Write the encoder of a saved model into its folder, and check that it scores the same.

    Returns:
        Where it was written, and how far the probabilities of the model's own sentences are
        apart at most.

    Raises:
        ModelError: the model has no sentence encoder, one was exported before and ``force``
            is not set, or the two do not agree.
        MissingExtraError: torch, onnx or onnxruntime is not installed.
    """
    folder = Path(folder)
    runtime = replace(runtime or Runtime(), engine="torch", device="cpu", cache=None)
    model = load_model(folder, runtime)
    if not isinstance(model.encoder, CombinedEncoder):
        raise ModelError(f"{folder}: this model has no sentence encoder; it needs no onnxruntime")
    target = folder / ONNX
    if target.exists() and not force:
        raise ModelError(f"{target}: exists already; use --force to replace it")
    model.encoder.sentence.export(folder)
    texts = [probe["text"] for probe in model.facts["probes"]]  # of no language: all are read
    exported = load_model(folder, replace(runtime, engine="onnx"))
    apart = np.abs(exported.predict_proba(texts) - model.predict_proba(texts))
    if not (worst := float(apart.max(initial=0.0))) <= _TOLERANCE:
        shutil.rmtree(target, ignore_errors=True)
        raise ModelError(f"{folder}: onnxruntime scores {worst:.4f} away from torch; not exported")
    return target, worst
