from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from classifier.cli import main
from classifier.model.storage import load_model


def framing(*arguments: object, stdin: str | None = None) -> Result:
    result = CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def folder(model_folder: Path) -> Path:
    return model_folder


@pytest.fixture
def articles(tmp_path: Path) -> Path:
    path = tmp_path / "articles"
    path.mkdir()
    (path / "a.txt").write_text("A storm hit the town. The bakery opened.", encoding="utf-8")
    (path / "b.md").write_text("# Spring\n\nRoses bloom again.", encoding="utf-8")
    return path


def test_scoring_prints_frames_and_strongest_sentences(folder: Path, articles: Path) -> None:
    result = framing("score", articles, "-m", folder)
    assert result.exit_code == 0
    assert "a.txt" in result.stdout
    assert "storm ×1" in result.stdout
    assert "A storm hit the town." in result.stdout
    assert "2 articles scored" in result.stderr


def test_scores_are_written_one_record_an_article(folder: Path, articles: Path) -> None:
    output = articles.parent / "scores.jsonl"
    result = framing("score", articles, "-m", folder, "-o", output)
    assert result.exit_code == 0
    records = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [record["id"] for record in records] == ["a.txt", "b.md"]
    assert [len(record["evidence"]) for record in records] == [1, 1]


def test_a_folder_is_filled_and_resumed(folder: Path, articles: Path) -> None:
    (articles / "c.txt").write_bytes(b"\0")
    output = articles.parent / "scores"
    command = ("score", articles, "-m", folder, "-o", output, "--format", "csv", "--workers", "1")
    result = framing(*command)
    assert result.exit_code == 1
    assert "2 articles scored, 1 left out" in result.stderr
    assert "errors.jsonl" in result.stderr
    assert (output / "articles-000000.csv").is_file()
    assert "--resume" in framing(*command).stderr
    assert framing(*command, "--resume").exit_code == 1


def test_what_only_a_folder_can_have_is_not_silently_dropped(folder: Path, articles: Path) -> None:
    for option in (("--resume",), ("--copies",), ("--workers", "2"), ("--engine", "ray")):
        result = framing("score", articles, "-m", folder, "-o", "scores.jsonl", *option)
        assert result.exit_code == 2
        assert "are for a folder" in result.stderr


def test_all_sentences_are_recorded_on_request(folder: Path, articles: Path) -> None:
    result = framing("score", articles / "a.txt", "-m", folder, "-o", "-", "--all-sentences")
    assert len(json.loads(result.stdout)["evidence"]) == 2


def test_standard_input_is_scored(folder: Path) -> None:
    result = framing("score", "-", "-m", folder, stdin="A storm came.")
    assert "storm ×1" in result.stdout


def test_a_bad_article_is_listed_the_others_are_scored(folder: Path, articles: Path) -> None:
    (articles / "c.txt").write_bytes(b"\0\1\2")
    result = framing("score", articles, "-m", folder)
    assert result.exit_code == 1
    assert "storm ×1" in result.stdout
    assert "c.txt: looks like a binary file" in result.stderr
    assert "2 articles scored, 1 left out" in result.stderr


def test_a_prior_can_be_stated_or_estimated(folder: Path, articles: Path) -> None:
    stated = framing("score", articles, "-m", folder, "--prior", "0.01")
    assert stated.exit_code == 0
    estimated = framing("score", articles, "-m", folder, "--prior", "auto")
    assert "estimated share of sentences: storm" in estimated.stderr
    assert framing("score", articles, "-m", folder, "--prior", "often").exit_code == 2


def test_a_precision_that_cannot_be_had_is_said(folder: Path, articles: Path) -> None:
    options = ("--prior", "0.0001", "--precision", "0.99")
    result = framing("score", articles, "-m", folder, *options)
    assert result.exit_code == 1
    assert "cannot be had" in result.stderr


def test_an_article_in_an_unknown_language_is_marked(folder: Path) -> None:
    text = "Minister spraw zagranicznych oświadczył, że oba kraje chcą wzmocnić współpracę."
    result = framing("score", "-", "-m", folder, stdin=text)
    assert "not judged" in result.stdout


def test_an_input_is_never_overwritten(folder: Path, articles: Path) -> None:
    path = articles / "a.txt"
    before = path.read_bytes()
    assert framing("score", path, "-m", folder, "-o", path, "--force").exit_code == 1
    assert path.read_bytes() == before


def test_an_output_is_not_overwritten_without_force(folder: Path, articles: Path) -> None:
    output = articles.parent / "scores.jsonl"
    output.write_text("mine", encoding="utf-8")
    assert framing("score", articles, "-m", folder, "-o", output).exit_code == 1
    assert output.read_text(encoding="utf-8") == "mine"
    assert framing("score", articles, "-m", folder, "-o", output, "--force").exit_code == 0


