"""Archives of any size to shards of two tables, with many workers, and again after a crash.

A folder of scores holds::

    articles-000000.parquet   one row an article      (or .jsonl, .csv)
    sentences-000000.parquet  one row a sentence
    ...                       a pair for every 2,000 articles
    errors.jsonl              what could not be read: article, file, line, reason
    manifest.json             inputs, model, version, options, counts, sha-256 of every file

The manifest comes last. Until then ``run.json`` says what the run is, and ``.shards`` which
shards are whole. The same input gives the same bytes, with any number of workers and
however often the run was cut off.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from classifier import __version__
from classifier.encoders.runtime import Runtime
from classifier.errors import InputError
from classifier.model.cascade import Cascade
from classifier.model.frame_model import FrameModel
from classifier.model.storage import default_model_folder
from classifier.scoring.ray_engine import ray_shards
from classifier.scoring.score import estimate_article_priors
from classifier.scoring.shards import (
    Part,
    Shard,
    ShardOptions,
    parts,
    read_shard,
    record_path,
)
from classifier.scoring.workers import Scorer, cores, score_parts
from classifier.scoring.writers import whole_file
from classifier.text.readers import read_articles, read_pieces

FORMAT = 1
MANIFEST = "manifest.json"
_RUN = "run.json"
_ERRORS = "errors.jsonl"


@dataclass(frozen=True, slots=True)
class BatchOptions:
    """What decides the bytes of a folder of scores, besides the input and the model.

    ``prior`` is a share of sentences for every frame, or "auto" (see
    ``estimate_article_priors``); ``precision`` chooses the thresholds. With ``second``, the
    folder of a better model, sentences are sent on to it that the model cannot rule out, as
    many as keep a ``recall`` (:class:`~classifier.model.cascade.Cascade`).
    """

    shards: ShardOptions = field(default_factory=ShardOptions)
    prior: float | Literal["auto"] | None = None
    precision: float | None = None
    second: Path | None = None
    recall: float = 0.99


def score_archive(
    sources: str | Path | Sequence[str | Path],
    folder: str | Path,
    *,
    model: str | Path | None = None,
    options: BatchOptions | None = None,
    workers: int | None = None,
    engine: Literal["local", "ray"] = "local",
    resume: bool = False,
    runtime: Runtime | None = None,
    on_shard: Callable[[Shard], None] = lambda _: None,
) -> dict[str, Any]:
    """Score an archive into a folder of two tables; memory stays flat.

    Args:
        sources: what ``read_articles`` reads, by name.
        folder: is made; must be empty, or hold an unfinished run to be resumed.
        model: a model's folder; the default model without it.
        options: what is written and how.
        workers: processes; all cores without it. They are spawned, so a script that calls
            this needs the usual ``if __name__ == "__main__":``.
        engine: "local", or "ray" for the Ray cluster that RAY_ADDRESS names or that runs here;
            every node must see ``sources`` and ``folder``.
        resume: go on with a run that was cut off; the finished bytes are the same. Of a
            finished one the input is read and compared, and nothing is scored.
        runtime: where and how the backbone of a sentence encoder runs.
        on_shard: called with every shard, as it is finished or found finished.

    Returns:
        The manifest.

    Raises:
        InputError: the folder holds something else, the run to be resumed was another one or
            its input has changed, or a file cannot be written. Finished shards stay.
    """
    options = options or BatchOptions()
    sources = [sources] if isinstance(sources, str | Path) else sources
    folder = Path(folder)
    scorer = Scorer(
        default_model_folder() if model is None else Path(model),
        options.precision,
        second=options.second,
        recall=options.recall,
        runtime=runtime,
    )
    loaded = scorer.load()  # refuses a precision that cannot be had, before anything is written
    run = _describe(sources, scorer, loaded, options)
    reading = {"text_column": options.shards.text_column, "encoding": options.shards.encoding}
    all_parts = parts(read_pieces(*sources, **reading), options.shards.articles)
    if finished := _start(folder, run, resume=resume):
        _check_finished(folder, finished, all_parts)
        return finished
    scorer = replace(scorer, priors=_priors(folder, run, sources, loaded, options))
    n_shards = 0

    def sorted_out() -> Iterator[tuple[Part, bool]]:
        """Every part, and whether it is still to be scored."""
        nonlocal n_shards
        for part in all_parts:
            n_shards += 1
            shard = read_shard(folder, part.number)
            if shard is not None and shard.digest != part.digest():
                raise InputError(
                    f"{folder}: the input of articles {part.first} and following has "
                    "changed since the run began; start anew in another folder"
                )
            yield part, shard is None
            if shard is not None:
                on_shard(shard)

    if engine == "ray":
        shards = ray_shards(sorted_out(), scorer, options.shards, folder, workers)
    else:
        todo = (part for part, unfinished in sorted_out() if unfinished)
        shards = score_parts(todo, scorer, options.shards, folder, workers or cores())
    for shard in shards:
        on_shard(shard)
    return _finish(folder, run, n_shards)


def _describe(
    sources: Sequence[str | Path],
    scorer: Scorer,
    model: FrameModel | Cascade,
    options: BatchOptions,
) -> dict[str, Any]:
    """What the run is: two runs that say the same write the same."""
    digest = hashlib.sha256()
    for folder in filter(None, (scorer.model, scorer.second)):
        for name in ("model.json", "weights.safetensors"):
            digest.update((folder / name).read_bytes())
    said = {
        "format": FORMAT,
        "package": __version__,
        "model": {"name": model.name, "version": model.version, "sha256": digest.hexdigest()},
        "inputs": [str(source) for source in sources],
        "options": asdict(options.shards)
        | {
            "prior": options.prior,
            "precision": options.precision,
            "cascade": options.recall if options.second else None,
        },
    }
    run: dict[str, Any] = json.loads(json.dumps(said))  # as it is read again
    return run


def _start(folder: Path, run: dict[str, Any], *, resume: bool) -> dict[str, Any] | None:
    """Make the folder, or check that it holds this very run; its manifest if that is done."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; expected a folder")
    left = [path for path in folder.rglob(".*.part")]  # what a killed process was writing
    there = set(folder.iterdir()) - set(left) if folder.exists() else set()
    if there and not resume:
        raise InputError(
            f"{folder}: holds something already; go on with --resume if it is this run, or choose "
            "another folder"
        )
    for path in left:
        path.unlink()
    if not there:
        with whole_file(folder / _RUN) as stream:
            json.dump(run, stream, ensure_ascii=False, indent=1)
        return None
    name = next((name for name in (_RUN, MANIFEST) if (folder / name).is_file()), None)
    if name is None:
        raise InputError(f"{folder}: no run to resume here; choose an empty folder")
    begun: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    differing = sorted(key for key in run if begun.get(key) != run[key])
    if differing:
        raise InputError(
            f"{folder}: another run was begun here ({', '.join(differing)} differ); "
            "resume it as it was begun, or choose another folder"
        )
    if name == _RUN:
        return None
    _clear(folder)
    return begun


