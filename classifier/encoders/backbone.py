"""Which sentence encoder a model stands on: where its files lie, and that they are the right ones.

A backbone is a folder as the Hub keeps it: ``config.json``, ``tokenizer.json`` and
safetensors. Nothing here loads it, and nothing is fetched unless that is asked for.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from classifier.errors import MissingExtraError, ModelError

_WANTED = (
    "config.json", "tokenizer.json", "*.safetensors", "*.safetensors.index.json",
    "modules.json", "sentence_bert_config.json", "*Pooling/config.json",
)  # fmt: skip
_MODULES = {"Transformer", "Pooling", "Normalize"}
_MOST_TOKENS = 256  # where the files do not say what an encoder was trained for
_FEWEST_TOKENS = 8  # of a window
_CHUNK = 2**22


@dataclass(frozen=True, slots=True)
class Backbone:
    """A sentence encoder by name, revision and the sha-256 of its files.

    ``name`` is a name on the Hub or a folder; ``revision`` the Hub's commit, None for a
    folder. ``pooling`` makes one row of a sentence's tokens: ``mean`` or ``cls``.
    ``max_tokens`` is the longest window it reads at once, ``width`` the length of a row.
    ``tuned`` says that it was trained further and lies inside the model's folder.
    """

    name: str
    revision: str | None
    files: Mapping[str, str]
    pooling: str
    max_tokens: int
    width: int
    tuned: bool = False

    def __post_init__(self) -> None:
        if self.pooling not in ("mean", "cls"):
            raise ValueError(f"pooling is {self.pooling!r}; expected 'mean' or 'cls'")

    @property
    def fingerprint(self) -> str:
        """One hash of all that decides what a sentence becomes."""
        facts = [sorted(self.files.items()), self.pooling, self.max_tokens]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def check(self, folder: Path) -> None:
        """Refuse a folder that does not hold this very backbone.

        Raises:
            ModelError: a file is missing or is another one.
        """
        for name, digest in self.files.items():
            path = folder / name
            if not path.is_file():
                raise ModelError(f"{folder}: {name} is missing; {self._remedy()}")
            if _sha256(path) != digest:
                raise ModelError(
                    f"{folder}: {name} is not the file the model was trained with; {self._remedy()}"
                )

    def _remedy(self) -> str:
        if self.tuned:
            return "copy the model's folder again or train anew"
        at = f" at revision {self.revision}" if self.revision else ""
        return f"the model needs the backbone {self.name}{at}, unchanged"


def find_backbone(
    name: str, revision: str | None = None, *, download: bool = False
) -> tuple[Backbone, Path]:
    """Find a backbone and describe it: what it is, and the folder it lies in.

    Args:
        name: a folder, or a name on the Hub.
        revision: branch, tag or commit on the Hub.
        download: fetch it from the Hub where it is not in the Hub's local cache.

    Raises:
        ModelError: it is not here, or is not a sentence encoder that can be used.
    """
    folder = Path(os.path.abspath(os.path.expanduser(name)))
    if folder.is_dir():
        if revision is not None:
            raise ModelError(f"{name} is a folder; a revision is for names on the Hub")
        return _describe(folder, str(folder), None), folder
    folder = _from_hub(name, revision, download)
    return _describe(folder, name, folder.name), folder


def locate(backbone: Backbone, beside: Path | None, instead: str | None, *, download: bool) -> Path:
    """Where the files of a saved model's backbone lie, checked against their hashes.

    Args:
        backbone: what the model names.
        beside: the ``backbone`` folder inside the model's own; it goes first.
        instead: a folder (or name) to look at in place of the one the model names.
        download: as in :func:`find_backbone`.

    Raises:
        ModelError: it is nowhere to be found, or is a different one.
    """
    if backbone.tuned and (beside is None or not beside.is_dir()):
        raise ModelError(f"{beside}: is missing; {backbone._remedy()}")
    if instead is not None and not backbone.tuned:
        folder = find_backbone(instead, download=download)[1]
    elif beside is not None and beside.is_dir():
        folder = beside
    elif backbone.revision is None:
        folder = Path(backbone.name)
        if not folder.is_dir():
            raise ModelError(
                f"{folder}: the backbone's folder is not there; say where it lies now (--backbone)"
            )
    else:
        folder = _from_hub(backbone.name, backbone.revision, download)
    backbone.check(folder)
    return folder


def tuned(backbone: Backbone, folder: Path) -> Backbone:
    """The backbone after training, as it was written into ``folder``."""
    return replace(backbone, files=_hashes(folder), tuned=True)


def _from_hub(name: str, revision: str | None, download: bool) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import (
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
        )
    except ImportError as exc:
        raise missing("huggingface_hub") from exc
    at = f" at revision {revision}" if revision else ""
    if download and os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE"):
        raise ModelError(f"{name}: asked to download it, but HF_HUB_OFFLINE is set; unset one")
    try:
        found = snapshot_download(
            name, revision=revision, local_files_only=not download, allow_patterns=list(_WANTED)
        )
    except LocalEntryNotFoundError as exc:
        if download:
            raise ModelError(f"{name}{at}: could not be fetched from the Hub: {exc}") from exc
        raise ModelError(
            f"{name}{at}: neither a folder nor in the Hub's cache on this machine, and nothing is "
            "fetched unasked; allow it once with --download, or name a folder that holds it"
        ) from exc
    except HFValidationError as exc:
        raise ModelError(f"{name}: no such folder, and not a name on the Hub") from exc
    except (HfHubHTTPError, OSError) as exc:
        raise ModelError(f"{name}{at}: could not be fetched from the Hub: {exc}") from exc
    return Path(found)


def _describe(folder: Path, name: str, revision: str | None) -> Backbone:
    config = _table(folder / "config.json")
    if "auto_map" in config:
        raise ModelError(f"{folder}: runs code of its own, which is never executed; choose another")
    modules = [module["type"].rpartition(".")[2] for module in _json(folder / "modules.json", [])]
    if foreign := sorted(set(modules) - _MODULES):
        raise ModelError(
            f"{folder}: has layers behind its pooling that are not read here "
            f"({', '.join(foreign)}); choose another encoder"
        )
    pooling = _table(next(iter(sorted(folder.glob("*Pooling/config.json"))), folder / "none"), {})
    width = config.get("hidden_size", config.get("dim", config.get("d_model")))
    if not isinstance(width, int):
        raise ModelError(f"{folder}: config.json names no width; expected a sentence encoder")
    positions = config.get("max_position_embeddings", 512)
    if config.get("model_type") in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        positions -= 2  # these count from behind their padding
    stated = _table(folder / "sentence_bert_config.json", {}).get("max_seq_length")
    if stated is not None and not (isinstance(stated, int) and stated >= _FEWEST_TOKENS):
        raise ModelError(
            f"{folder}: sentence_bert_config.json says a max_seq_length of {stated!r}; "
            f"expected a number from {_FEWEST_TOKENS}"
        )
    return Backbone(
        name=name,
        revision=revision,
        files=_hashes(folder),
        pooling=_pooling(folder, pooling),
        max_tokens=min(positions, stated or _MOST_TOKENS),
        width=width,
    )


def _pooling(folder: Path, config: Mapping[str, Any]) -> str:
    modes = {key for key, on in config.items() if key.startswith("pooling_mode") and on is True}
    if modes <= {"pooling_mode_mean_tokens"}:
        return "mean"
    if modes == {"pooling_mode_cls_token"}:
        return "cls"
    raise ModelError(f"{folder}: pools by {', '.join(sorted(modes))}; expected mean or cls alone")


def _hashes(folder: Path) -> dict[str, str]:
    for needed, why in (
        ("config.json", "expected the folder of an encoder"),
        ("tokenizer.json", "save its fast tokenizer there first"),
    ):
        if not (folder / needed).is_file():
            raise ModelError(f"{folder}: has no {needed}; {why}")
    weights = sorted(path.name for path in folder.glob("*.safetensors"))
    if not weights:
        raise ModelError(
            f"{folder}: has no safetensors; other files of weights can execute code when they are "
            "read, and are refused: choose a revision with safetensors, or convert it"
        )
    index = sorted(path.name for path in folder.glob("*.safetensors.index.json"))
    return {
        name: _sha256(folder / name) for name in ("config.json", "tokenizer.json", *index, *weights)
    }


def _table(path: Path, default: dict[str, Any] | None = None) -> dict[str, Any]:
    found = _json(path, default)
    if not isinstance(found, dict):
        raise ModelError(f"{path}: expected a JSON object")
    return found


def _json(path: Path, default: Any = None) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        if default is not None:
            return default
        raise ModelError(f"{path}: is missing; expected the folder of a sentence encoder") from exc
    except (OSError, ValueError) as exc:
        raise ModelError(f"{path}: cannot be read: {exc}") from exc


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def missing(package: str, extra: str = "transformers") -> MissingExtraError:
    """The error for an optional package that is not installed."""
    return MissingExtraError(
        f"sentence encoders need {package}: pip install 'framing-classifier[{extra}]'"
    )
