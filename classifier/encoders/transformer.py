"""A backbone in torch: loaded with every weight accounted for, run and trained.

The only file that imports torch and transformers, and only when a backbone is loaded.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from classifier.encoders.backbone import missing
from classifier.encoders.embedder import Ids, Rows
from classifier.errors import ModelError

_CPU_TOKENS = 2048
_GPU_TOKENS = 32768
_UNUSED = ("pooler.", "embeddings.position_ids")  # pooling and positions do without them


def torch_library() -> Any:
    """The torch module.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import torch
    except ImportError as exc:
        raise missing("torch and transformers") from exc
    return torch


def pick_device(name: str = "auto") -> str:
    """The device to run on: what was asked for, or with ``auto`` a GPU where there is one.

    Raises:
        ModelError: this machine does not have it.
    """
    torch = torch_library()
    here = {"cpu"}
    if torch.cuda.is_available():
        here.add("cuda")
    if torch.backends.mps.is_available():
        here.add("mps")
    if name == "auto":
        return next(device for device in ("cuda", "mps", "cpu") if device in here)
    if name.partition(":")[0] not in here:
        raise ModelError(f"no device {name!r} here; there is: {', '.join(sorted(here))}")
    return name


def load_network(folder: Path, device: str) -> Any:
    """Load a backbone's network, in evaluation mode and full precision.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        ModelError: the weights do not fill the network: a missing one would be random.
    """
    torch = torch_library()
    try:
        from safetensors import SafetensorError
        from transformers import AutoModel
    except ImportError as exc:
        raise missing("torch and transformers") from exc
    try:
        with _quiet(), torch.random.fork_rng():  # what is about to be filled is drawn first
            network, report = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                use_safetensors=True,
                output_loading_info=True,
                dtype=torch.float32,
            )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as exc:
        raise ModelError(f"{folder}: the backbone cannot be loaded: {exc}") from exc
    lacking = [
        str(name)
        for problem in ("missing_keys", "mismatched_keys")
        for name in report.get(problem, ())
        if not any(part in str(name) for part in _UNUSED)
    ]
    if lacking:
        raise ModelError(
            f"{folder}: the file of weights lacks {len(lacking)} of the network's, "
            f"such as {sorted(lacking)[0]}; they would be random: copy the folder again"
        )
    if getattr(network, "pooler", None) is not None:
        network.pooler = None  # unused, and perhaps random
    return network.to(device).eval()


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep transformers from drawing bars and printing reports; afterwards it may again."""
    from transformers.utils import logging

    bars, level = logging.is_progress_bar_enabled(), logging.get_verbosity()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    try:
        yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def pooled(network: Any, ids: Any, mask: Any, pooling: str) -> Any:
    """One row a window: the mean of its tokens, or its first one; gradients flow."""
    states = network(input_ids=ids, attention_mask=mask).last_hidden_state
    if pooling == "cls":
        return states[:, 0]
    weights = mask.unsqueeze(-1).to(states.dtype)
    return (states * weights).sum(1) / weights.sum(1)


class TorchEngine:
    """Runs a network in torch, in full precision on any device."""

    def __init__(self, network: Any, pooling: str) -> None:
        self.network = network
        self._pooling = pooling
        self.device = str(network.device)
        self.batch_tokens = _CPU_TOKENS if self.device == "cpu" else _GPU_TOKENS

    def pool(self, ids: Ids, mask: Ids) -> Rows:
        """One row a window, (n, width) float32."""
        torch = torch_library()
        with torch.inference_mode():
            rows = pooled(
                self.network,
                torch.from_numpy(ids).to(self.device),
                torch.from_numpy(mask).to(self.device),
                self._pooling,
            )
        return np.asarray(rows.float().cpu().numpy())


def upper_layers(network: Any, wanted: int) -> list[Any]:
    """The last layers of a network.

    Raises:
        ModelError: it has no list of layers.
    """
    torch = torch_library()
    total = getattr(network.config, "num_hidden_layers", None)
    for module in network.modules():
        if isinstance(module, torch.nn.ModuleList) and len(module) == total:
            return list(module)[-wanted:]
    raise ModelError(
        f"{type(network).__name__} has no layers of their own to train, as where all share one; "
        "take another backbone, or keep it frozen (--encoder hybrid)"
    )


def write_network(network: Any, folder: Path) -> None:
    """Write a network's configuration and weights as safetensors into ``folder``."""
    with _quiet():
        network.save_pretrained(folder, safe_serialization=True)
