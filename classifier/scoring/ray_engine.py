"""The batch engine on a Ray cluster: the same parts, the same shards, the same bytes.

Workers read the files of the archive and write the shards themselves, so both must lie where
every node sees them. The model travels to each worker once.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from classifier.errors import InputError, MissingExtraError
from classifier.scoring.shards import Part, Shard, ShardOptions, file_of, parts, score_part
from classifier.scoring.workers import Scorer
from classifier.text.readers import read_pieces
from classifier.text.sources.pieces import Piece

_CORES_OF_A_WORKER = 0.5  # of what Ray counts: whole ones would leave a small cluster none to read


@dataclass(frozen=True, slots=True)
class Stretch:
    """Parts that one worker reads by itself: it begins with a file.

    ``sources`` are files to be read again, and pieces that are small enough to travel.
    """

    number: int
    first: int
    sources: tuple[str | Piece | InputError, ...]
    missing: frozenset[int]

    def parts(self, options: ShardOptions) -> Iterator[Part]:
        """The parts that have no shard yet."""
        for part in parts(self._pieces(options), options.articles, self.number, self.first):
            if part.number in self.missing:
                yield part

    def _pieces(self, options: ShardOptions) -> Iterator[Piece | InputError]:
        for source in self.sources:
            if isinstance(source, str):
                reading = {"text_column": options.text_column, "encoding": options.encoding}
                yield from read_pieces(source, **reading)
            else:
                yield source


def stretches(all_parts: Iterable[tuple[Part, bool]]) -> Iterator[Stretch]:
    """Plan who reads what, from all parts and whether each is still to be scored."""
    sources: list[str | Piece | InputError] = []
    missing: set[int] = set()
    begin: Part | None = None
    last = ""
    for part, unfinished in all_parts:
        if begin is not None and file_of(part.pieces[0]) != last:
            yield Stretch(begin.number, begin.first, tuple(sources), frozenset(missing))
            begin, sources, missing = None, [], set()
        begin = begin or part
        if unfinished:
            missing.add(part.number)
        for file, pieces in groupby(part.pieces, file_of):
            if file != last or not sources:
                sources += _sources(file, tuple(pieces))
            last = file
    if begin is not None:
        yield Stretch(begin.number, begin.first, tuple(sources), frozenset(missing))


def _sources(
    file: str, pieces: tuple[Piece | InputError, ...]
) -> tuple[str | Piece | InputError, ...]:
    """What stands for pieces of one file: its name, or themselves where each is a whole file."""
    if all(isinstance(piece, InputError) or piece.kind == "file" for piece in pieces):
        return pieces
    if not Path(file).is_file():
        raise InputError(f"{file}: Ray workers read files; write it to one first")
    return (str(Path(file).resolve()),)


class _Worker:
    """What a Ray actor holds: the model."""

    def __init__(self, files: Any, scorer: Scorer, options: ShardOptions, folder: Path) -> None:
        with tempfile.TemporaryDirectory() as model:
            for name, data in files.items():
                (Path(model) / name).write_bytes(data)
            self.model = replace(scorer, model=Path(model)).load()
        self.options, self.folder = options, folder

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, list[str]]]:
        for stretch in batch["item"]:
            for part in stretch.parts(self.options):
                try:
                    shard = score_part(self.model, part, self.options, self.folder)
                    yield {"shard": [json.dumps(asdict(shard))], "error": [""]}
                except InputError as error:
                    yield {"shard": [""], "error": [str(error)]}
                    return


def ray_shards(
    all_parts: Iterable[tuple[Part, bool]],
    scorer: Scorer,
    options: ShardOptions,
    folder: Path,
    workers: int | None,
) -> Iterator[Shard]:
    """The shards, as a Ray cluster finishes them.

    Args:
        all_parts: every part, and whether it is still to be scored; they are read through
            once, to plan, before the first is scored.
        scorer: makes the model.
        options: what is written.
        folder: where, seen by every node.
        workers: actors; as many as the cluster has cores without it.

    Raises:
        InputError: there is no cluster, or a worker could not write.
        MissingExtraError: Ray is not installed.
    """
    try:
        import ray
        import ray.data
    except ModuleNotFoundError as exc:
        raise MissingExtraError(
            "--engine ray needs Ray; run: pip install 'framing-classifier[ray]'"
        ) from exc
    if not ray.is_initialized():
        try:
            ray.init(address=os.environ.get("RAY_ADDRESS", "auto"), log_to_driver=False)
        except ConnectionError as exc:
            raise InputError(
                "no Ray cluster is running; start one ('ray start --head') or set RAY_ADDRESS"
            ) from exc
    plan = [stretch for stretch in stretches(all_parts) if stretch.missing]
    if not plan:
        return
    files = {path.name: path.read_bytes() for path in scorer.model.iterdir() if path.is_file()}
    size = workers or max(1, int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]
    scored = ray.data.from_items(plan, override_num_blocks=len(plan)).map_batches(
        _Worker,
        batch_size=1,
        compute=ray.data.ActorPoolStrategy(size=min(size, len(plan))),
        num_cpus=_CORES_OF_A_WORKER,
        fn_constructor_args=(files, scorer, options, folder.resolve()),
    )
    for row in scored.iter_rows():
        if row["error"]:
            raise InputError(row["error"])
        yield Shard(**json.loads(row["shard"]))
