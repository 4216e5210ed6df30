"""The page as a person uses it, in a real browser: Debian's Chromium, or that in SCORECARD_CHROMIUM."""

from __future__ import annotations

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from benchmarks.page import chromium, launch
from dagster_project.lib.page import render
from tests.page_edition import HOSTILE, NO_CHROMIUM, made_up

pytestmark = pytest.mark.skipif(not chromium(), reason=NO_CHROMIUM)
# a busy machine is no failure; nothing waits this long that comes at all
expect.set_options(timeout=30_000)


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    file = folder / "scorecard.html"
    file.write_text(render(made_up(folder / "edition.duckdb")), encoding="utf-8")
    return file.as_uri()


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture
def visit(browser, address):
    """Opens the page; afterwards nothing was asked for but the file, and nothing was complained about."""
    contexts, asked, complaints = [], [], []

    def opened(fragment="#lang=en", **options):
        context = browser.new_context(
            **{"viewport": {"width": 1280, "height": 900}, "locale": "en-GB"} | options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address + fragment)
        page.wait_for_selector("#all")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert {url.split("#")[0] for url in asked} == {address}
    assert not complaints


def row(page, kpi):
    return page.locator(f".perspective tr[data-kpi={kpi}]")


def test_what_is_red_is_told_at_once(visit):
    page = visit()
    expect(page.get_by_role("heading", level=1)).to_have_text("Prov & Co")
    expect(page.locator("#summary-title")).to_contain_text(
        "2025 Q3, the whole company: 3 of 8 KPIs are on target or within its tolerance."
    )
    red = page.get_by_role("row").filter(has_text="Gross margin").first
    for told in (
        "31.0 %",
        "of 37.5 %",
        "2025 Q1",
        "3 qtr.",
        "News",
        "below its limits",
        "Norrland",
        "−8.0 pp",
        "2025: 32.0 %",
        "4 % chance",
    ):
        expect(red).to_contain_text(told)


def test_a_row_says_its_status_by_shape_colour_and_word(visit):
    page = visit()
    expect(row(page, "margin")).to_contain_text("Off track")
    shapes = {
        kpi: row(page, kpi).locator(".glyph").inner_html()
        for kpi in ("margin", "revenue", "delay", "nps", "rejects", "pay_gap", "training")
    }
    assert len(set(shapes.values())) == len(shapes), "no two statuses have the same shape"
    expect(row(page, "revenue")).to_contain_text("12.35m")
    expect(row(page, "revenue").locator(".change")).to_have_class(re.compile("good"))
    expect(row(page, "margin").locator("svg.spark")).to_have_attribute(
        "aria-label", re.compile("21 periods from January 2024")
    )
    assert row(page, "margin").locator("svg.spark .signal").count() == 21


def test_details_open_by_click_with_all_that_is_known(visit):
    page = visit()
    row(page, "margin").click()
    detail = page.get_by_role("dialog", name="Gross margin")
    for told in (
        "one thing / another",
        "Head of sales",
        "12 of 12 checks passed",
        "1,234",
        "0f0f",
        "2025-11-30-0123456789",
    ):
        expect(detail).to_contain_text(told)
    expect(detail.get_by_role("img", name=re.compile("Gross margin from"))).to_be_visible()
    expect(detail).to_contain_text("Tried on 20 past periods: 79 % ended within the interval (meant: 80 %)")
    expect(detail).to_contain_text("Gross margin = Revenue 12.35m − Costs")
    detail.get_by_role("button", name="Close").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_waterfall_goes_from_the_target_to_the_actual_value(visit):
    page = visit("#kpi=margin&lang=en")
    picture = page.get_by_role("dialog").get_by_role(
        "img", name=re.compile("From 37.5 % to 31.0 % in 2 steps")
    )
    for told in ("Target", "Norrland", "−8.0 pp", "+1.5 pp", "31.0 %"):
        expect(picture).to_contain_text(told)
    table = page.locator("section", has_text="What moved it").locator("details")
    table.locator("summary").click()
    expect(table.get_by_role("row").last).to_contain_text("−6.5 pp")


