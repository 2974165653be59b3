from __future__ import annotations

import re
import subprocess
import sys

import pytest

import classifier

from .conftest import ROOT, run_python


def test_every_public_name_can_be_loaded() -> None:
    for name in classifier.__all__:
        assert getattr(classifier, name) is not None
    assert set(classifier.__all__) <= set(dir(classifier))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = classifier.nonsense


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, classifier, classifier.cli; print(*sys.modules)"
    loaded = set(run_python(code).stdout.split())
    heavy = {"torch", "transformers", "datasets", "sklearn", "scipy", "numpy", "pyarrow", "numba"}
    assert not loaded & heavy


def test_scoring_loads_neither_training_libraries_nor_torch() -> None:
    code = (
        "import sys; from classifier import *; "
        "list(score_articles(load_model(), [Article('The bakery opens at seven.', lang='en')])); "
        "print(*sys.modules)"
    )
    result = run_python(code)
    assert result.returncode == 0, result.stderr
    assert not set(result.stdout.split()) & {"torch", "transformers", "datasets", "sklearn"}


def test_the_datasets_folder_does_not_shadow_the_library() -> None:
    assert not list((ROOT / "datasets").rglob("__init__.py"))


@pytest.mark.parametrize("word", ["pickle", "joblib", "dill", "trust_remote_code"])
def test_nothing_saved_or_loaded_can_execute(word: str) -> None:
    for path in (ROOT / "classifier").rglob("*.py"):
        code = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert not re.search(rf"\b{word}\b", code), path


def test_only_the_command_line_prints_or_exits() -> None:
    for path in (ROOT / "classifier").rglob("*.py"):
        if path.parent.name != "cli" and path.name != "__main__.py":
            code = re.sub(r'""".*?"""', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
            assert not re.search(r"\bprint\(|sys\.exit|raise SystemExit", code), path


def test_layers_are_kept() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as m; m()"]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout


def test_one_file_imports_torch_and_transformers() -> None:
    pattern = re.compile(r"^\s*(import|from) (torch|transformers)\b", flags=re.MULTILINE)
    found = [
        path.name
        for path in (ROOT / "classifier").rglob("*.py")
        if pattern.search(path.read_text(encoding="utf-8"))
    ]
    assert found == ["transformer.py"]


def test_a_missing_extra_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from classifier.encoders.transformer import torch_library
    from classifier.errors import MissingExtraError

    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(
        MissingExtraError, match=r"pip install 'framing-classifier\[transformers\]'"
    ):
        torch_library()
