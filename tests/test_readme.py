"""What the README shows works as it stands there."""

from __future__ import annotations

import re
import shlex

import pytest
from click.testing import CliRunner

from classifier.cli import main

from .conftest import ROOT, run_python

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_python_example_runs() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    code = code.replace('"datasets/articles"', repr(str(ROOT / "datasets" / "articles")))
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    assert "historic_partnership" in result.stdout


def test_the_output_shown_is_the_output_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    shown = re.findall(r"```text\n(.*?)```", README, flags=re.DOTALL)[0]
    result = CliRunner().invoke(main, ["score", "datasets/articles"])
    given = {line.rstrip() for line in result.stdout.splitlines()}
    assert [line for line in shown.splitlines() if line not in given] == []


def test_the_label_set_shown_can_be_read() -> None:
    import json
    import tomllib

    from classifier.codebook import codebook_from_dict

    (toml,) = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
    (line,) = re.findall(r"```json\n(.*?)```", README, flags=re.DOTALL)
    codebook = codebook_from_dict(tomllib.loads(toml))
    assert set(json.loads(line)["frames"]) <= set(codebook.frame_names)


def test_every_option_shown_exists() -> None:
    for line in re.findall(r"^    (framing .*?)(?:\s+#.*)?$", README, flags=re.MULTILINE):
        _, command, *arguments = shlex.split(line)
        known = {name for parameter in main.commands[command].params for name in parameter.opts}
        assert {word for word in arguments if word.startswith("-")} <= known, line


def test_every_cue_shown_can_be_parsed() -> None:
    from classifier.cues import parse_cue, parse_lists

    lists = parse_lists({"turbine": "turbine*"})
    table = README.partition("| cue | finds |")[2].partition("\n\n")[0]
    cues = [
        cue
        for cell in re.findall(r"^\| (`.*?) \|", table, re.M)
        for cue in re.findall(r"`([^`]+)`", cell)
    ]
    assert len(cues) >= 12
    for cue in cues:
        parse_cue(cue.replace("\\|", "|"), lists)
