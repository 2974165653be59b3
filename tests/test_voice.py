"""Who speaks: own examples per language and construction, and the published sentences."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from classifier import Sentence, SentenceVoice, voices
from classifier.text.sentences import split_text
from classifier.text.speech.speech_words import speech_words, spell_out
from classifier.text.voice import VOICES, find_speakers, hear_article

from .conftest import ROOT

LANGS = ("de", "en", "zh", "ru", "es", "fr")


def heard(text: str, lang: str) -> list[SentenceVoice]:
    return voices(text, list(split_text(text, lang)), lang)


def letters(text: str, lang: str) -> str:
    return "".join(voice.voice[0] for voice in heard(text, lang))


# a author, r reported, q quoted
CASES = [
    ("en", "The bakery opens at seven.", "a"),
    ("en", "The minister said that the harbour would stay open.", "r"),
    ("en", "“We will keep the harbour open for everybody,” the minister said.", "q"),
    ("en", "The minister said: “We will keep the harbour open for everybody.”", "q"),
    ("en", 'The harbour is safe, Ada Bruno said. "It has always been safe for our ships."', "rq"),
    ("en", "According to the harbour office, the fleet is growing.", "r"),
    ("en", "The so-called “harbour war” goes on in the north of the town.", "a"),
    ("en", "She said the so-called “harbour war” would go on in the north.", "r"),
    ("en", "As I said before, the harbour needs a new wall.", "a"),
    ("en", "The ministers’ visit to the town’s harbour was short.", "a"),
    ("en", "Ada Bruno added:\nThe wall will be built this year.\n\nThe town is small.", "aqa"),
    ("de", "Der Hafen wurde 1890 gebaut.", "a"),
    ("de", "Der Bürgermeister sagte, dass der Hafen offen bleibt.", "r"),
    ("de", "„Wir halten den Hafen für alle offen“, sagte der Bürgermeister.", "q"),
    ("de", "»Wir halten den Hafen für alle offen«, sagte der Bürgermeister.", "q"),
    ("de", "Der Hafen sei sicher und müsse offen bleiben.", "r"),
    ("de", "Laut Hafenamt wächst die Flotte.", "r"),
    ("de", "Dem Hafenamt zufolge wächst die Flotte.", "r"),
    ("de", "Der Bürgermeister wies die Vorwürfe der Fischer zurück.", "r"),
    ("de", "Ich habe den Hafen gesehen und werde ihn nicht vergessen.", "a"),
    ("de", "Das ist, es sei denn es regnet, ein schöner Ort.", "a"),
    ("fr", "Le port a été construit en 1890.", "a"),
    ("fr", "Le maire a déclaré que le port resterait ouvert.", "r"),
    ("fr", "« Nous garderons le port ouvert à tous », a déclaré le maire.", "q"),
    ("fr", "Selon le maire, la flotte grandit.", "r"),
    ("fr", "D'après le bureau du port, la flotte grandit.", "r"),
    ("fr", "D’après le bureau du port, la flotte grandit.", "r"),
    ("es", "El puerto fue construido en 1890.", "a"),
    ("es", "El alcalde dijo que el puerto seguiría abierto.", "r"),
    ("es", "«Mantendremos el puerto abierto para todos», afirmó el alcalde.", "q"),
    ("es", "Según el alcalde, la flota crece.", "r"),
    ("es", "El puerto seguirá abierto, aseguró el alcalde.", "r"),
    ("ru", "Порт был построен в 1890 году.", "a"),
    ("ru", "Мэр заявил, что порт останется открытым.", "r"),
    ("ru", "«Мы оставим порт открытым для всех», — сказал мэр.", "q"),
    ("ru", "По словам мэра, флот растёт.", "r"),
    ("ru", "По мнению экспертов, флот растет.", "r"),
    ("ru", "- Мы оставим порт открытым для всех. Приходите к нам в гости, - сказал мэр.", "qq"),
    ("zh", "这个港口建于一八九零年。", "a"),
    ("zh", "市长表示，港口将继续开放。", "r"),
    ("zh", "市长说：“我们将让港口继续向所有人开放。”", "q"),
    ("zh", "市長說：「我們將讓港口繼續向所有人開放。」", "q"),
    ("zh", "市長說：『我們將讓港口繼續向所有人開放。』", "q"),
    ("zh", "据港务局介绍，船队正在扩大。", "r"),
    ("zh", "王海强调，港口要开放。要加强管理，保障安全。", "rr"),
    ("zh", "王海强调，港口要开放。会谈结束后双方签署了文件。", "ra"),
    ("zh", "这本小说说明港口很重要。", "a"),
]


@pytest.mark.parametrize(("lang", "text", "expected"), CASES)
def test_the_voice_follows_the_construction(lang: str, text: str, expected: str) -> None:
    assert letters(text, lang) == expected


def test_a_quotation_runs_over_sentences() -> None:
    text = (
        "“The wall of our harbour is old and it is grey. It was built by our fathers in a long "
        "and cold winter. It must stay where it is for our children and for theirs as well,” "
        "Ada Bruno said on Monday in the town hall. It rained."
    )
    assert letters(text, "en") == "qqqa"


def test_a_quotation_runs_over_paragraphs_that_repeat_the_opening_mark() -> None:
    text = (
        "“The wall is old and grey.\n\n“It was built by our fathers,” Ada Bruno said.\n\nIt rained."
    )
    assert letters(text, "en") == "qqa"


@pytest.mark.parametrize(
    ("lang", "mark"), [("en", "“"), ("de", "„"), ("fr", "« "), ("zh", "「"), ("en", '"')]
)
def test_a_quotation_that_never_closes_swallows_one_sentence(lang: str, mark: str) -> None:
    first = "那面旧墙还会留在这里。" if lang == "zh" else "The old grey wall will stay here."
    assert letters(mark + first + "\n" + "\n".join([first] * 3), lang) == "qaaa"


def test_a_mark_that_closes_nothing_takes_its_own_sentence() -> None:
    assert letters("It rained. The wall will stay where it is”, Ada Bruno said.", "en") == "aq"


TRANSCRIPT = (
    "The press met on Monday.\nQ: Will the wall stay?\nMS. BRUNO: It will.\n"
    "It was built by our fathers."
)


def test_what_stands_under_a_label_is_quoted_until_the_next() -> None:
    assert letters(TRANSCRIPT, "en") == "aqqq"
    assert [v.speaker.name if v.speaker else None for v in heard(TRANSCRIPT, "en")] == [
        None, None, "BRUNO", "BRUNO",
    ]  # fmt: skip


def test_chinese_questions_and_answers_are_quoted() -> None:
    assert letters("问：墙会留下吗？\n答：会的。\n这是父辈建的。", "zh") == "qqq"


def test_a_headline_with_a_speaker_and_a_colon_is_reported() -> None:
    text = "Minister Bruno: harbour must stay open\nThe harbour was built in 1890."
    assert letters(text, "en") == "ra"


def test_an_opinion_piece_is_the_author_s() -> None:
    text = "We need a new wall. I think that the town should build it. The sea is rising."
    assert letters(text, "en") == "aaa"


SPEAKERS = [
    ("en", "Mayor Ada Bruno said that the wall will stay.", "Ada Bruno"),
    ("en", "“The wall will stay for another year,” said Ada Bruno, the mayor.", "Ada Bruno"),
    ("en", "Ada Bruno, the mayor of the town, said the wall will stay.", "Ada Bruno"),
    ("en", "According to Ada Bruno, the wall will stay.", "Ada Bruno"),
    ("en", "A spokesman said that the wall will stay.", "spokesman"),
    ("de", "Bürgermeisterin Ada Bruno sagte, die Mauer bleibe stehen.", "Ada Bruno"),
    ("de", "„Die Mauer wird noch lange stehen“, sagte Außenminister Emil Bruno.", "Emil Bruno"),
    ("de", "Laut Ada Bruno bleibt die Mauer stehen.", "Ada Bruno"),
    ("fr", "« Le mur restera encore longtemps », a déclaré Ada Bruno.", "Ada Bruno"),
    ("fr", "Selon Ada Bruno, le mur restera.", "Ada Bruno"),
    ("es", "El presidente Emilio Bruno dijo que el muro se quedará.", "Emilio Bruno"),
    ("es", "El muro se quedará, aseguró Ada Bruno.", "Ada Bruno"),
    ("ru", "Министр Сергей Волков заявил, что стена останется.", "Сергей Волков"),
    ("ru", "«Стена останется ещё надолго», — сказал Сергей Волков.", "Сергей Волков"),
    ("ru", "По словам Волкова, стена останется.", "Волкова"),
    ("zh", "外交部发言人王海表示，墙会留下。", "王海"),
    ("zh", "王海主席指出，墙会留下。", "王海"),
    ("zh", "比利时发言人布德温·卡特里说，墙会留下。", "布德温·卡特里"),
    ("zh", "外交部發言人王海在記者會上表示，牆會留下。", "王海"),
]


@pytest.mark.parametrize(("lang", "text", "name"), SPEAKERS)
def test_the_speaker_is_the_name_as_it_stands(lang: str, text: str, name: str) -> None:
    speaker = heard(text, lang)[0].speaker
    assert speaker is not None
    assert speaker.name == name
    assert text[speaker.start : speaker.end] == name


RESOLVED = [
    ("en", "Ada Bruno said the wall will stay. She added that it is safe.", "Ada Bruno"),
    ("en", "Mayor Ada Bruno said the wall stays. The mayor said that it is safe.", "Ada Bruno"),
    ("de", "Ministerin Ada Bruno sagte, die Mauer bleibe. Sie sei sicher.", "Ada Bruno"),
    ("ru", "Министр Сергей Волков заявил, что стена стоит. Он отметил, что она нужна.", "Сергей Волков"),
    ("zh", "王海说，墙会留下。他表示，墙很安全。", "王海"),
    ("es", "Ada Bruno dijo que el muro se queda. Añadió que es seguro.", "Ada Bruno"),
    ("fr", "Ada Bruno a déclaré que le mur reste. Elle a ajouté qu'il est sûr.", "Ada Bruno"),
]  # fmt: skip


@pytest.mark.parametrize(("lang", "text", "name"), RESOLVED)
def test_a_pronoun_or_a_role_is_resolved_to_the_name_s_place(
    lang: str, text: str, name: str
) -> None:
    last = heard(text, lang)[-1].speaker
    assert last is not None
    assert (last.name, last.start) == (name, text.index(name))


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "It rained all day. She said that the wall is safe."),
        ("en", "Ada Bruno said the wall stays. The minister said that it is safe."),
        ("en", "Experts said that the wall is safe."),
        ("de", "Experten sagten, dass die Mauer sicher ist."),
        ("zh", "专家说，墙很安全。"),
    ],
)
def test_a_speaker_who_is_not_safe_is_left_open(lang: str, text: str) -> None:
    last = heard(text, lang)[-1]
    assert last.voice == "reported"
    assert last.speaker is None


def test_all_sentences_of_a_quotation_share_its_speaker() -> None:
    text = (
        "“The wall of our harbour is old and it is grey. It was built by our fathers in a long "
        "and cold winter. It must stay where it is for our children and for theirs as well,” "
        "Ada Bruno said on Monday in the town hall."
    )
    assert {v.speaker.name for v in heard(text, "en") if v.speaker} == {"Ada Bruno"}
    assert all(v.speaker for v in heard(text, "en"))


def test_speakers_are_looked_for_only_where_asked() -> None:
    text = "It rained. Ada Bruno said that the wall will stay."
    speech = hear_article(text, list(split_text(text, "en")), "en")
    assert speech.voices.tolist() == [0, 1]
    assert [s.name if s else None for s in find_speakers(speech, [1])] == ["Ada Bruno"]


def test_another_language_is_heard_by_its_quotation_marks() -> None:
    text = "”Muuri pysyy paikallaan vielä pitkään.” Sataa."
    assert letters(text, "fi")[-1] == "a"


def test_an_article_without_sentences_has_no_voices() -> None:
    assert voices("", [], None) == []


def test_alternatives_in_brackets_are_spelt_out() -> None:
    assert spell_out("claim(s|ed) that") == ["claims that", "claimed that"]


@pytest.mark.parametrize("lang", LANGS)
def test_every_language_has_verbs_and_sources(lang: str) -> None:
    lists = speech_words(lang).lists
    assert min(len(lists["say"]), len(lists["think"])) > 20
    assert len(lists["source"]) > 10


_PIECES = st.lists(
    st.one_of(
        st.sampled_from(
            ["“", "”", "„", "«", "»", '"', "'", "‘", "’", "「", "」", "\n", ". ", ", ", ": ", " - ", "。", "，"]
        ),
        st.sampled_from(
            ["Ada Bruno", "said", " that ", "sagte", "sei", "laut ", "заявил", "表示", "王海", "他", "he ", "Q", "MS. X"]
        ),
        st.text(max_size=8),
    ),
    max_size=40,
).map("".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(text=_PIECES, lang=st.sampled_from([*LANGS, "fi"]))
def test_any_text_has_a_voice_for_every_sentence_and_true_offsets(text: str, lang: str) -> None:
    sentences = list(split_text(text, lang))
    found = voices(text, sentences, lang)
    assert len(found) == len(sentences)
    for voice in found:
        assert voice.voice in VOICES
        if voice.voice == "author":
            assert voice.speaker is None
        if voice.speaker:
            assert voice.speaker.name
            assert text[voice.speaker.start : voice.speaker.end] == voice.speaker.name


def f1_over_voices(pairs: list[tuple[str, str]]) -> float:
    """The mean F1 of the three voices, over pairs of (found, coded)."""
    total = 0.0
    for voice in VOICES:
        both = sum(found == coded == voice for found, coded in pairs)
        either = sum((found == voice) + (coded == voice) for found, coded in pairs)
        total += 2 * both / max(1, either)
    return total / len(VOICES)


def coded_pairs(shared: Path) -> dict[str, list[tuple[str, str]]]:
    """By language (found, coded) for every coded sentence behind its context."""
    pairs = defaultdict(list)
    for line in (shared / "gold" / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        text = ""
        sentences = []
        for piece in [*row["context"], row["text"]]:
            text += " " if text else ""
            sentences.append(Sentence(piece, len(text), len(text) + len(piece)))
            text += piece
        speech = hear_article(text, sentences, row["lang"])
        pairs[row["lang"]].append((VOICES[speech.voices[-1]], row["voice"]))
    return pairs


def test_published_sentences_are_heard_as_they_were_coded(
    shared: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    by_lang = coded_pairs(shared)
    pairs = [pair for each in by_lang.values() for pair in each]
    accuracy = sum(found == coded for found, coded in pairs) / len(pairs)
    macro = f1_over_voices(pairs)
    langs = {lang: f1_over_voices(each) for lang, each in by_lang.items()}
    with capsys.disabled():
        figures = ", ".join(f"{lang} {f1:.3f}" for lang, f1 in langs.items())
        print(f"\nvoice on dev: accuracy {accuracy:.3f}, macro-F1 {macro:.3f}; {figures}")
    floors = json.loads((ROOT / "tests" / "floors.json").read_text(encoding="utf-8"))["voice"]
    assert accuracy >= floors["accuracy"]
    assert macro >= floors["macro_f1"]
    assert min(langs.values()) >= floors["worst_language"]


def test_every_real_article_has_voices_with_true_offsets(shared: Path) -> None:
    from classifier import read_articles, split

    counts: Counter[str] = Counter()
    for article in list(read_articles(shared / "articles", on_error=lambda _: None))[::7]:
        for voice in voices(article.text, split(article), article.lang):
            counts[voice.voice] += 1
            if voice.speaker:
                speaker = voice.speaker
                assert article.text[speaker.start : speaker.end] == speaker.name
    assert min(counts.values()) > 100
