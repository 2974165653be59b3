"""A page people can read: its figures are right, and nothing in an article becomes markup."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner

from classifier.cli import main
from classifier.errors import InputError
from classifier.model.frame_model import FrameModel
from classifier.model.storage import save_model
from classifier.report.dates import calendar_date, period, period_unit
from classifier.report.groups import by_outlet, by_period
from classifier.report.page import embedded, interval, page_data, percent, render_page, strongest
from classifier.report.records import ScoredArticle, read_scores
from classifier.report.report import Report, ReportOptions, make_report
from classifier.report.shares import Sums
from classifier.scoring.batch import BatchOptions, score_archive
from classifier.scoring.score import score_articles
from classifier.scoring.shards import ShardOptions
from classifier.scoring.writers import write_jsonl
from classifier.text.article import Article
from classifier.text.near_duplicates import signature
from classifier.training.evaluate import wilson_interval

from .conftest import NAMES, PLACES

FRAMES = ("storm", "bloom")
NASTY = (
    "<script>alert(1)</script></script><img src=x onerror=alert(2)>{{ 7*7 }}<!--\u2028\u2029\"'&"
)


def evidence(
    text: str, *frames: str, start: int = 0, chance: float = 0.9, **more: Any
) -> dict[str, Any]:
    chances = {name: chance if name in frames else 0.01 for name in FRAMES}
    place = {"start": start, "end": start + len(text), "text": text, "frames": list(frames)}
    return place | {"probabilities": chances, "unsure": False} | more


def record(
    name: str, rows: list[dict[str, Any]], sentences: int = 4, **about: Any
) -> dict[str, Any]:
    flagged = {frame: sum(frame in row["frames"] for row in rows) for frame in FRAMES}
    base = {"id": name, "origin": f"{name}.txt", "title": f"Title {name}", "date": "2021-03-05"}
    base |= {"outlet": "Post", "lang": "en", "sha256": name, "sentences": sentences, "unsure": 0}
    base |= {"model": {"name": "tiny", "version": "1"}} | about
    figures = {
        frame: {
            "peak": max((row["probabilities"][frame] for row in rows), default=0.0),
            "expected": 0.1,
            "flagged": count,
            "share": count / sentences if sentences else 0.0,
        }
        for frame, count in flagged.items()
    }
    return base | {"frames": figures, "evidence": rows}


def write(path: Path, *records: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(r) + "\n" for r in records), encoding="utf-8")
    return path


def report_of(tmp_path: Path, *records: dict[str, Any], **options: Any) -> Report:
    return make_report([write(tmp_path / "scores.jsonl", *records)], ReportOptions(**options))


@pytest.fixture
def few(tmp_path: Path) -> Report:
    return report_of(
        tmp_path,
        record("a", [evidence("A storm.", "storm"), evidence("A gale.", "storm", start=9)]),
        record("b", [evidence("Roses.", "bloom")], outlet="Gazette", date="2021-04"),
        record("c", [], sentences=2, date="2020-12-31"),
        record("d", [], sentences=10, unsure=4, date="someday", lang="de"),
    )


def test_shares_count_articles_and_judged_sentences(few: Report) -> None:
    whole = few.tally.whole
    storm = whole.of_articles(0)
    assert (storm.hits, storm.of) == (1, 4)
    assert storm.interval == wilson_interval(1, 4)
    sentences = whole.of_sentences(0, whole)
    assert (sentences.hits, sentences.of) == (2, 16)
    assert (few.tally.framed, few.tally.flagged, few.tally.unsure) == (2, 3, 4)


def test_wilsons_interval_is_scipys() -> None:
    from scipy.stats import binomtest

    for hits, of in ((0, 5), (1, 7), (5, 5), (40, 1657)):
        known = binomtest(hits, of).proportion_ci(method="wilson")
        assert wilson_interval(hits, of) == pytest.approx((known.low, known.high))
    assert wilson_interval(0, 0) == (0.0, 1.0)


def sums(*articles: tuple[int, int]) -> Sums:
    total = Sums(1)
    for sentences, flagged in articles:
        total.add(sentences, np.array([flagged]))
    return total


def test_sentences_that_cluster_in_articles_widen_the_interval() -> None:
    spread = sums(*[(10, 1)] * 20)
    lumped = sums(*[(10, 10)] * 2, *[(10, 0)] * 18)
    assert spread.design_effect(0) == 1
    # Every sentence of an article is like the others: ten count as one, times n / (n - 1).
    assert lumped.design_effect(0) == pytest.approx(10 * 20 / 19)
    assert lumped.of_sentences(0, lumped).value == spread.of_sentences(0, spread).value == 0.1
    effective = 200 / (10 * 20 / 19)
    assert lumped.of_sentences(0, lumped).interval == wilson_interval(0.1 * effective, effective)


def test_the_interval_of_sentences_agrees_with_a_cluster_bootstrap() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(5, 40, 400)
    flagged = rng.binomial(sizes, rng.beta(0.3, 6, 400))
    total = sums(*zip(sizes.tolist(), flagged.tolist(), strict=True))
    draws = rng.integers(0, 400, (4000, 400))
    shares = flagged[draws].sum(axis=1) / sizes[draws].sum(axis=1)
    low, high = total.of_sentences(0, total).interval
    assert (low, high) == pytest.approx(np.quantile(shares, [0.025, 0.975]), rel=0.08)


def test_a_group_with_hardly_a_flag_borrows_the_design_effect_of_all() -> None:
    whole = sums(*[(10, 10)] * 2, *[(10, 0)] * 18)
    small = sums((10, 0), (10, 0))
    effect = whole.design_effect(0)
    assert small.of_sentences(0, whole).interval == wilson_interval(0, 20 / effect)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2021-03-05", "2021-03-05"),
        ("2021-3-5T10:00:00Z", "2021-03-05"),
        ("2021/12", "2021-12"),
        ("2021", "2021"),
        ("2020年5月3日", "2020-05-03"),
        ("5 marzo 2021", "2021-03-05"),
        ("12 января 2021", "2021-01-12"),
        ("May 2014", "2014-05"),
        ("2020-2021", None),
        ("2021-13-01", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_dates_are_read_as_exactly_as_they_are_told(text: str | None, date: str | None) -> None:
    assert calendar_date(text) == date


def test_periods_are_as_fine_as_forty_of_them_allow() -> None:
    days = [f"2021-03-{day:02}" for day in range(1, 31)]
    years = [f"{year}-{month:02}-01" for year in range(2000, 2021) for month in (1, 6)]
    assert period_unit(days) == "day"
    assert period_unit([f"{year}-{m:02}" for year in (2020, 2021) for m in range(1, 13)]) == "month"
    assert period_unit(years) == "year"
    assert [period("2021-05-07", unit) for unit in ("day", "month", "quarter", "year")] == [
        "2021-05-07",
        "2021-05",
        "2021-Q2",
        "2021",
    ]
    assert period("2021", "month") is None


def test_groups_by_time_leave_out_and_count_what_has_no_date(few: Report) -> None:
    unit, groups, undated = by_period(few)
    assert (unit, [g.name for g in groups], undated) == ("day", ["2020-12-31", "2021-03-05"], 2)


def test_small_outlets_are_gathered_in_one_row(tmp_path: Path) -> None:
    records = [record(f"{n}-{i}", [], outlet=f"o{n:02}") for n in range(20) for i in range(n + 1)]
    groups = by_outlet(report_of(tmp_path, *records, record("none", [], outlet=None)))
    assert [g.name for g in groups[:2]] == ["o19", "o18"]
    assert [(g.name, g.articles) for g in groups[-2:]] == [
        ("5 other outlets", 15),
        ("no outlet named", 1),
    ]


def test_what_spoke_for_a_frame_is_read_from_files_and_folders(
    model: FrameModel, tmp_path: Path
) -> None:
    article = Article("A storm hit the town.", id="a", lang="en")
    (score,) = score_articles(model, [article], explain=True)
    (tmp_path / "s.jsonl").write_text(json.dumps(score.to_dict()), encoding="utf-8")
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": article.text, "lang": "en"}))
    (flagged,) = score.evidence
    assert flagged.explanation is not None
    told = [(term["text"], term["weight"]) for term in flagged.explanation["storm"]["terms"]]
    save_model(model, tmp_path / "model")
    options = BatchOptions(ShardOptions(explain=True))
    score_archive(
        [tmp_path / "a.jsonl"], tmp_path / "s", model=tmp_path / "model", options=options, workers=1
    )
    for source in ("s.jsonl", "s"):
        (read,) = read_scores([tmp_path / source])
        terms = read.flagged[0].explanation["storm"]["terms"]
        assert [(term["text"], term["weight"]) for term in terms] == told


def test_voices_and_speakers_are_counted_by_frame(tmp_path: Path) -> None:
    rows = [
        evidence("A.", "storm", voice="quoted", speaker={"name": "Ada  B", "start": 0, "end": 3}),
        evidence("B.", "storm", "bloom", voice="author", speaker=None, start=3),
        evidence("C.", "bloom", start=6),
    ]
    tally = report_of(tmp_path, record("a", rows)).tally
    assert tally.voices == {
        ("storm", "quoted"): 1,
        ("storm", "author"): 1,
        ("bloom", "author"): 1,
        ("bloom", "not told"): 1,
    }
    assert tally.speakers == {"Ada B": 1}


def story(n: int) -> str:
    names, places = NAMES[n:] + NAMES[:n], PLACES * 2
    return " ".join(f"{a} of {b} saw item {n}." for a, b in zip(names, places, strict=True))


def test_copies_are_counted_as_readings_and_as_one_text(tmp_path: Path) -> None:
    texts = [story(0), story(0) + " By our staff.", story(3), story(5)]
    records = [
        record(f"{n}", [evidence(text, "storm")], sentences=1) for n, text in enumerate(texts)
    ]
    copies = report_of(tmp_path, *records).copies
    assert copies.told
    assert (copies.texts, copies.framed) == (3, {"storm": 3, "bloom": 0})
    assert [(c.readings, c.title) for c in copies.largest] == [(2, "Title 0")]


def test_without_whole_texts_only_exact_copies_are_told(tmp_path: Path) -> None:
    rows = [evidence(story(0), "storm")]
    report = report_of(tmp_path, *[record(n, rows, sha256=n[0]) for n in ("a1", "a2", "b")])
    assert not report.copies.told
    assert report.copies.texts == 2


def test_the_sample_does_not_depend_on_the_order(tmp_path: Path) -> None:
    records = [record(f"{n}", []) for n in range(50)]
    one = report_of(tmp_path, *records, articles=8)
    other = report_of(tmp_path, *records[::-1], articles=8)
    ids = [{shown.article.id for shown in report.shown} for report in (one, other)]
    assert len(ids[0]) == 8
    assert ids[0] == ids[1]
    assert {s.article.id for s in report_of(tmp_path, *records, articles=8, seed=1).shown} != ids[0]


def test_the_strongest_articles_of_every_frame_are_shown(tmp_path: Path) -> None:
    records = [record(f"{n}", []) for n in range(200)]
    for n, frame, chance in ((50, "storm", 0.7), (60, "storm", 0.99), (70, "bloom", 0.6)):
        records[n] = record(f"{n}", [evidence(f"It {n}.", frame, chance=chance)])
    report = report_of(tmp_path, *records, articles=6)
    assert {s.article.id for s in report.shown if s.strongest} == {"50", "60", "70"}
    assert [len(best) for _, best in strongest(report)] == [2, 1]


def test_no_text_stands_twice_among_the_strongest(tmp_path: Path) -> None:
    rows = [evidence("A storm hits.", "storm")]
    report = report_of(tmp_path, *[record(f"{n}", rows) for n in range(9)])
    assert [len(best) for _, best in strongest(report)] == [1, 0]


def test_articles_are_read_one_at_a_time(tmp_path: Path) -> None:
    path = write(tmp_path / "scores.jsonl", record("a", []))
    with path.open("a") as stream:
        stream.write("broken\n")
    articles = read_scores([path])
    assert next(articles).id == "a"
    with pytest.raises(InputError, match=":2: not JSON"):
        next(articles)


def test_only_the_shown_articles_are_kept(tmp_path: Path) -> None:
    import gc

    report = report_of(tmp_path, *[record(f"kept {n}", []) for n in range(2000)], articles=10)
    gc.collect()
    kept = [thing for thing in gc.get_objects() if isinstance(thing, ScoredArticle)]
    assert report.tally.whole.articles == 2000
    ids = {article.id for article in kept if article.id.startswith("kept")}
    assert ids == {shown.article.id for shown in report.shown}


# ---- reading -------------------------------------------------------------------------------


def folder(path: Path, suffix: str, records: list[dict[str, Any]], shards: int = 2) -> Path:
    """The records as the batch engine writes them."""
    path.mkdir()
    (path / "manifest.json").write_text(
        json.dumps(
            {
                "model": {"name": "tiny", "version": "1"},
                "options": {"prior": 0.01, "voices": ["author", "reported", "quoted"]},
            }
        )
    )
    tables: dict[str, list[list[dict[str, Any]]]] = {
        "articles": [[] for _ in range(shards)],
        "sentences": [[] for _ in range(shards)],
    }
    for number, full in enumerate(records):
        shard = number * shards // len(records)
        row = {k: v for k, v in full.items() if k not in {"frames", "evidence", "model"}}
        row |= {"article": number, "model": "tiny", "version": "1", "signature": ""}
        row["signature"] = signature(full["title"]).astype("<u4").tobytes().hex()
        for name, figures in full["frames"].items():
            row |= {f"{name}_{key}": value for key, value in figures.items()}
        tables["articles"][shard].append(row)
        for i, entry in enumerate(full["evidence"]):
            flat = {k: entry[k] for k in ("start", "end", "text", "unsure", "frames")}
            flat |= {
                "article": number,
                "id": full["id"],
                "sentence": i,
                "voice": entry.get("voice"),
            }
            flat |= {"speaker": (entry.get("speaker") or {}).get("name")}
            flat |= {f"{k}_probability": v for k, v in entry["probabilities"].items()}
            tables["sentences"][shard].append(flat)
    for table, parts in tables.items():
        for shard, rows in enumerate(parts):
            write_table(path / f"{table}-{shard:05}{suffix}", rows)
    return path


def write_table(path: Path, rows: list[dict[str, Any]]) -> None:
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    else:
        with path.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.DictWriter(stream, rows[0].keys())
            writer.writeheader()
            for row in rows:
                writer.writerow({k: " ".join(v) if k == "frames" else v for k, v in row.items()})


VOICED = [
    record(
        name,
        [
            evidence(
                f'"Storm",\nsaid {name}.',
                "storm",
                voice="quoted",
                speaker={"name": "Ada", "start": 1, "end": 4},
            ),
            evidence("Roses & rain.", "storm", "bloom", start=30, voice="author", speaker=None),
        ],
        date=None if name == "b" else "2021-03-05",
    )
    for name in ("a", "b", "c", "d")
]


@pytest.mark.parametrize("suffix", [".parquet", ".jsonl", ".csv"])
def test_a_score_folder_says_what_nested_records_say(tmp_path: Path, suffix: str) -> None:
    nested = list(read_scores([write(tmp_path / "scores.jsonl", *VOICED)]))
    flat = list(read_scores([folder(tmp_path / "scores", suffix, VOICED)]))
    assert flat == nested
    assert [a.recorded() for a in flat] == [a.recorded() for a in nested]
    assert (flat[0].signature == signature("Title a")).all()


def test_sentences_out_of_order_are_refused(tmp_path: Path) -> None:
    path = folder(tmp_path / "scores", ".jsonl", VOICED, shards=1)
    lines = (path / "sentences-00000.jsonl").read_text().splitlines()
    (path / "sentences-00000.jsonl").write_text("\n".join(lines[::-1]) + "\n")
    with pytest.raises(InputError, match="out of order"):
        list(read_scores([path]))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no such file"),
        ("", "no article in it"),
        ("{", "scores.jsonl:1: not JSON"),
        ('{"id": "a"}', "scores.jsonl:1: no 'evidence'"),
        ('{"evidence": 3}', "scores.jsonl:1: "),
        ("[1]", "scores.jsonl:1: not a score record"),
    ],
)
def test_what_is_no_score_file_is_refused_with_its_place(
    tmp_path: Path, content: str | None, message: str
) -> None:
    path = tmp_path / "scores.jsonl"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=re.escape(message)):
        make_report([path])


def test_scores_of_different_frames_do_not_make_one_report(tmp_path: Path) -> None:
    other = record("b", [])
    other["frames"] = {"hail": other["frames"]["storm"]}
    with pytest.raises(InputError, match=r"'b'.*hail.*storm, bloom"):
        report_of(tmp_path, record("a", []), other)


# ---- the page ------------------------------------------------------------------------------


class Elements(HTMLParser):
    """Every start tag with its attributes, and all text outside scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not self.tags or self.tags[-1][0] not in {"script", "style"}:
            self.words.append(data)


