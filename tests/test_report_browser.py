"""The page in a browser: a headless Chromium of the machine's own, where there is one."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from classifier.model.frame_model import FrameModel
from classifier.report.page import render_page
from classifier.report.report import Report, ReportOptions, make_report

from .test_report import NASTY, evidence, record, write

playwright = pytest.importorskip("playwright.sync_api", reason="the extra [browser] is not here")
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
if CHROMIUM is None:
    pytest.skip("no Chromium on the PATH", allow_module_level=True)

PHONE = {"width": 375, "height": 812}


def articles() -> list[dict[str, Any]]:
    quoted = {"voice": "quoted", "speaker": {"name": "Ada Byron", "start": 0, "end": 3}}
    author = {"voice": "author", "speaker": None}
    made = [
        record(
            f"p{n}",
            [
                evidence(f"A storm of the year {2000 + n} hit the coast.", "storm", **quoted),
                evidence("Nobody was hurt.", start=45),
                evidence(f"Then {n} roses bloomed.", "bloom", start=70, chance=0.6, **author),
            ],
            sentences=3,
            date=f"20{n + 10}-06-01",
            outlet="Post" if n % 2 else "Gazette",
        )
        for n in range(12)
    ]
    made.append(record("plain", [evidence("Only the baker spoke.")], sentences=1, date=None))
    nasty = [evidence(NASTY, "storm", **quoted), evidence(NASTY, start=200)]
    made.append(record("n", nasty, sentences=2, title=NASTY, outlet=NASTY, lang="fr", date="2023"))
    chinese = "风暴袭击了海岸，居民连夜撤离到安全地带。" * 6
    made.append(record("zh", [evidence(chinese, "storm")], sentences=1, lang="zh", date="2022-01"))
    long = "long_outlet_name_without_any_place_to_break_it" * 2
    made.append(record("long", [], outlet=long, title=long, date="2022-02-03"))
    return made


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory, model: FrameModel) -> Path:
    folder = tmp_path_factory.mktemp("page")
    report: Report = make_report(
        [write(folder / "scores.jsonl", *articles())], ReportOptions("Weather")
    )
    path = folder / "page.html"
    path.write_text(render_page(report, model), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM)
        yield chromium
        chromium.close()


@pytest.fixture
def told() -> list[str]:
    """What the console says, and every request beyond the file itself."""
    return []


@pytest.fixture
def page(browser: Any, file: Path, told: list[str]) -> Iterator[Any]:
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.on("console", lambda message: told.append(message.text))
    opened.on("pageerror", lambda error: told.append(str(error)))
    opened.on("dialog", lambda dialog: (told.append("dialog"), dialog.dismiss()))
    opened.on("request", lambda r: None if r.url.startswith("file:") else told.append(r.url))
    opened.goto(file.as_uri())
    yield opened
    context.close()


def counts(page: Any) -> str:
    return str(page.locator("#counts").inner_text())


def choose(page: Any, name: str, label: str) -> None:
    page.locator(f"#f-{name}").select_option(label=label)
    page.wait_for_timeout(200)


def test_the_page_opens_without_an_error_or_a_request(page: Any, told: list[str]) -> None:
    assert page.title() == "Weather"
    assert page.locator("#outlet ~ .charts svg, [data-chart] svg").count() == 7
    assert told == []


def test_counts_say_what_is_shown(page: Any) -> None:
    assert counts(page) == (
        "26 of 26 flagged sentences in 14 articles; 16 of 16 shown articles fit the filters."
    )


@pytest.mark.parametrize(
    ("name", "label", "sentences", "fitting"),
    [
        ("frame", "Bloom", 12, 12),
        ("outlet", "Gazette", 12, 6),
        ("voice", "author", 12, 12),
        ("lang", "Chinese", 1, 1),
        ("outlet", NASTY.replace("\u2028\u2029", ""), None, None),
    ],
)
def test_a_filter_leaves_what_fits(
    page: Any, name: str, label: str, sentences: int | None, fitting: int | None
) -> None:
    if sentences is None:
        page.locator(f"#f-{name}").select_option(value=NASTY)
        page.wait_for_timeout(200)
        sentences = fitting = 1
    else:
        choose(page, name, label)
    assert counts(page).startswith(f"{sentences} of 26 ")
    assert f"; {fitting} of 16 " in counts(page)
    assert page.locator("#sentences > li").count() == sentences


def test_dates_and_text_filter_too(page: Any) -> None:
    page.locator("#f-from").fill("2015-01-01")
    page.locator("#f-to").fill("2016-12-31")
    page.wait_for_timeout(200)
    assert counts(page).startswith("4 of 26")
    page.locator("#f-text").fill("BLOOMED")
    page.wait_for_timeout(300)
    assert counts(page).startswith("2 of 26")
    page.get_by_role("button", name="Clear filters").click()
    page.wait_for_timeout(200)
    assert counts(page).startswith("26 of 26")


def test_text_search_finds_articles_by_sentences_without_a_frame(page: Any) -> None:
    page.locator("#f-text").fill("only the baker")
    page.wait_for_timeout(300)
    assert counts(page).startswith("0 of 26")
    assert "1 of 16 shown articles" in counts(page)


def test_a_link_opens_the_article_at_its_sentence(page: Any) -> None:
    page.locator("#sentences a").first.click()
    page.wait_for_timeout(200)
    assert page.locator("#articles details[open]").count() == 1
    target = page.evaluate("location.hash.slice(1)")
    assert page.locator(f"#{target}").is_visible()
    assert page.evaluate("document.activeElement.closest('mark').id") == target


def test_a_link_to_a_filtered_article_clears_the_filters(page: Any) -> None:
    choose(page, "lang", "Chinese")
    page.evaluate("location.hash = '#a0s0'")
    page.wait_for_timeout(300)
    assert counts(page).startswith("26 of 26")
    assert page.locator("#a0s0").is_visible()


def test_the_keyboard_alone_opens_an_article_and_shows_probabilities(page: Any) -> None:
    page.locator("#articles summary").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    page.keyboard.press("Tab")
    tip = page.locator("#tip")
    assert tip.is_visible()
    assert tip.locator("li").all_inner_texts()[0].split() == ["Storm", "0.90"]
    assert "Ada Byron" in tip.inner_text()
    assert page.evaluate("document.activeElement.getAttribute('aria-describedby')") == "tip"
    page.keyboard.press("Escape")
    assert not tip.is_visible()


def test_hovering_shows_probabilities(page: Any) -> None:
    page.locator("#articles summary").first.click()
    page.locator("#articles mark").first.hover()
    assert page.locator("#tip").is_visible()
    page.locator("#articles .plain").first.hover()
    assert "Every frame below 0.05" in page.locator("#tip").inner_text()


def test_the_first_tab_leads_past_the_figures(page: Any) -> None:
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "read"


def test_script_in_an_article_stays_text(page: Any, told: list[str]) -> None:
    choose(page, "lang", "French")
    page.locator("#articles summary").first.click()
    page.wait_for_timeout(200)
    assert "<script>alert(1)</script>" in page.locator("#articles .text").inner_text()
    assert page.locator("main img, main script").count() == 0
    assert told == []


def test_what_is_filtered_is_what_is_downloaded(page: Any, tmp_path: Path) -> None:
    choose(page, "frame", "Bloom")
    for kind in ("csv", "json"):
        with page.expect_download() as download:
            page.locator(f"#{kind}").click()
        download.value.save_as(tmp_path / f"evidence.{kind}")
    rows = json.loads((tmp_path / "evidence.json").read_text(encoding="utf-8"))
    table = (tmp_path / "evidence.csv").read_text(encoding="utf-8-sig")
    flat = list(csv.DictReader(io.StringIO(table, newline="")))
    assert [row["text"] for row in flat] == [row["text"] for row in rows]
    assert len(rows) == 12
    assert rows[0]["probabilities"] == {"storm": 0.01, "bloom": 0.6}
    assert rows[0]["end"] - rows[0]["start"] == len(rows[0]["text"])


def test_a_cell_never_begins_like_a_formula(
    browser: Any, tmp_path: Path, model: FrameModel
) -> None:
    text = '=HYPERLINK("a","b")'
    report = make_report([write(tmp_path / "s.jsonl", record("=1", [evidence(text, "storm")]))])
    (tmp_path / "page.html").write_text(render_page(report, model), encoding="utf-8")
    opened = browser.new_page(accept_downloads=True)
    opened.goto((tmp_path / "page.html").as_uri())
    with opened.expect_download() as download:
        opened.locator("#csv").click()
    download.value.save_as(tmp_path / "evidence.csv")
    opened.close()
    table = (tmp_path / "evidence.csv").read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(table, newline=""))
    assert (row["id"], row["text"]) == ("'=1", f"'{text}")


def test_the_charts_follow_the_unit(page: Any) -> None:
    before = page.locator("[data-chart=outlet] svg").first.inner_html()
    page.get_by_role("radio", name="share of sentences").check()
    assert page.locator("[data-chart=outlet] svg").first.inner_html() != before
    page.locator("#outlet ~ details summary").click()
    assert page.locator("#outlet ~ details .ofSentences").is_visible()
    assert not page.locator("#outlet ~ details .ofArticles").is_visible()


@pytest.mark.parametrize("width", [320, 375, 768])
def test_nothing_is_wider_than_the_screen(browser: Any, file: Path, width: int) -> None:
    opened = browser.new_page(viewport={"width": width, "height": 800})
    opened.goto(file.as_uri())
    opened.locator("#articles summary").first.click()
    opened.locator("details.table summary").first.click()
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    opened.close()


def test_a_tap_shows_probabilities(browser: Any, file: Path) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True)
    opened = context.new_page()
    opened.goto(file.as_uri())
    opened.locator("#articles summary").first.tap()
    opened.locator("#articles mark button").first.tap()
    box = opened.locator("#tip").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= PHONE["width"]
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation(browser: Any, file: Path, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    opened = browser.new_page(color_scheme=scheme, bypass_csp=True)
    opened.goto(file.as_uri())
    for summary in opened.locator("summary").all():
        summary.click()
    opened.locator("#articles mark button").first.focus()
    found = axe.run(opened).response["violations"]
    assert [f"{v['id']} ({v['impact']}): {v['nodes'][0]['html']}" for v in found] == []
    opened.close()


def test_on_paper_there_are_tables_and_no_controls(page: Any) -> None:
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details.table[open]").count() == 3
    assert not page.locator("#filters").is_visible()
    assert page.locator("[data-chart] svg").first.is_visible()
