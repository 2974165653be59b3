from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier.errors import InputError
from classifier.text.readers import read_articles

ROWS = [{"id": str(i), "text": f"Number {i}.", "picture": "x"} for i in range(5)]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that goes before a dataset of that name on the Hub, which no test may reach."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("datasets.config.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    folder = tmp_path / "owner" / "name"
    folder.mkdir(parents=True)
    for split, rows in (("train", ROWS), ("test", ROWS[:2])):
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (folder / f"{split}.jsonl").write_text(lines, encoding="utf-8")
    return folder


@pytest.mark.usefixtures("hub")
def test_all_splits_of_a_dataset_are_read() -> None:
    articles = list(read_articles("hub:owner/name"))
    assert [article.text for article in articles] == [row["text"] for row in ROWS + ROWS[:2]]
    assert articles[-1].origin == "hub:owner/name:test:2"


@pytest.mark.usefixtures("hub")
def test_a_split_can_be_named() -> None:
    assert [a.id for a in read_articles("hub:owner/name@main:test")] == ["0", "1"]


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("hub:owner/name:nothing", "Bad split: nothing"),
        ("hub:owner/name/german", "'german' not found"),
        ("hub:nobody/nothing", "check its name, the network and HF_HUB_OFFLINE"),
        ("hub:name", "expected hub:owner/name"),
    ],
)
def test_a_dataset_that_is_not_there_is_refused(source: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        list(read_articles(source))


@pytest.mark.usefixtures("hub")
def test_a_missing_column_of_a_dataset_is_said_once() -> None:
    refused: list[InputError] = []
    assert not list(
        read_articles("hub:owner/name:train", text_column="body", on_error=refused.append)
    )
    assert len(refused) == 1
    assert "it has: id, text, picture" in str(refused[0])


def test_a_saved_dataset_is_read_where_it_lies(tmp_path: Path) -> None:
    from datasets import Dataset, DatasetDict

    data = Dataset.from_list(ROWS)
    data.save_to_disk(tmp_path / "a")
    DatasetDict(train=data, test=data.select([0])).save_to_disk(tmp_path / "b")
    (tmp_path / "c.txt").write_text("The end.", encoding="utf-8")
    texts = [row["text"] for row in ROWS]
    assert [a.text for a in read_articles(tmp_path)] == [*texts, *texts, texts[0], "The end."]


def test_a_damaged_saved_dataset_costs_nothing_else(tmp_path: Path) -> None:
    from datasets import Dataset

    Dataset.from_list(ROWS).save_to_disk(tmp_path / "a")
    (next((tmp_path / "a").glob("*.arrow"))).write_bytes(b"x")
    (tmp_path / "c.txt").write_text("The end.", encoding="utf-8")
    refused: list[InputError] = []
    assert [a.text for a in read_articles(tmp_path, on_error=refused.append)] == ["The end."]
    assert "a: cannot be read" in str(refused[0])


def test_a_stream_of_rows_is_read() -> None:
    from datasets import IterableDataset

    def rows() -> Iterator[dict[str, str]]:
        yield from ROWS

    assert [a.id for a in read_articles(IterableDataset.from_generator(rows))] == list("01234")