def nasty_records() -> list[dict[str, Any]]:
    speaker = {"name": NASTY, "start": 0, "end": 3}
    row = evidence(NASTY, "storm", voice="quoted", speaker=speaker)
    about = {
        "title": NASTY,
        "outlet": NASTY,
        "date": NASTY,
        "origin": NASTY,
        "lang": 'x" onload="y',
    }
    copies = [record(f"{NASTY}{n}", [row], sentences=1, **about) for n in range(2)]
    return copies


def test_markup_in_an_article_stays_text_everywhere(tmp_path: Path, model: FrameModel) -> None:
    clean = render_page(report_of(tmp_path, *VOICED[:2]), model)
    page = render_page(report_of(tmp_path, *nasty_records(), title=NASTY), model)
    tags = Elements(page).tags
    assert [tag for tag, _ in tags].count("script") == [t for t, _ in Elements(clean).tags].count(
        "script"
    )
    assert not any(tag == "img" for tag, _ in tags)
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)
    words = "".join(Elements(page).words)
    assert words.count("<script>alert(1)</script>") >= 5
    assert "{{ 7*7 }}" in words


def test_embedded_data_cannot_leave_its_element() -> None:
    text = embedded({"text": NASTY})
    assert not set("<>&\u2028\u2029") & set(text)
    assert json.loads(text) == {"text": NASTY}


