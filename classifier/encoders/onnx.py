"""A backbone for onnxruntime: written once where torch is, run where it is not."""

from __future__ import annotations

import hashlib
import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from classifier.encoders.backbone import Backbone, missing
from classifier.encoders.embedder import Ids, Rows, Tokeniser
from classifier.encoders.transformer import pooled, torch_library
from classifier.errors import ModelError

_NETWORK, _FACTS = "encoder.onnx", "onnx.json"
_TOKENS = 2048
_OPSET = 17


class OnnxEngine:
    """Runs an exported network in onnxruntime on the CPU."""

    batch_tokens = _TOKENS

    def __init__(self, session: Any) -> None:
        self._session = session

    def pool(self, ids: Ids, mask: Ids) -> Rows:
        """One row a window, (n, width) float32."""
        (rows,) = self._session.run(None, {"ids": ids, "mask": mask})
        return np.asarray(rows)


def write_onnx(network: Any, tokeniser: Tokeniser, backbone: Backbone, folder: Path) -> None:
    """Write a network with its pooling, its tokenizer and its hashes into a new folder.

    Raises:
        MissingExtraError: onnx is not installed.
    """
    torch = torch_library()
    try:
        import onnx  # noqa: F401
    except ImportError as exc:
        raise missing("onnx and onnxruntime", "onnx") from exc

    class Pooled(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.network = network

        def forward(self, ids: Any, mask: Any) -> Any:
            return pooled(self.network, ids, mask, backbone.pooling)

    ids, mask = torch.ones(2, 8, dtype=torch.int64), torch.ones(2, 8, dtype=torch.int64)
    sizes = {0: "sentences", 1: "tokens"}
    with warnings.catch_warnings():  # the exporter warns of its own ways
        warnings.simplefilter("ignore")
        torch.onnx.export(
            Pooled().to("cpu").eval(),
            (ids, mask),
            str(folder / _NETWORK),
            input_names=["ids", "mask"],
            output_names=["rows"],
            dynamic_axes={"ids": sizes, "mask": sizes, "rows": {0: "sentences"}},
            opset_version=_OPSET,
            dynamo=False,
        )
    (folder / "tokenizer.json").write_bytes(tokeniser.file)
    facts = {
        "backbone": backbone.fingerprint,
        "files": {name: _sha256(folder / name) for name in (_NETWORK, "tokenizer.json")},
    }
    (folder / _FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")


def load_onnx(folder: Path, backbone: Backbone) -> tuple[Tokeniser, OnnxEngine]:
    """Load what :func:`write_onnx` wrote, if it was written from this very backbone.

    Raises:
        MissingExtraError: onnxruntime is not installed.
        ModelError: the files are damaged, or those of another backbone.
    """
    try:
        import onnxruntime
    except ImportError as exc:
        raise missing("onnxruntime", "onnx") from exc
    if not is_exported(folder, backbone):
        raise ModelError(
            f"{folder}: is damaged, or not exported from this model's backbone; export it again"
        )
    session = onnxruntime.InferenceSession(
        str(folder / _NETWORK), providers=["CPUExecutionProvider"]
    )
    return Tokeniser(folder, backbone.max_tokens), OnnxEngine(session)


def is_exported(folder: Path, backbone: Backbone) -> bool:
    """Whether a folder holds what :func:`write_onnx` wrote from this backbone, undamaged."""
    try:
        facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
        whole = all(_sha256(folder / name) == digest for name, digest in facts["files"].items())
        return bool(whole and facts["backbone"] == backbone.fingerprint)
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        return False


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