def test_everything_can_be_done_with_the_keyboard(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    red = page.locator(".attention .link").first
    expect(red).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Gross margin")).to_be_visible()
    assert page.evaluate("document.activeElement.closest('dialog') !== null")
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(
            "document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(red).to_be_focused()


def test_the_way_back_closes_what_was_opened(visit):
    page = visit()
    row(page, "margin").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.locator("#summary-title")).to_be_visible()


def test_the_language_changes_words_numbers_and_the_address(visit):
    page = visit()
    page.get_by_role("button", name="Svenska").click()
    expect(page.locator("html")).to_have_attribute("lang", "sv")
    expect(row(page, "margin")).to_contain_text("Bruttomarginal")
    expect(row(page, "margin")).to_contain_text("31,0\u00a0%")
    expect(row(page, "margin")).to_contain_text("Avspårad")
    expect(page.locator(".top")).to_contain_text("30 november 2025")
    expect(page).to_have_url(re.compile("lang=sv"))
    page.reload()
    expect(page.locator("#summary-title")).to_contain_text("hela företaget: 3 av 8 nyckeltal når målet")


def test_a_reader_of_swedish_gets_swedish_unasked(visit):
    expect(visit("", locale="sv-SE").locator("html")).to_have_attribute("lang", "sv")


def test_the_period_can_be_changed_and_the_open_one_says_so(visit):
    page = visit()
    page.locator("#period").select_option(label="2025 (so far)")
    expect(page.locator("#summary-title")).to_contain_text("so far")
    expect(row(page, "margin").locator(".c-outlook")).to_contain_text("32.0 %")
    page.locator("#period").select_option(label="November 2025")
    expect(page.locator(".top")).to_contain_text("November 2025")
    expect(page).to_have_url(re.compile("period=2025-11"))


def test_a_region_is_one_click_further_down(visit):
    page = visit("#kpi=margin&lang=en")
    detail = page.get_by_role("dialog")
    detail.get_by_role("button", name="Norrland").click()
    expect(detail.locator(".crumbs")).to_contain_text("Region: Norrland")
    expect(page).to_have_url(re.compile("at=region:north"))
    expect(detail).to_contain_text("scope_id = 'north'")
    detail.locator(".crumbs").get_by_role("button").click()
    expect(detail).to_contain_text("scope_id = 'all'")


def test_the_whole_card_of_a_region(visit):
    page = visit("#scope=region:north&lang=en")
    expect(page.locator("#scope option:checked")).to_have_text("Norrland")
    expect(page.locator(".perspective tr[data-kpi]")).to_have_count(2)


@pytest.mark.parametrize(
    ("kpi", "reason"),
    [
        ("rejects", ["Held: its data failed a quality check", "raw/shop/orders: keys", "28 November 2025", "27 November 2025", "Nothing is computed"]),
        ("pay_gap", ["Withheld to protect a small group of people."]),
        ("delay", ["Stale: some of its data is older than it should be.", "30 November 2025"]),
        ("empty", ["There is no data for the period."]),
    ],
)  # fmt: skip
def test_a_figure_that_is_held_stale_withheld_or_missing_says_why(visit, kpi, reason):
    page = visit(f"#kpi={kpi}&lang=en")
    for told in reason:
        expect(page.get_by_role("dialog")).to_contain_text(told)


def test_held_and_withheld_are_marked_in_the_rows(visit):
    page = visit()
    expect(row(page, "rejects").locator(".flag")).to_have_text("held")
    expect(row(page, "delay").locator(".flag")).to_have_text("stale")
    expect(row(page, "pay_gap").locator(".flag")).to_have_text("withheld")
    expect(row(page, "pay_gap").locator(".c-outlook")).to_contain_text("withheld")


def test_search_and_filter(visit):
    page = visit()
    page.get_by_label("Search").fill("kassation")
    expect(page.locator("#all [role=status]")).to_have_text("1 of 9 KPIs")
    expect(page.locator("#all tr[data-kpi]")).to_have_count(1)
    page.get_by_role("button", name="Clear").click()
    page.locator("#all").get_by_label("Status").select_option(label="Off track")
    expect(page.locator("#all tr[data-kpi=margin]")).to_have_count(1)
    page.get_by_label("Search").fill("zzz")
    expect(page.locator("#all")).to_contain_text("No KPI fits")


def test_a_deep_link_opens_what_it_says(visit):
    page = visit("#kpi=revenue&period=2025-Q4&lang=sv&theme=dark")
    expect(page.get_by_role("dialog", name="Intäkter")).to_contain_text("2025 Q4")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 26)"


