"""The files of folders and patterns, in the order of their names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from classifier.errors import InputError
from classifier.text.sources.streams import ENDINGS, ending, shown


def is_pattern(source: str) -> bool:
    """Whether a source is a pattern such as ``archive/**/*.jsonl.gz`` and no existing path."""
    return any(mark in source for mark in "*?[") and not os.path.lexists(source)


def folder_files(folder: Path) -> Iterator[Path | InputError]:
    """The files below a folder that hold articles, and what cannot be looked into.

    Hidden files and files of other kinds are passed over, and folders that ``framing score``
    filled. A folder that ``datasets.save_to_disk`` wrote counts as a file. Linked folders are
    followed; a folder that is reached twice is read once, so that links in a circle come to an
    end.
    """
    if _is_scored(folder):
        return iter([InputError(f"{shown(folder)}: holds scores; expected articles")])
    return _walk(folder, set())


def pattern_files(pattern: str) -> Iterator[Path | InputError]:
    """The files that match a pattern; ``**`` stands for any folders, also none."""
    parts = Path(pattern).parts
    fixed = next(i for i, part in enumerate(parts) if is_pattern(part))
    root = Path(*parts[:fixed])
    wanted = parts[fixed:]
    depth = None if "**" in wanted else len(wanted)
    if not root.is_dir():
        return
    for path in _walk(root, set(), depth):
        if isinstance(path, InputError) or _matches(path.relative_to(root).parts, wanted):
            yield path


def _is_saved(names: list[str]) -> bool:
    """Whether ``datasets.save_to_disk`` wrote a folder with these files."""
    return "dataset_dict.json" in names or {"state.json", "dataset_info.json"} <= set(names)


def _is_scored(folder: Path) -> bool:
    """Whether a folder holds the scores of a run, finished or not."""
    for name in ("run.json", "manifest.json"):
        try:
            values = json.loads((folder / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if isinstance(values, dict) and {"package", "model", "inputs", "options"} <= values.keys():
            return True
    return False


def _walk(
    folder: Path, seen: set[tuple[int, int]], depth: int | None = None
) -> Iterator[Path | InputError]:
    try:
        status = folder.stat()
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        names = sorted(os.listdir(folder))
    except OSError as exc:
        yield InputError(f"{shown(folder)}: cannot be read: {exc}")
        return
    if _is_saved(names):
        yield folder
        return
    for name in names:
        path = folder / name
        if name.startswith("."):
            continue
        if path.is_dir():
            if depth != 1 and not _is_scored(path):
                yield from _walk(path, seen, depth and depth - 1)
        elif ending(name) in ENDINGS:
            if path.is_file():
                yield path
            elif path.is_symlink():
                yield InputError(f"{shown(path)}: a link to a file that is not there")


def _matches(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] == "**":
        rest = wanted[1:] or ("*",)
        return any(_matches(parts[i:], rest) for i in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], wanted[0]) and _matches(parts[1:], wanted[1:])
