from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from classifier.errors import InputError
from classifier.model.frame_model import FrameModel
from classifier.scoring.batch import BatchOptions, score_archive
from classifier.scoring.ray_engine import stretches
from classifier.scoring.score import score_articles
from classifier.scoring.shards import Shard, ShardOptions, parts
from classifier.text.near_duplicates import clusters
from classifier.text.readers import read_articles, read_pieces

SMALL = BatchOptions(ShardOptions(articles=10))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    texts = ("A storm hit the town.\nThe bakery opened.", "Roses bloom again. It was late.", "***")
    rows = [
        {"id": f"a{i}", "text": texts[i % 3], "lang": "en", "outlet": "Post"} for i in range(64)
    ]
    lines = [json.dumps(row) for row in rows]
    (folder / "one.jsonl").write_text("\n".join(lines[:40]), encoding="utf-8")
    (folder / "two.jsonl").write_text("\n".join([*lines[40:], "{broken"]), encoding="utf-8")
    (folder / "zero.txt").write_bytes(b"\0\1\2")
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def undisturbed(
    archive: Path, model_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("scores") / "whole"
    score_archive([archive], folder, model=model_folder, options=SMALL, workers=1)
    return folder


def test_every_article_is_in_the_table_as_it_scores_alone(
    archive: Path, undisturbed: Path, model: FrameModel
) -> None:
    shards = sorted(undisturbed.glob("articles-*.parquet"))
    rows = [row for path in shards for row in pq.read_table(path).to_pylist()]
    scores = list(score_articles(model, read_articles(archive, on_error=lambda _: None)))
    assert [row["id"] for row in rows] == [score.article.id for score in scores]
    for row, score in zip(rows, scores, strict=True):
        record = score.to_dict()
        assert row["outlet"] == "Post"
        assert (row["sha256"], row["sentences"]) == (record["sha256"], record["sentences"])
        for frame, figures in record["frames"].items():
            assert {key: row[f"{frame}_{key}"] for key in figures} == figures


def test_the_sentences_carry_their_place_and_their_article(
    archive: Path, undisturbed: Path
) -> None:
    texts = {a.id: a.text for a in read_articles(archive, on_error=lambda _: None)}
    shards = sorted(undisturbed.glob("sentences-*.parquet"))
    rows = [row for path in shards for row in pq.read_table(path).to_pylist()]
    assert len(rows) == 43
    for row in rows:
        assert texts[row["id"]][row["start"] : row["end"]] == row["text"]
        assert row["id"] == f"a{row['article']}"
        assert row["frames"] in (["storm"], ["bloom"])


def test_what_cannot_be_read_is_listed_with_its_place(undisturbed: Path) -> None:
    lines = (undisturbed / "errors.jsonl").read_text(encoding="utf-8").splitlines()
    line, binary = map(json.loads, lines)
    assert (Path(line["file"]).name, line["line"], line["article"]) == ("two.jsonl", 25, 64)
    assert line["reason"].startswith("broken JSON line")
    assert (Path(binary["file"]).name, binary["line"]) == ("zero.txt", None)


def test_the_manifest_names_model_input_options_counts_and_files(undisturbed: Path) -> None:
    manifest = json.loads((undisturbed / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["model"]["name"] == "tiny"
    assert manifest["options"]["kind"] == "parquet"
    counts = manifest["counts"]
    assert (counts["articles"], counts["refused"], counts["flagged"]["storm"]) == (64, 2, 22)
    assert set(contents(undisturbed)) == {*manifest["files"], "errors.jsonl", "manifest.json"}


def test_workers_change_no_byte(
    archive: Path, model_folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    score_archive([archive], tmp_path / "s", model=model_folder, options=SMALL, workers=3)
    assert contents(tmp_path / "s") == contents(undisturbed)


_RUN = """
import sys
from classifier.scoring.batch import BatchOptions, score_archive
from classifier.scoring.shards import ShardOptions
if __name__ == "__main__":
    archive, folder, model, workers = sys.argv[1:]
    options = BatchOptions(ShardOptions(articles=10))
    score_archive([archive], folder, model=model, options=options, workers=int(workers))
"""


@pytest.mark.parametrize("workers", [1, 2])
def test_a_killed_run_is_resumed_to_the_same_bytes(
    archive: Path, model_folder: Path, undisturbed: Path, tmp_path: Path, workers: int
) -> None:
    folder, script = tmp_path / "s", tmp_path / "run.py"
    script.write_text(_RUN, encoding="utf-8")
    command = [sys.executable, script, archive, folder, model_folder, str(workers)]
    run = subprocess.Popen(command, env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)})
    while run.poll() is None and not list(folder.glob(".shards/*.json")):
        time.sleep(0.002)
    run.send_signal(signal.SIGKILL)
    run.wait()
    score_archive([archive], folder, model=model_folder, options=SMALL, workers=1, resume=True)
    assert contents(folder) == contents(undisturbed)


def test_a_resumed_run_scores_only_what_is_missing(
    archive: Path, model_folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    class CutOffError(Exception):
        pass

    def cut_off(shard: Shard) -> None:
        if shard.number == 3:
            raise CutOffError

    folder = tmp_path / "s"
    with pytest.raises(CutOffError):
        score_archive(
            [archive], folder, model=model_folder, options=SMALL, workers=1, on_shard=cut_off
        )
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*-*.parquet")}
    assert len(before) == 8
    score_archive([archive], folder, model=model_folder, options=SMALL, workers=1, resume=True)
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert contents(folder) == contents(undisturbed)


def test_a_full_disk_loses_no_finished_shard(
    archive: Path, model_folder: Path, undisturbed: Path, tmp_path: Path
) -> None:
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))\n" + _RUN
    folder, script = tmp_path / "s", tmp_path / "run.py"
    script.write_text(limited, encoding="utf-8")
    command = [sys.executable, script, archive, folder, model_folder, "1"]
    run = subprocess.run(
        command,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "cannot be written" in run.stderr
    score_archive([archive], folder, model=model_folder, options=SMALL, workers=1, resume=True)
    assert contents(folder) == contents(undisturbed)


def test_a_run_begun_otherwise_is_not_resumed(
    archive: Path, undisturbed: Path, model_folder: Path
) -> None:
    other = BatchOptions(ShardOptions(articles=10, all_sentences=True))
    with pytest.raises(InputError, match="another run was begun here"):
        score_archive([archive], undisturbed, model=model_folder, options=other, resume=True)


def test_a_finished_run_is_not_begun_again(
    archive: Path, undisturbed: Path, model_folder: Path
) -> None:
    before = contents(undisturbed)
    with pytest.raises(InputError, match="holds something already"):
        score_archive([archive], undisturbed, model=model_folder, options=SMALL)
    score_archive([archive], undisturbed, model=model_folder, options=SMALL, resume=True)
    assert contents(undisturbed) == before


def test_input_that_changed_since_is_refused(model_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [json.dumps({"text": f"A storm hit town {i}."}) for i in range(30)]
    path.write_text("\n".join(rows), encoding="utf-8")

    def stop(_: Shard) -> None:
        raise KeyboardInterrupt

    options = BatchOptions(ShardOptions(articles=10, lang="en"))
    with pytest.raises(KeyboardInterrupt):
        score_archive(
            [path], tmp_path / "s", model=model_folder, options=options, workers=1, on_shard=stop
        )
    path.write_text("\n".join([*rows[1:], rows[0]]), encoding="utf-8")
    with pytest.raises(InputError, match="has changed since"):
        score_archive([path], tmp_path / "s", model=model_folder, options=options, resume=True)


def cut_off_run(path: Path, folder: Path, model_folder: Path) -> BatchOptions:
    """A run of 30 articles, three to be shards of ten, that ends after the first shards."""
    rows = [json.dumps({"text": f"A storm hit town {i}."}) for i in range(30)]
    path.write_text("".join(row + "\n" for row in rows), encoding="utf-8")

    def stop(shard: Shard) -> None:
        if shard.number == 1:
            raise KeyboardInterrupt

    options = BatchOptions(ShardOptions(articles=10, lang="en"))
    with pytest.raises(KeyboardInterrupt):
        score_archive(path, folder, model=model_folder, options=options, workers=1, on_shard=stop)
    return options


def test_input_that_has_shrunk_since_is_refused(model_folder: Path, tmp_path: Path) -> None:
    path, folder = tmp_path / "a.jsonl", tmp_path / "s"
    options = cut_off_run(path, folder, model_folder)
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:10]), encoding="utf-8")
    with pytest.raises(InputError, match="holds less than when"):
        score_archive(path, folder, model=model_folder, options=options, workers=1, resume=True)