def test_the_page_names_nothing_outside_itself(tmp_path: Path, model: FrameModel) -> None:
    page = render_page(report_of(tmp_path, *VOICED), model)
    for tag, attributes in Elements(page).tags:
        assert tag not in {"link", "iframe", "img", "object", "embed"}
        assert not {"src", "srcset", "action", "formaction"} & set(attributes), tag
        assert (attributes.get("href") or "#").startswith("#")
    assert "default-src 'none'" in page


def test_the_page_says_what_is_sampled(tmp_path: Path, model: FrameModel) -> None:
    report = report_of(tmp_path, *[record(f"{n}", []) for n in range(1500)], articles=40, seed=7)
    page = " ".join(render_page(report, model).split())
    assert "40 of 1,500 articles are shown" in page
    assert "a random sample (40), seed&nbsp;7" in page
    assert "The scores hold only flagged sentences" in page


def test_the_page_says_when_copies_cannot_be_told(tmp_path: Path, model: FrameModel) -> None:
    page = render_page(report_of(tmp_path, *VOICED), model)
    assert "could not be told apart" in page


def test_another_model_than_the_one_that_scored_is_said(tmp_path: Path, model: FrameModel) -> None:
    other = record("a", [], model={"name": "tiny", "version": "7"})
    assert "Check this first" in render_page(report_of(tmp_path, other), model)
    assert "Check this first" not in render_page(report_of(tmp_path, record("a", [])), model)