def test_an_address_that_says_nonsense_shows_the_page(visit):
    page = visit("#kpi=nothing&period=1066&scope=moon:far&lang=xx&theme=pink&at=%F0")
    expect(page.locator("#summary-title")).to_contain_text("2025 Q3")


def test_the_theme_follows_the_system_and_the_switch(visit):
    page = visit(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(ground) == "rgb(20, 23, 26)"
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(ground) == "rgb(246, 246, 243)"


def test_a_hostile_name_is_a_text(visit):
    page = visit("#kpi=margin&lang=en")
    expect(page.get_by_role("dialog").get_by_role("button", name=HOSTILE)).to_be_visible()
    assert page.locator("img").count() == 0


@pytest.mark.parametrize("fragment", ["#lang=sv", "#lang=en", "#lang=sv&kpi=margin", "#lang=en&kpi=rejects"])
def test_a_phone_scrolls_one_way(visit, fragment):
    page = visit(fragment, viewport={"width": 360, "height": 740}, has_touch=True)
    for place in ("document.documentElement", "document.querySelector('dialog') || document.body"):
        assert page.evaluate(f"(e => e.scrollWidth <= e.clientWidth)({place})")
    if "kpi" not in fragment:
        page.get_by_role("button", name=re.compile("Gross margin|Bruttomarginal")).first.tap()
        expect(page.get_by_role("dialog")).to_be_visible()


def test_paper_has_a_page_for_each_perspective(visit):
    page = visit("#lang=en", color_scheme="dark")
    made = page.pdf(prefer_css_page_size=True, print_background=True)
    pages = len(re.findall(rb"/Type\s*/Page\b(?!s)", made))
    assert pages == 1 + 4 + 1, "the overview, four perspectives, the objectives"
    page.emulate_media(media="print")
    expect(page.locator(".controls")).to_be_hidden()
    expect(page.locator("#all")).to_be_hidden()
    for section in page.locator(".perspective").all():
        assert section.evaluate("e => getComputedStyle(e).breakBefore") == "page"
        assert section.bounding_box()["height"] < 700
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize(
    ("fragment", "options"),
    [
        ("#lang=en", {}),
        ("#lang=sv&theme=dark", {}),
        ("#lang=en&kpi=margin", {}),
        ("#lang=sv&kpi=margin&theme=dark", {}),
        ("#lang=sv", {"viewport": {"width": 360, "height": 740}}),
    ],
)
def test_an_accessibility_checker_finds_nothing_serious(visit, fragment, options):
    page = visit(fragment, **options)
    if "kpi" not in fragment:
        page.locator(".department summary").first.click()
    found = Axe().run(page).response["violations"]
    serious = [
        (one["id"], one["nodes"][0]["html"]) for one in found if one["impact"] in ("serious", "critical")
    ]
    assert not serious


def test_it_is_shown_in_under_a_second(visit):
    page = visit()
    painted = page.evaluate(
        "performance.getEntriesByType('paint').find(e => e.name === 'first-contentful-paint').startTime"
    )
    assert painted < 1_000
