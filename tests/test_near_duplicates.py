"""Texts that are nearly the same find each other, and nobody else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.codebook import Codebook
from classifier.labels.checks import check_labels
from classifier.text.near_duplicates import SIZE, clusters, signature, signatures, similarity

from .conftest import NAMES, PLACES, write_label_set

WIRE = " ".join(
    f"{name} told the council in {place} that the bridge would open before the {n}th of May."
    for n, (name, place) in enumerate(zip(NAMES, PLACES * 2, strict=True), 4)
)
OTHER = " ".join(f"{n} bakers of {place} sold bread at dawn." for n, place in enumerate(PLACES * 4))
CHINESE = "委员会将于下月第二个星期四再次开会讨论港口扩建问题并听取居民意见。市长说预算已经批准。"


def test_an_edited_copy_joins_its_original() -> None:
    copy = "(Agency) " + WIRE.replace("Dora", "Mrs Dora") + " Reporting by our staff."
    found = clusters(signatures([OTHER, WIRE, copy]))
    assert found.tolist() == [0, 1, 1]


def test_case_punctuation_and_quotation_marks_do_not_matter() -> None:
    printed = "“THE BRIDGE”, he said — will open; soon…"
    assert (signature(printed) == signature("The bridge he said will open soon")).all()


def test_decomposed_letters_and_soft_hyphens_do_not_matter() -> None:
    assert (signature("Brücken wäh\u00adlen wir") == signature("Bru\u0308cken wählen wir")).all()


def test_chinese_characters_are_words_in_either_script() -> None:
    traditional = CHINESE.replace("委员会将于", "委員會將於").replace("讨论", "討論")
    other = "天气预报说明天有雨请大家出门带伞注意安全。"
    assert clusters(signatures([CHINESE, other, traditional, CHINESE[:-8]])).tolist() == [
        0,
        1,
        0,
        0,
    ]


def test_similarity_is_the_share_of_common_runs() -> None:
    words = [f"w{n}" for n in range(1000)]
    both = signatures([" ".join(words[:800]), " ".join(words[200:])], 1)
    (estimate,) = similarity(both, np.array([[0, 1]]))
    assert estimate == pytest.approx(600 / 1000, abs=0.13)


def test_texts_without_a_word_stay_alone() -> None:
    assert clusters(signatures(["", "…", "***"])).tolist() == [0, 1, 2]


def test_no_text_is_no_cluster() -> None:
    assert signatures([]).shape == (0, SIZE)
    assert clusters(signatures([])).tolist() == []


def test_a_signature_is_the_same_on_every_machine() -> None:
    assert signature(WIRE)[:4].tolist() == [1207375232, 586917716, 1044861208, 2776900057]


def test_who_is_nearest_does_not_depend_on_the_order() -> None:
    texts = [WIRE, OTHER, WIRE + " Once more.", OTHER.upper(), CHINESE]
    found = clusters(signatures(texts))
    back = clusters(signatures(texts[::-1]))[::-1]
    assert (found[:, None] == found).tolist() == (back[:, None] == back).tolist()


@given(st.lists(st.text(), max_size=6), st.integers(1, 6))
def test_any_text_is_signed_as_alone_and_joins_itself(texts: list[str], words: int) -> None:
    together = signatures(texts + texts, words)
    assert all(
        (row == signature(text, words)).all() for row, text in zip(together, texts, strict=False)
    )
    found = clusters(together)
    has_words = (together != 0xFFFFFFFF).any(axis=1)
    half = len(texts)
    assert (found[:half] == found[half:])[has_words[:half]].all()


LONG = "The committee on public works will meet again on the second Thursday of next month."


def row(text: str, group: str) -> dict[str, object]:
    return {"id": group, "text": text, "lang": "en", "frames": [], "group": group, "kind": "plain"}


def test_a_near_duplicate_in_the_test_set_is_a_leak(tmp_path: Path, codebook: Codebook) -> None:
    ours = write_label_set(tmp_path / "ours", [row(LONG, "a"), row("The ferry is late.", "b")])
    test = write_label_set(
        tmp_path / "test", [row("Bread is dear.", "c"), row(LONG.replace("second", "third"), "d")]
    )
    found = [p for p in check_labels(ours, codebook, test) if p.kind == "two-sides"]
    assert [
        (p.where.rpartition(":")[2], "test:2" in p.message.replace("/labels.jsonl", ""))
        for p in found
    ] == [("1", True)]
    assert "nearly" in found[0].message