def test_what_scoring_was_told_stands_among_the_methods(tmp_path: Path, model: FrameModel) -> None:
    made = make_report([folder(tmp_path / "scores", ".parquet", VOICED)])
    page = render_page(made, model)
    assert "prior = 0.01" in page
    assert "voices =" not in page


def test_the_same_scores_give_the_same_page(tmp_path: Path, model: FrameModel) -> None:
    pages = {render_page(report_of(tmp_path, *VOICED), model) for _ in range(2)}
    assert len(pages) == 1


def test_the_data_of_the_page_holds_offsets_and_exact_probabilities(tmp_path: Path) -> None:
    (article, *_) = page_data(report_of(tmp_path, *VOICED))["articles"]
    text, _, frames, chances, unsure, start, end, voice, speaker, _ = article["evidence"][0]
    assert (frames, chances, unsure, voice, speaker) == ([0], [9000, 100], 0, "quoted", "Ada")
    assert end - start == len(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 %"),
        (0.0012, "0.12 %"),
        (0.012, "1.2 %"),
        (0.0996, "10 %"),
        (0.5, "50 %"),
        (1, "100 %"),
    ],
)
def test_shares_are_written_with_two_digits(value: float, text: str) -> None:
    assert percent(value) == text
    assert interval((value, 1)) == f"{text[:-2]}–100 %"


def test_the_command_makes_a_page_from_what_score_wrote(tmp_path: Path, model: FrameModel) -> None:
    save_model(model, tmp_path / "model")
    articles = [
        Article(f"A storm hit {place}.\n{name} went home.", id=f"{place}{name}", lang="en")
        for name, place in zip(NAMES, PLACES * 2, strict=True)
    ]
    with (tmp_path / "scores.jsonl").open("w", encoding="utf-8") as stream:
        write_jsonl(score_articles(model, articles), stream, all_sentences=True)
    arguments = ["report", f"{tmp_path}/scores.jsonl", "-o", f"{tmp_path}/page.html"]
    arguments += ["-m", f"{tmp_path}/model", "--articles", "4"]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert "10 articles, 4 shown in full" in result.stderr
    assert "4 of 10 articles are shown" in (tmp_path / "page.html").read_text(encoding="utf-8")
    again = CliRunner().invoke(main, arguments)
    assert again.exit_code == 1
    assert "exists already" in again.stderr