def _check_finished(folder: Path, manifest: dict[str, Any], all_parts: Iterator[Part]) -> None:
    """Refuse a finished run whose files are not all there, or whose input is another by now."""
    lacking = [name for name in manifest["files"] if not (folder / name).is_file()]
    if lacking:
        raise InputError(
            f"{folder}: {lacking[0]} is missing, although the run was finished; "
            "score anew into another folder"
        )
    digest = hashlib.sha256()
    for part in all_parts:
        digest.update(bytes.fromhex(part.digest()))
    if digest.hexdigest() != manifest["input_sha256"]:
        raise InputError(
            f"{folder}: the input has changed since the run was finished; "
            "score it anew into another folder"
        )


def _priors(
    folder: Path,
    run: dict[str, Any],
    sources: Sequence[str | Path],
    model: FrameModel | Cascade,
    options: BatchOptions,
) -> tuple[float, ...] | None:
    """How common each frame is taken to be; estimated once, and kept for a resumed run."""
    if options.prior is None:
        return None
    if options.prior != "auto":
        return (options.prior,) * len(model.frames)
    there = json.loads((folder / _RUN).read_text(encoding="utf-8"))
    if "priors" not in there:
        shards = options.shards
        articles = read_articles(
            *sources,
            text_column=shards.text_column,
            lang=shards.lang,
            encoding=shards.encoding,
            on_error=lambda _: None,
        )
        there["priors"] = estimate_article_priors(model, articles).priors.tolist()
        with whole_file(folder / _RUN) as stream:
            json.dump(there, stream, ensure_ascii=False, indent=1)
    run["priors"] = there["priors"]
    return tuple(there["priors"])


def _finish(folder: Path, run: dict[str, Any], n_shards: int) -> dict[str, Any]:
    """Gather what the shards say into the manifest, and clear the traces of the run."""
    records = record_path(folder, 0).parent.glob("*.json")
    if any(int(path.stem) >= n_shards for path in records):
        raise InputError(
            f"{folder}: the input holds less than when the run began; start anew in another folder"
        )
    counts = Counter(articles=0, refused=0, sentences=0, unsure=0, sent=0)
    flagged: Counter[str] = Counter()
    files: dict[str, str] = {}
    digest = hashlib.sha256()
    with whole_file(folder / _ERRORS) as stream:
        for number in range(n_shards):
            shard = read_shard(folder, number)
            if shard is None:
                raise InputError(f"{folder}: shard {number} is missing; go on with --resume")
            digest.update(bytes.fromhex(shard.digest))
            counts.update(
                articles=shard.articles,
                refused=len(shard.errors),
                sentences=shard.sentences,
                unsure=shard.unsure,
                sent=shard.sent,
            )
            flagged.update(shard.flagged)
            files |= shard.files
            for error in shard.errors:
                stream.write(json.dumps(error, ensure_ascii=False) + "\n")
    manifest = run | {
        "input_sha256": digest.hexdigest(),
        "counts": {"shards": n_shards, **counts, "flagged": dict(flagged)},
        "files": files,
    }
    with whole_file(folder / MANIFEST) as stream:
        json.dump(manifest, stream, ensure_ascii=False, indent=1)
    _clear(folder)
    return manifest


def _clear(folder: Path) -> None:
    """Remove what only an unfinished run needs."""
    (folder / _RUN).unlink(missing_ok=True)
    shutil.rmtree(record_path(folder, 0).parent, ignore_errors=True)
