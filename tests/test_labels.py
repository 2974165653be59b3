from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from classifier.codebook import Codebook
from classifier.errors import LabelError
from classifier.labels.checks import check_labels
from classifier.labels.label_set import LabelSet, read_labels

from .conftest import label_rows, write_label_set


def row(text: str, *frames: str, **values: Any) -> dict[str, object]:
    kind = "positive" if frames else "plain"
    base = {"id": text[:8] + str(len(text)), "text": text, "lang": "en", "frames": list(frames)}
    return base | {"group": text, "kind": kind} | values


def problems(tmp_path: Path, codebook: Codebook, *extra: dict[str, object]) -> list[str]:
    folder = write_label_set(tmp_path, [*label_rows(), *extra])
    return [problem.kind for problem in check_labels(folder, codebook)]


def test_a_good_label_set_has_no_problem(label_folder: Path, codebook: Codebook) -> None:
    kinds = {problem.kind for problem in check_labels(label_folder, codebook)}
    assert kinds <= {"near-duplicate"}


LONG = "The committee on public works will meet again on the second Thursday of next month."
GERMAN = (
    "Der Ausschuss für öffentliche Arbeiten tagt wieder am zweiten Donnerstag im kommenden Monat."
)


@pytest.mark.parametrize(
    ("extra", "kind"),
    [
        ([row("A gale.", "strom")], "unknown-frame"),
        ([row(LONG), row(LONG.upper(), id="x")], "duplicate"),
        ([row(LONG), row(LONG, "storm", id="x")], "two-labels"),
        ([row(LONG), row(LONG.replace("second", "third"), id="x")], "near-duplicate"),
        ([row(GERMAN)], "language"),
        ([row("No language here.", lang="")], "no-language"),
        ([row("Kindly.", kind="nice")], "unknown-kind"),
        ([row("Plainly.", "storm", kind="plain")], "kind"),
        ([row("Once."), row("Twice.", id="Once.5")], "same-id"),
    ],
)
def test_every_problem_is_found(
    tmp_path: Path, codebook: Codebook, extra: list[dict[str, object]], kind: str
) -> None:
    assert kind in problems(tmp_path, codebook, *extra)


def test_near_duplicates_of_one_group_are_no_problem(tmp_path: Path, codebook: Codebook) -> None:
    twins = [row(LONG, group="g"), row(LONG.replace("second", "third"), id="x", group="g")]
    folder = write_label_set(tmp_path, twins)
    assert "near-duplicate" not in {p.kind for p in check_labels(folder, codebook)}


def test_too_few_positives_are_said_per_frame(tmp_path: Path, codebook: Codebook) -> None:
    folder = write_label_set(tmp_path, [row(LONG, "storm")])
    found = [str(p) for p in check_labels(folder, codebook) if p.kind == "too-few"]
    assert len(found) == 2
    assert "storm has 1 positive" in found[0]


def test_a_broken_line_is_named_and_the_rest_is_checked(tmp_path: Path, codebook: Codebook) -> None:
    folder = write_label_set(tmp_path, [row("A gale.", "strom")])
    with (folder / "labels.jsonl").open("a", encoding="utf-8") as stream:
        stream.write('{"text": "x"\n{"text": "x", "frames": "storm"}\n')
    found = check_labels(folder, codebook)
    assert [p.where.rpartition(":")[2] for p in found if p.kind == "broken-line"] == ["2", "3"]
    assert any(p.kind == "unknown-frame" and "'storm'" in p.message for p in found)


def test_a_group_on_two_sides_is_found(tmp_path: Path, codebook: Codebook) -> None:
    train = write_label_set(tmp_path / "train", [row(LONG, group="g")])
    test = write_label_set(tmp_path / "test", [row("Something else.", group="g"), row(LONG)])
    found = [p for p in check_labels(train, codebook, test) if p.kind == "two-sides"]
    assert len(found) == 1


def test_broken_lines_stop_reading_with_all_their_places(tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"frames": []}\n{"text": " ", "frames": []}\n', encoding="utf-8")
    with pytest.raises(LabelError, match=r"(?s):1: .*'text'.*:2: .*empty"):
        read_labels(path)


def test_labels_survive_the_way_through_a_dataset(label_set: LabelSet) -> None:
    again = read_labels(label_set.to_dataset())
    assert [(a.text, a.frames, a.group) for a in again] == [
        (b.text, b.frames, b.group) for b in label_set
    ]


def test_the_dataset_library_reads_the_set_as_it_lies(label_folder: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    path = str(label_folder / "labels.jsonl")
    rows = load_dataset("json", data_files=path, split="train", cache_dir=str(tmp_path))
    assert len(rows) == len(label_rows())


def test_a_sentence_without_a_group_takes_its_article(tmp_path: Path) -> None:
    path = tmp_path / "gold.jsonl"
    line = {"id": "a1", "text": "x", "lang": "en", "frames": [], "article": "a"}
    path.write_text(json.dumps(line), encoding="utf-8")
    assert read_labels(path).groups == ["a"]
