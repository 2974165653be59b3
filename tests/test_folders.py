from __future__ import annotations

import os
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.text.readers import read_articles


def folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("Hello.", encoding="utf-8")
    return root


def test_a_linked_folder_is_followed(tmp_path: Path) -> None:
    folder(tmp_path / "elsewhere", "b.txt")
    root = folder(tmp_path / "archive", "a.txt")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    assert [a.id for a in read_articles(root)] == ["a.txt", "linked/b.txt"]


def test_links_in_a_circle_come_to_an_end(tmp_path: Path) -> None:
    root = folder(tmp_path, "a.txt", "sub/b.txt")
    (root / "sub" / "up").symlink_to(root)
    (root / "sub" / "again").symlink_to(root / "sub")
    assert [a.id for a in read_articles(root)] == ["a.txt", "sub/b.txt"]
    assert len(list(read_articles(f"{root}/**/*.txt"))) == 2


def test_a_link_to_nothing_is_said(tmp_path: Path) -> None:
    root = folder(tmp_path, "b.txt")
    (root / "a.txt").symlink_to(root / "gone.txt")
    refused: list[InputError] = []
    assert [a.id for a in read_articles(root, on_error=refused.append)] == ["b.txt"]
    assert "a.txt: a link to a file that is not there" in str(refused[0])


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_a_name_that_is_no_text_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    try:
        folder(tmp_path, os.fsdecode(b"a\xff.txt"))
    except OSError:
        pytest.skip("this file system refuses such names")
    (article,) = read_articles(tmp_path)
    assert article.id == "a\ufffd.txt"


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("*.txt", ["a.txt", "b[1].txt"]),
        ("**/*.txt", ["a.txt", "b[1].txt", "sub/c.txt", "sub/deep/d.txt"]),
        ("sub/**", ["sub/c.txt", "sub/deep/d.txt"]),
        ("*/c.*", ["sub/c.txt"]),
        ("**/deep/?.txt", ["sub/deep/d.txt"]),
        ("[ab].txt", ["a.txt"]),
        ("b[1].txt", ["b[1].txt"]),
        ("*/*.gz", []),
    ],
)
def test_a_pattern_is_the_files_that_match_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pattern: str, names: list[str]
) -> None:
    monkeypatch.chdir(folder(tmp_path, "a.txt", "b[1].txt", "sub/c.txt", "sub/deep/d.txt", "e.png"))
    refused: list[InputError] = []
    found = [a.origin for a in read_articles(pattern, on_error=refused.append)]
    assert found == names
    assert bool(refused) == (not names)


def test_a_pattern_without_a_match_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing\*\.jsonl: matches no file; expected"):
        list(read_articles(tmp_path / "nothing*.jsonl"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read all")
def test_a_folder_that_may_not_be_read_costs_nothing_else(tmp_path: Path) -> None:
    root = folder(tmp_path, "a/a.txt", "b/b.txt")
    (root / "a").chmod(0)
    refused: list[InputError] = []
    assert [a.id for a in read_articles(root, on_error=refused.append)] == ["b/b.txt"]
    (root / "a").chmod(0o700)
    assert "cannot be read" in str(refused[0])
