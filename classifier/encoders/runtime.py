"""How a backbone is run on this machine: nothing of it is saved with a model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from classifier.encoders.embedder import Progress

ENGINES = ("auto", "torch", "onnx")


@dataclass(frozen=True, slots=True)
class Runtime:
    """Where and how a backbone runs; none of it changes a result beyond rounding.

    ``backbone`` is a folder (or name) to take in place of the one a model names: the hashes of
    its files must agree. ``download`` allows the Hub to be asked. ``engine`` is ``torch``,
    ``onnx`` (what ``framing export --onnx`` wrote into the model's folder), or ``auto``: torch
    where it is installed, else onnx. ``cache`` is a folder that keeps embeddings of frozen
    backbones, ``checkpoints`` one that keeps unfinished fine-tuning. ``progress`` is called
    with what is counted, how many are done, and how many there are.
    """

    device: str = "auto"
    engine: str = "auto"
    backbone: str | None = None
    download: bool = False
    cache: Path | None = None
    checkpoints: Path | None = None
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ValueError(f"engine is {self.engine!r}; expected one of {', '.join(ENGINES)}")
