from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.cues import parse_cue, parse_lists
from classifier.encoders import cue_matcher
from classifier.encoders.cue_matcher import OVERLAP, WINDOW, CueMatcher
from classifier.encoders.tokens import tokenise
from classifier.errors import CodebookError

LISTS = {"disease": "virus*|pandemi*", "ill": "$disease|flu"}


def stands(cue: str, sentence: str) -> bool:
    return found([cue], sentence) == [0]


def found(cues: list[str], sentence: str) -> list[int]:
    lists = parse_lists(LISTS)
    matcher = CueMatcher([parse_cue(cue, lists) for cue in cues])
    return sorted(matcher.find(tokenise([sentence]), np.array([0]))[1])


@pytest.mark.parametrize(
    ("cue", "sentence"),
    [
        ("internal affairs", "their INTERNAL affairs"),
        ("interfer* … internal affairs", "They interfered in China's internal affairs."),
        ("*politik*", "die Geopolitiker"),
        ("weltgesundheits*organisation", "der Weltgesundheitsnotorganisation"),
        ("$disease & politici*", "Politicised it was, this pandemic"),
        ("$ill", "the flu"),
        ("cold war !era", "a Cold War bunker"),
        ("win-win", "a win–win situation"),
        ("l'ingérence", "contre l’ingérence étrangère"),
        ('"wuhan virus', "He called it the „Wuhan virus“."),
        ("political virus", 'a political "virus"'),
        ("US … sanction*", "the U.S. and its new sanctions"),
        ("a ~1 b", "b x a"),
        ("very (very)? cold", "very cold"),
        ("a b|c", "c"),
        ("干涉…4内政", "干涉香港的内政"),
        ("命运共同体", "構建人類命運共同體"),
        ("холодн* войн*", "Новая холо́дная война"),
        ("еще", "ещё"),
        ("? sanction*", "sanctions"),
        ("(cold war|zero sum game*) thinking", "their zero-sum games thinking"),
        ("war & (iron curtain|two camps)", "war" + " and so on" * 30 + " between two camps"),
    ],
)
def test_a_cue_stands_in_a_sentence(cue: str, sentence: str) -> None:
    assert stands(cue, sentence)


@pytest.mark.parametrize(
    ("cue", "sentence"),
    [
        ("internal affairs", "internal and other affairs"),
        ("a …1 b", "a x y b"),
        ("a … b", "b a"),
        ("cold war !era", "a Cold War-era bunker"),
        ("$disease & !politici*", "the pandemic was politicised"),
        ('"wuhan virus', "the Wuhan virus"),
        ("US … sanction*", "for us a sanction"),
        ("a ~1 b", "b x y a"),
        ("interfer*", "noninterference"),
        ("*politik", "politiker"),
        ("干涉…2内政", "干涉香港特区的内政"),
    ],
)
def test_a_cue_does_not_stand_in_a_sentence(cue: str, sentence: str) -> None:
    assert not stands(cue, sentence)


@pytest.mark.parametrize(
    ("cue", "place"),
    [
        ("(a|b", "character 5: expected '\\)'"),
        ("a & ", "character 5: expected a word"),
        ("* b", "character 1: '\\*' needs letters"),
        ("$nope", "no word list named 'nope'"),
        ("a | | b", "character 5"),
        ("!a", "needs something that must stand"),
        ("a ) b", "character 3"),
    ],
)
def test_a_broken_cue_is_refused_with_its_place(cue: str, place: str) -> None:
    with pytest.raises(CodebookError, match=place):
        parse_cue(cue, parse_lists(LISTS))


def test_a_cue_without_letters_is_refused() -> None:
    with pytest.raises(CodebookError, match="holds no letter"):
        CueMatcher([parse_cue("^")])


def test_a_list_may_only_use_lists_above_it() -> None:
    with pytest.raises(CodebookError, match="no word list named 'later'"):
        parse_lists({"first": "$later", "later": "a"})


WORD = st.sampled_from(["a", "b", "c", "内", "政"])


def by_hand(words: list[str], first: str, second: str, gap: int) -> bool:
    return any(
        words[i] == first and second in words[i + 1 : i + 2 + gap] for i in range(len(words))
    )


@given(st.lists(WORD, max_size=12), WORD, WORD, st.integers(0, 12))
def test_a_gap_means_at_most_so_many_words(
    words: list[str], first: str, second: str, gap: int
) -> None:
    cue = f"{first} …{gap} {second}"
    assert stands(cue, " ".join(words)) == by_hand(words, first, second, gap)


@given(st.lists(WORD, max_size=8), st.lists(WORD, min_size=1, max_size=4))
def test_many_cues_find_what_each_finds_alone(words: list[str], cue_words: list[str]) -> None:
    cues = [*cue_words, " ".join(cue_words), " & ".join(cue_words), "|".join(cue_words)]
    sentence = " ".join(words)
    assert found(cues, sentence) == [i for i, cue in enumerate(cues) if stands(cue, sentence)]


@given(st.integers(0, WINDOW), st.integers(0, 6))
def test_a_cue_is_found_anywhere_in_a_very_long_sentence(before: int, between: int) -> None:
    sentence = "x " * (before + WINDOW - OVERLAP // 2) + "a " + "y " * between + "b " + "z " * 70
    assert stands("a … b", sentence)


def test_a_cue_that_could_stand_anywhere_is_refused() -> None:
    with pytest.raises(CodebookError, match="needs a word that must not be missing"):
        CueMatcher([parse_cue("(the)?")])


def test_forgetting_words_for_want_of_room_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    lists = parse_lists(LISTS)
    cues = [parse_cue(cue, lists) for cue in ("a … b", "virus* & politici*", "c|$ill", "内政")]
    words = ["a", "b", "virus", "politicised", "c", "flu", "内政", "x", "viruses"]
    sentences = [" ".join(words[i % 9 :: 1 + i % 3]) for i in range(60)]
    tokens, rows = tokenise(sentences), np.arange(60)
    found = CueMatcher(cues).find(tokens, rows)
    monkeypatch.setattr(cue_matcher, "_ROOM", 8)
    again = CueMatcher(cues).find(tokens, rows)
    assert sorted(zip(*found, strict=True)) == sorted(zip(*again, strict=True))
    assert len(found[0]) > 60
