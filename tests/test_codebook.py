from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from classifier.codebook import Codebook, codebook_from_dict, read_codebook
from classifier.errors import CodebookError

from .conftest import CODEBOOK, ROOT


def changed(**values: Any) -> dict[str, Any]:
    return {**CODEBOOK, **values}


def test_a_codebook_survives_being_written_and_read(codebook: Codebook) -> None:
    assert codebook_from_dict(codebook.to_dict()) == codebook


def test_a_codebook_is_read_from_its_folder(label_folder: Path, codebook: Codebook) -> None:
    assert read_codebook(label_folder).frame_names == codebook.frame_names


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frames": []}, "at least one"),
        ({"frames": [CODEBOOK["frames"][0]] * 2}, "'storm' stands twice"),  # type: ignore[index]
        ({"titel": "x"}, "did you mean 'title'"),
        ({"frames": [{"name": "a", "title": "b"}]}, "frame 'a': the key 'definition' is missing"),
        (
            {"frames": [{"name": "a", "title": "b", "definition": "c", "cues": {"de": ["(x"]}}]},
            "frame a, language de",
        ),
        ({"lists": {"en": {"sky": "(x"}}}, "word list 'sky'"),
    ],
)
def test_a_wrong_codebook_is_refused_in_words(values: dict[str, Any], message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        codebook_from_dict(changed(**values))


def test_a_missing_codebook_names_its_path(tmp_path: Path) -> None:
    with pytest.raises(CodebookError, match=r"codebook\.toml: no codebook here"):
        read_codebook(tmp_path)


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "codebook.toml"
    path.write_text("name = ", encoding="utf-8")
    with pytest.raises(CodebookError, match="not a TOML file"):
        read_codebook(path)


def test_the_shipped_codebook_has_cues_in_six_languages_for_every_frame() -> None:
    codebook = read_codebook(ROOT / "datasets" / "frames")
    assert len(codebook.frames) == 6
    for frame in codebook.frames:
        assert set(frame.cues) == {"de", "en", "zh", "ru", "es", "fr"}
        assert frame.included
        assert frame.excluded
        assert all(frame.cues.values())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"frames": {"name": "a"}}, r"\[\[frames\]\]"),
        ({"frames": ["a"]}, r"\[\[frames\]\]"),
        ({"lists": {"en": "x"}}, "word lists must be written"),
        ({"frames": [{**CODEBOOK["frames"][0], "cues": ["a"]}]}, "cues must be written"),  # type: ignore[index]
        ({"frames": [{**CODEBOOK["frames"][0], "cues": {"en": "a"}}]}, "cues must be written"),  # type: ignore[index]
        ({"frames": [{**CODEBOOK["frames"][0], "in": "a"}]}, "'in' must be a list"),  # type: ignore[index]
    ],
)
def test_tables_in_the_wrong_place_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(CodebookError, match=message):
        codebook_from_dict(changed(**values))
