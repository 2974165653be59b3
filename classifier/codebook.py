"""The codebook: what each frame means, and the cues that announce it."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifier.cues import Cue, parse_cue, parse_lists
from classifier.errors import CodebookError

_CODEBOOK_KEYS = ("name", "version", "title", "unit", "license", "base_rate", "lists", "frames")
_FRAME_KEYS = ("name", "title", "definition", "in", "out", "close_calls", "cues")


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: its name, what is in, what is out, and its cues per language."""

    name: str
    title: str
    definition: str
    included: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    close_calls: tuple[str, ...] = ()
    cues: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FrameCue:
    """A cue as it is written, with the frame and the language it belongs to."""

    frame: str
    lang: str
    text: str

    @property
    def hint(self) -> bool:
        """Whether the dictionary leaves it out."""
        return self.text.lstrip().startswith("?")


@dataclass(frozen=True, slots=True)
class Codebook:
    """The frames of one study, in a fixed order.

    ``lists`` holds word lists per language, used in cues as ``$name``. ``base_rate`` is how
    common a frame is in the texts to be read (a share of sentences), where that differs
    from the label set.
    """

    name: str
    version: str
    frames: tuple[Frame, ...]
    title: str = ""
    unit: str = ""
    license: str = ""
    base_rate: float | None = None
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def frame_names(self) -> tuple[str, ...]:
        """The names of the frames, in the order of every probability array."""
        return tuple(frame.name for frame in self.frames)

    def cues(self) -> Iterator[FrameCue]:
        """Every cue of every frame, in the order of their features."""
        for frame in self.frames:
            for lang, cues in frame.cues.items():
                for text in cues:
                    yield FrameCue(frame.name, lang, text)

    def parsed_cues(self, lang: str) -> list[Cue]:
        """The cues of one language, parsed, in the order of :meth:`cues`.

        Raises:
            CodebookError: a cue cannot be parsed; the message names frame and language.
        """
        lists = parse_lists(self.lists.get(lang, {}))
        parsed = []
        for cue in self.cues():
            if cue.lang == lang:
                try:
                    parsed.append(parse_cue(cue.text, lists))
                except CodebookError as exc:
                    raise CodebookError(f"frame {cue.frame}, language {lang}: {exc}") from exc
        return parsed

    def to_dict(self) -> dict[str, Any]:
        """The codebook as plain values, the inverse of :func:`codebook_from_dict`."""
        return {
            "name": self.name,
            "version": self.version,
            "title": self.title,
            "unit": self.unit,
            "license": self.license,
            "base_rate": self.base_rate,
            "lists": {lang: dict(lists) for lang, lists in self.lists.items()},
            "frames": [
                {
                    "name": frame.name,
                    "title": frame.title,
                    "definition": frame.definition,
                    "in": list(frame.included),
                    "out": list(frame.excluded),
                    "close_calls": list(frame.close_calls),
                    "cues": {lang: list(cues) for lang, cues in frame.cues.items()},
                }
                for frame in self.frames
            ],
        }


def read_codebook(path: str | Path) -> Codebook:
    """Read a codebook from a TOML file, or from the ``codebook.toml`` of a folder.

    Raises:
        CodebookError: the file is missing, is not TOML, or does not describe a codebook.
    """
    path = Path(path)
    if path.is_dir():
        path = path / "codebook.toml"
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError as exc:
        raise CodebookError(f"{path}: no codebook here; expected a TOML file") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise CodebookError(f"{path}: not a TOML file: {exc}") from exc
    except OSError as exc:
        raise CodebookError(f"{path}: cannot be read: {exc}") from exc
    try:
        return codebook_from_dict(values)
    except CodebookError as exc:
        raise CodebookError(f"{path}: {exc}") from exc


def codebook_from_dict(values: Mapping[str, Any], *, check_cues: bool = True) -> Codebook:
    """Build a codebook from plain values and check it.

    Raises:
        CodebookError: a key is missing, misspelt or of the wrong kind, a frame stands
            twice, or a cue cannot be parsed.
    """
    _check_keys(values, _CODEBOOK_KEYS, ("name", "version", "frames"), "the codebook")
    _check_kinds(values)
    frames = tuple(_frame(entry) for entry in values["frames"])
    if not frames:
        raise CodebookError("expected at least one [[frames]] entry")
    names = [frame.name for frame in frames]
    for name in names:
        if names.count(name) > 1:
            raise CodebookError(f"frame {name!r} stands twice; names must differ")
    codebook = Codebook(
        name=str(values["name"]),
        version=str(values["version"]),
        frames=frames,
        title=str(values.get("title", "")),
        unit=str(values.get("unit", "")),
        license=str(values.get("license", "")),
        base_rate=_base_rate(values.get("base_rate")),
        lists=values.get("lists", {}),
    )
    if check_cues:
        for lang in {cue.lang: None for cue in codebook.cues()} | dict.fromkeys(codebook.lists):
            codebook.parsed_cues(lang)
    return codebook


def _check_kinds(values: Mapping[str, Any]) -> None:
    """Refuse a codebook whose tables and lists are not where they belong."""
    if not _is_list_of(values["frames"], dict):
        raise CodebookError("frames must be written as [[frames]] tables")
    lists = values.get("lists", {})
    if not isinstance(lists, dict) or not all(
        isinstance(some, dict) and _is_list_of(list(some.values()), str) for some in lists.values()
    ):
        raise CodebookError("word lists must be written as name = 'words' under [lists.LANGUAGE]")
    for entry in values["frames"]:
        where = f"frame {entry.get('name', '?')!r}"
        cues = entry.get("cues", {})
        if not isinstance(cues, dict) or not all(_is_list_of(c, str) for c in cues.values()):
            raise CodebookError(f"{where}: cues must be written as LANGUAGE = ['cue', 'cue']")
        for key in ("in", "out", "close_calls"):
            if not _is_list_of(entry.get(key, []), str):
                raise CodebookError(f"{where}: {key!r} must be a list of texts")


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and all(isinstance(entry, kind) for entry in value)


def _base_rate(value: Any) -> float | None:
    if value is None or (isinstance(value, int | float) and 0 < value < 1):
        return value
    raise CodebookError(f"base_rate is {value!r}; expected a share between 0 and 1")


def _frame(entry: Mapping[str, Any]) -> Frame:
    where = f"frame {entry.get('name', '?')!r}"
    _check_keys(entry, _FRAME_KEYS, ("name", "title", "definition"), where)
    return Frame(
        name=entry["name"],
        title=entry["title"],
        definition=entry["definition"],
        included=tuple(entry.get("in", ())),
        excluded=tuple(entry.get("out", ())),
        close_calls=tuple(entry.get("close_calls", ())),
        cues={lang: tuple(cues) for lang, cues in entry.get("cues", {}).items()},
    )


def _check_keys(
    values: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...], where: str
) -> None:
    for key in needed:
        if key not in values:
            raise CodebookError(f"{where}: the key {key!r} is missing")
    for key in values:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else f"known keys: {', '.join(known)}"
            raise CodebookError(f"{where}: unknown key {key!r}; {hint}")
