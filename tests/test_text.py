from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from classifier.text.article import Article
from classifier.text.language import detect_language
from classifier.text.normal import normal_words
from classifier.text.sentences import split


def texts(text: str, lang: str) -> list[str]:
    return [sentence.text for sentence in split(Article(text, lang=lang))]


@given(st.text(max_size=300), st.sampled_from(["de", "en", "zh", "ru", "xx"]))
@example("0\x850", "de")  # a line break that sentencex does not know
def test_offsets_cut_out_exactly_the_sentence(text: str, lang: str) -> None:
    article = Article(text, lang=lang)
    end = 0
    for sentence in split(article):
        assert article.text[sentence.start : sentence.end] == sentence.text
        assert sentence.start >= end
        end = sentence.end


@given(st.text(alphabet=" .!?„“»«\"'\n20.JahrestagesAe。」", max_size=120))
def test_splitting_loses_no_letter(text: str) -> None:
    kept = "".join(texts(text, "de"))
    assert [c for c in kept if c.isalnum()] == [c for c in text if c.isalnum()]


def test_a_german_ordinal_does_not_end_a_sentence() -> None:
    text = "Er sprach anlässlich des 20. Jahrestages des Vertrages. Danach ging er."
    assert texts(text, "de") == [
        "Er sprach anlässlich des 20. Jahrestages des Vertrages.",
        "Danach ging er.",
    ]


def test_a_long_quotation_is_split_inside() -> None:
    first = "„Unser Dorf hat in diesem Jahr so viele Kirschen geerntet wie selten zuvor."
    second = "Leider fehlten uns im August die Leute, die beim Pflücken helfen wollten."
    third = "Im nächsten Sommer laden wir deshalb alle Vereine der Umgebung dazu ein.“"
    assert texts(f"{first} {second} {third}", "de") == [first, second, third]


def test_a_chinese_quotation_is_split_inside() -> None:
    sentence = "双方应当继续加强在各个领域的务实合作并且不断深化两国人民之间的相互了解和友谊"
    text = f"“{sentence}。{sentence}。{sentence}。{sentence}。{sentence}。”"
    assert len(texts(text, "zh")) == 5


def test_a_line_wrapped_in_mid_sentence_goes_on() -> None:
    assert len(texts("The minister went\nhome early. He slept.", "en")) == 2


def test_a_headline_without_a_full_stop_is_a_sentence_of_its_own() -> None:
    assert texts("Talks resume\n\nThe two sides met.", "en") == [
        "Talks resume",
        "The two sides met.",
    ]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Die Minister haben über die Zusammenarbeit beider Länder beraten.", "de"),
        ("The ministers have discussed the cooperation of both countries.", "en"),
        ("两国外长就双边合作交换了意见。", "zh"),
        ("兩國外長就雙邊合作交換了意見。", "zh"),
        ("Министры обсудили сотрудничество между двумя странами.", "ru"),
        ("Los ministros hablaron sobre la cooperación entre los dos países.", "es"),
        ("Les ministres ont parlé de la coopération entre les deux pays.", "fr"),
        ("外相は両国の協力について話し合いました。", "ja"),
        ("장관들은 양국 협력에 대해 논의했다.", "ko"),
        ("123 – 456", None),
    ],
)
def test_languages_are_told_apart(text: str, lang: str | None) -> None:
    assert detect_language(text) == lang


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("„Kalter Krieg“", '"kalter krieg"'),
        ("Kalter-Krieg", "kalter krieg"),
        ("人類命運共同體", "人类命运共同体"),
        ("ещё", "еще"),
        ("ﬁnal", "final"),
        ("co\u00adoperation", "cooperation"),
        ("U.S.", "US"),
        ("ｗｉｎ", "win"),
    ],
)
def test_variants_share_one_normal_form(one: str, other: str) -> None:
    assert normal_words(one) == normal_words(other)


@given(st.text(max_size=200))
def test_the_normal_form_never_fails(text: str) -> None:
    for word in normal_words(text):
        assert word
        assert " " not in word