def test_a_damaged_shard_is_scored_again(model_folder: Path, tmp_path: Path) -> None:
    path, folder = tmp_path / "a.jsonl", tmp_path / "s"
    options = cut_off_run(path, folder, model_folder)
    (folder / "sentences-000000.parquet").write_bytes(b"")
    score_archive(path, folder, model=model_folder, options=options, workers=1, resume=True)
    score_archive(path, tmp_path / "t", model=model_folder, options=options, workers=1)
    assert contents(folder) == contents(tmp_path / "t")


@pytest.mark.parametrize("lost", ["articles-000000.parquet", "input"])
def test_a_finished_run_that_no_longer_holds_is_told(
    lost: str, model_folder: Path, tmp_path: Path
) -> None:
    path, folder = tmp_path / "a.txt", tmp_path / "s"
    path.write_text("A storm hit the town.", encoding="utf-8")
    score_archive(path, folder, model=model_folder, workers=1)
    if lost == "input":
        path.write_text("A storm hit the town again.", encoding="utf-8")
    else:
        (folder / lost).unlink()
    with pytest.raises(InputError, match=r"is missing|has changed"):
        score_archive(path, folder, model=model_folder, resume=True)


def test_scores_below_the_input_are_not_read_as_articles(
    model_folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("A storm hit the town.", encoding="utf-8")
    for name in ("s", "z"):
        manifest = score_archive(tmp_path, tmp_path / name, model=model_folder, workers=1)
        assert manifest["counts"]["articles"] == 1
    with pytest.raises(InputError, match="holds scores"):
        list(read_articles(tmp_path / "s"))


def test_an_empty_input_has_counts_of_zero(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b"")
    manifest = score_archive(tmp_path / "a.jsonl", tmp_path / "s", model=model_folder, workers=1)
    assert (manifest["counts"]["articles"], manifest["counts"]["refused"]) == (0, 0)


def test_a_file_is_no_folder_for_scores(model_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("A storm.", encoding="utf-8")
    with pytest.raises(InputError, match="expected a folder"):
        score_archive(tmp_path / "a.txt", tmp_path / "a.txt", model=model_folder, workers=1)


def test_long_files_do_not_share_a_part(tmp_path: Path) -> None:
    for i in range(3):
        (tmp_path / f"{i}.txt").write_bytes(b"a" * (9 << 20))
    assert [len(part.pieces) for part in parts(read_pieces(tmp_path), 2000)] == [1, 1, 1]


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_the_tables_say_the_same_in_every_format(
    archive: Path, model_folder: Path, undisturbed: Path, tmp_path: Path, kind: str
) -> None:
    options = BatchOptions(ShardOptions(articles=10, kind=kind))  # type: ignore[arg-type]
    score_archive([archive], tmp_path / "s", model=model_folder, options=options, workers=1)
    for path in undisturbed.glob("*-*.parquet"):
        rows = pq.read_table(path).to_pylist()
        with (tmp_path / "s" / f"{path.stem}.{kind}").open(encoding="utf-8", newline="") as stream:
            if kind == "jsonl":
                assert [json.loads(line) for line in stream] == rows
            else:
                told = list(csv.DictReader(stream))
                assert [row["id"] for row in told] == [row["id"] for row in rows]
                assert [row.get("frames", "") for row in told] == [
                    " ".join(row.get("frames", [])) for row in rows
                ]


def test_parts_begin_with_a_file_where_they_can(archive: Path) -> None:
    found = list(parts(read_pieces(archive), 20))
    assert [(part.first, len(part.pieces)) for part in found] == [
        (0, 20),
        (20, 20),
        (40, 20),
        (60, 6),
    ]
    found = list(parts(read_pieces(archive), 60))
    assert [(part.first, len(part.pieces)) for part in found] == [(0, 40), (40, 26)]


def test_a_prior_estimated_from_the_archive_is_kept_in_the_manifest(
    archive: Path, model_folder: Path, tmp_path: Path
) -> None:
    options = BatchOptions(ShardOptions(articles=10), prior="auto")
    manifest = score_archive(
        [archive], tmp_path / "s", model=model_folder, options=options, workers=1
    )
    assert len(manifest["priors"]) == 2


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """A Ray cluster of two cores."""
    ray = pytest.importorskip("ray")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
        yield
        ray.shutdown()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("workers", [2, None])
def test_a_ray_cluster_of_two_cores_writes_the_same_bytes(
    cluster: None,
    archive: Path,
    model_folder: Path,
    undisturbed: Path,
    tmp_path: Path,
    workers: int | None,
) -> None:
    score_archive(
        [archive], tmp_path / "s", model=model_folder, options=SMALL, engine="ray", workers=workers
    )
    assert contents(tmp_path / "s") == contents(undisturbed)


def test_a_worker_reads_again_exactly_the_parts_it_is_given(archive: Path) -> None:
    options = ShardOptions(articles=15)
    every = list(parts(read_pieces(archive), 15))
    plan = list(stretches((part, part.number != 1) for part in every))
    assert len(plan) > 1
    again = [part for stretch in plan for part in stretch.parts(options)]
    assert again == [part for part in every if part.number != 1]


def test_copies_of_a_text_are_told_by_the_signatures_in_the_table(
    archive: Path, model_folder: Path, tmp_path: Path
) -> None:
    options = BatchOptions(ShardOptions(articles=100, copies=True))
    score_archive([archive], tmp_path / "s", model=model_folder, options=options, workers=1)
    rows = pq.read_table(tmp_path / "s" / "articles-000000.parquet").to_pylist()
    signatures = [np.frombuffer(bytes.fromhex(row["signature"]), "<u4") for row in rows[:6]]
    assert clusters(np.array(signatures)).tolist() == [0, 1, 2, 0, 1, 5]