def test_training_writes_a_model_and_its_card(label_folder: Path, tmp_path: Path) -> None:
    result = framing("train", label_folder, "-o", tmp_path / "weather", "--folds", 3)
    assert result.exit_code == 0, result.stderr
    card = (tmp_path / "weather" / "README.md").read_text(encoding="utf-8")
    assert "license: cc-by-4.0" in card
    assert "| storm |" in card
    assert framing("train", label_folder, "-o", tmp_path / "weather").exit_code == 1


@pytest.mark.parametrize(
    "options",
    [["-o", "s.csv"], ["-o", "s.JSONL"], ["-o", "s.jsonl", "--format", "csv"], ["--lang", ""]],
)
def test_what_cannot_be_meant_is_refused(
    options: list[str], folder: Path, articles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(articles.parent)
    assert framing("score", articles, "-m", folder, *options).exit_code == 2
    assert [path.name for path in articles.parent.iterdir()] == ["articles"]


def test_an_archive_in_a_language_the_model_does_not_know_is_told(
    folder: Path, articles: Path, tmp_path: Path
) -> None:
    result = framing("score", articles, "-m", folder, "-o", tmp_path / "s", "--lang", "fi")
    assert "4 of 4 sentences were not judged" in result.stderr


def test_a_model_can_be_trained_into_the_folder_one_is_in(
    label_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = framing("train", label_folder, "-o", ".", "--folds", 2)
    assert result.exit_code == 0, result.stderr
    assert load_model(tmp_path).name == tmp_path.name


def test_training_leaves_the_checkpoints_of_others(label_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "m.checkpoints" / "mine.safetensors"
    other.parent.mkdir()
    other.write_bytes(b"precious")
    assert framing("train", label_folder, "-o", tmp_path / "m", "--folds", 2).exit_code == 0
    assert other.read_bytes() == b"precious"


def test_notes_that_cannot_be_read_are_refused_before_training(
    label_folder: Path, tmp_path: Path
) -> None:
    labels = shutil.copytree(label_folder, tmp_path / "labels")
    (labels / "model-notes.md").write_bytes(b"caf\xe9")
    result = framing("train", labels, "-o", tmp_path / "m")
    assert result.exit_code == 1
    assert "model-notes.md" in result.stderr
    assert "training on" not in result.stderr


@pytest.mark.parametrize("option", [["--encoder", "hybrid"], ["--backbone", "b"], ["--seed", 1]])
def test_evaluating_a_model_takes_no_training_options(
    option: list[object], folder: Path, label_folder: Path
) -> None:
    assert framing("evaluate", folder, label_folder, *option).exit_code == 2


def test_evaluation_prints_and_writes_its_figures(
    folder: Path, label_folder: Path, tmp_path: Path
) -> None:
    output = tmp_path / "figures.json"
    result = framing("evaluate", folder, label_folder, "-o", output)
    assert result.exit_code == 0
    assert "storm" in result.stdout
    values = json.loads(output.read_text(encoding="utf-8"))
    assert values["frames"]["storm"]["support"] == 60
    assert set(values["languages"]) == {"en"}


def test_evaluation_overwrites_nothing_without_force(folder: Path, label_folder: Path) -> None:
    labels = label_folder / "labels.jsonl"
    before = labels.read_bytes()
    assert framing("evaluate", folder, label_folder, "-o", labels).exit_code == 1
    assert labels.read_bytes() == before


def test_a_full_folder_is_refused_before_training(label_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    result = framing("train", label_folder, "-o", tmp_path)
    assert result.exit_code == 1
    assert "training on" not in result.stderr


def test_cross_validation_needs_no_model(label_folder: Path) -> None:
    result = framing("evaluate", "--folds", 3, label_folder)
    assert result.exit_code == 0
    assert "macro" in result.stdout


def test_check_lists_problems_and_exits_with_one(label_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "labels.jsonl"
    path.write_text('{"text": "A gale.", "lang": "en", "frames": ["strom"]}\n', encoding="utf-8")
    result = framing("check", path, "-c", label_folder)
    assert result.exit_code == 1
    assert "did you mean 'storm'" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["score"], 2, "Missing argument"),
        (["score", "/no/such/file.txt"], 1, "no such file"),
        (["score", "-m", "/no/model", "-"], 1, "no model here"),
        (["train", "/no/labels", "-o", "/tmp/x"], 1, "no codebook here"),
        (["evaluate", "x"], 2, "expected MODEL LABELS"),
        (["evaluate", "default", "/no/labels"], 1, "cannot be read"),
        (["nonsense"], 2, "No such command"),
    ],
)
def test_misuse_and_refusal_are_told_apart(arguments: list[str], code: int, message: str) -> None:
    result = framing(*arguments)
    assert result.exit_code == code
    assert message in result.stderr
    assert "Traceback" not in result.output
