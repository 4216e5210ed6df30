"""The scorecard page's file: complete in itself, safe, in both languages, within its size."""

from __future__ import annotations

import base64
import gzip
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

from dagster_project.lib.page import PageError, render
from dagster_project.lib.page.edition import NEEDED
from dagster_project.lib.page.packing import Part, columns, pack
from dagster_project.lib.page.words import WORDS
from tests.page_edition import HOSTILE, KPIS, made_up

STATIC = Path(__file__).resolve().parents[3] / "dagster_project" / "lib" / "page" / "static"


class Elements(HTMLParser):
    """Every element with its attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    return made_up(tmp_path_factory.mktemp("page") / "edition.duckdb")


@pytest.fixture(scope="module")
def page(edition):
    return render(edition)


@pytest.fixture(scope="module")
def elements(page):
    parser = Elements()
    parser.feed(page)
    return parser.found


def unpacked(text: str):
    return json.loads(gzip.decompress(base64.b64decode(text)))


def core(page: str):
    return unpacked(re.search(r'id="data-core">([^<]*)<', page)[1])


def parts(page: str):
    return {name: unpacked(text) for name, text in re.findall(r'data-part="([^"]*)">([^<]*)<', page)}


def column(table, name):
    found = table[name]
    if isinstance(found, dict):
        return [None if place is None else found["texts"][place] for place in found["places"]]
    return found


def test_nothing_in_it_is_fetched(elements):
    for tag, attributes in elements:
        assert not {"src", "href", "action", "srcset", "data", "poster"} & set(attributes), (tag, attributes)
        assert tag not in {"link", "img", "iframe", "object", "embed", "form", "base"}
    policy = next(
        each["content"] for _, each in elements if each.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "http" not in policy


def test_it_is_small_and_the_same_every_time(edition, page):
    assert len(page.encode()) < 1_000_000
    assert render(edition) == page


def test_what_stands_in_customers_files_is_never_markup(page, elements):
    assert HOSTILE not in page
    assert "onerror=alert(1)" not in page
    assert [tag for tag, _ in elements].count("script") == 4 + len(parts(page)) + 1, (
        "and none that a name brought"
    )
    assert HOSTILE in [kpi["title_en"] for kpi in core(page)["kpis"]], "it is there, as data"


def test_a_company_of_a_hostile_name_stays_a_text(tmp_path):
    file = made_up(tmp_path / "edition.duckdb")
    with duckdb.connect(str(file)) as connection:
        connection.execute("update scorecard.publication set company_name = ?", [HOSTILE])
    parser = Elements()
    parser.feed(render(file))
    assert "img" not in [tag for tag, _ in parser.found]


def test_both_languages_have_every_word():
    assert set(WORDS["en"]) == set(WORDS["sv"])
    for key, english in WORDS["en"].items():
        swedish = WORDS["sv"][key]
        assert swedish.strip()
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", swedish)), key


def test_every_word_that_the_scripts_ask_for_is_there():
    for file in STATIC.glob("*.mjs"):
        asked = re.findall(r'\bt\("([^"]+)"', file.read_text(encoding="utf-8"))
        assert not set(asked) - set(WORDS["en"]), file.name


@pytest.mark.parametrize(
    "prefix", ["rule", "method", "versus", "against", "start", "quality", "direction", "grain"]
)
def test_words_by_the_names_of_the_tables(prefix):
    names = {
        "rule": "above_limits below_limits run_above run_below",
        "method": "run_rate smoothing",
        "versus": "target last_year previous",
        "against": "target last_year previous",
        "start": "target last_year previous",
        "quality": "passed warning stale held",
        "direction": "higher lower band",
        "grain": "week month quarter year",
    }[prefix].split()
    assert {f"{prefix}.{name}" for name in names} <= set(WORDS["en"])


def test_a_reason_has_its_words_wherever_it_is_shown():
    for reason in ("no_data", "zero_base", "negative_base", "incomplete_period", "withheld", "held"):
        assert {f"why.{reason}", f"flag.{reason}", f"result.{reason}"} <= set(WORDS["en"])


def test_every_status_is_there_with_its_figures(page):
    facts = core(page)["facts"]
    assert set(column(facts, "st")) == {status for *_, status, _ in KPIS}
    assert "raw/shop/orders: keys" in column(facts, "hc")
    assert "withheld" in column(facts, "nr")


def test_it_opens_at_the_newest_settled_quarter(page):
    frame = core(page)
    assert frame["periods"][frame["default"]]["name"] == "2025 Q3"


def test_single_people_are_not_on_it(page):
    assert "E001" not in json.dumps([core(page), parts(page)])
    assert [objective["id"] for objective in core(page)["objectives"]] == ["o1"]


def test_a_driver_of_a_hostile_name_is_there_with_its_contribution(page):
    drivers = parts(page)["drivers"]
    assert column(drivers, "en") == ["Norrland", HOSTILE]
    assert sum(column(drivers, "x")) == pytest.approx(0.31 - 0.375)


def test_what_does_not_fit_is_named_with_its_query(tmp_path):
    file = made_up(tmp_path / "edition.duckdb", regions=40)
    whole = render(file)
    least = len(whole.encode()) - sum(len(text) for text in re.findall(r'data-part="[^"]*">([^<]*)<', whole))
    small = render(file, limit=least + 6_000)
    assert len(small.encode()) < len(whole.encode())
    left_out = parts(small)["left_out"]
    assert ("earlier", "region") in {(part["kind"], part["subject"]) for part in left_out}
    assert not parts(whole)["left_out"]
    with duckdb.connect(str(file), read_only=True) as connection:
        for part in left_out:
            assert connection.execute(part["query"]).fetchall()


def test_what_can_not_fit_is_not_even_read():
    def read():
        raise AssertionError("read")

    packed = pack([Part("facts:shop", "facts", "shop", "select 1", 1_000_000, read)], 100_000)
    assert [part.name for part in packed.left_out] == ["facts:shop"]


def test_columns_say_each_text_once():
    with duckdb.connect() as connection:
        found = columns(
            connection,
            "select * from (values ('a', 1, null), ('b', 2, null), ('a', null, null)) as t (x, y, z)",
        )
    assert found == {"x": {"texts": ["a", "b"], "places": [0, 1, 0]}, "y": [1, 2, None], "z": None}


@pytest.mark.parametrize("table", ["kpi_signals", "kpi_drivers", "kpi_tree", "kpi_outlook"])
def test_an_edition_of_an_earlier_version_is_refused_by_name(tmp_path, table):
    with pytest.raises(PageError, match=f"earlier version: it has no table {table}"):
        render(made_up(tmp_path / "edition.duckdb", without=table))
    assert table in NEEDED


def test_what_is_no_edition_is_refused(tmp_path):
    with pytest.raises(PageError, match="There is no edition"):
        render(tmp_path / "nothing.duckdb")
    (tmp_path / "text.duckdb").write_text("not a database")
    with pytest.raises(PageError, match="can't be read"):
        render(tmp_path / "text.duckdb")


def test_the_edition_is_only_read(edition):
    before = edition.read_bytes()
    render(edition)
    assert edition.read_bytes() == before
