"""Parts scored by processes of their own, each with the model loaded once."""

from __future__ import annotations

import gc
import os
import signal
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from pathlib import Path

import numpy as np

from classifier.encoders.runtime import Runtime
from classifier.errors import InputError
from classifier.model.cascade import Cascade, make_cascade
from classifier.model.frame_model import FrameModel
from classifier.model.storage import load_model
from classifier.scoring.shards import Part, Shard, ShardOptions, score_part

_AHEAD = 2  # parts a worker has waiting


@dataclass(frozen=True, slots=True)
class Scorer:
    """What makes a worker's model: a folder, and what is changed after loading it.

    With ``second``, the folder of a better model, the two are a cascade that sends on so
    much as to keep ``recall``.
    """

    model: Path
    precision: float | None = None
    priors: tuple[float, ...] | None = None
    second: Path | None = None
    recall: float = 0.99
    runtime: Runtime | None = None

    def load(self) -> FrameModel | Cascade:
        """The model, at its priors and precision."""
        first = load_model(self.model, self.runtime)
        model: FrameModel | Cascade = first
        if self.second is not None:
            model = make_cascade(first, load_model(self.second, self.runtime), self.recall)
        if self.priors is not None:
            model = model.at_priors(np.array(self.priors))
        return model if self.precision is None else model.at_precision(self.precision)


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def score_parts(
    parts: Iterable[Part], scorer: Scorer, options: ShardOptions, folder: Path, workers: int
) -> Iterator[Shard]:
    """The shards, as they are finished; one worker is this process itself.

    Parts are read as workers need them: memory holds a few at a time.

    Raises:
        InputError: a file cannot be written, or a worker died.
    """
    if workers == 1:
        model = scorer.load()
        for part in parts:
            yield score_part(model, part, options, folder)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _begin, (scorer, options, folder))
    waiting: set[Future[Shard]] = set()
    try:
        for part in parts:
            waiting.add(pool.submit(_work, part))
            while len(waiting) >= workers * _AHEAD:
                done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        for future in waiting:
            yield future.result()
    except BrokenProcessPool as exc:
        raise InputError(
            f"{folder}: a worker died, perhaps for want of memory; what is finished is kept: "
            "go on with --resume, with fewer --workers"
        ) from exc
    finally:
        pool.shutdown(cancel_futures=True)


_worker: tuple[FrameModel | Cascade, ShardOptions, Path]


def _begin(scorer: Scorer, options: ShardOptions, folder: Path) -> None:
    global _worker
    gc.set_threshold(100_000)  # a model is a million objects that all stay
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent tells when to stop
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker = (scorer.load(), options, folder)


def _end_with_parent() -> None:
    """A parent that was killed tells nobody; its workers must not wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(part: Part) -> Shard:
    model, options, folder = _worker
    return score_part(model, part, options, folder)
