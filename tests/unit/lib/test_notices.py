"""What a digest says: the news between two editions, in two languages, short, and harmless whatever names hold."""

import pytest

from dagster_project.lib.notices.news import Choice, compared, read_state
from dagster_project.lib.notices.words import SHOWN, WORDS, body, safe, title
from tests.small_editions import edition_file, series

PLACE = "https://intranet.example/scorecard.html"


@pytest.fixture
def found(tmp_path):
    """The news of two editions, each given by its series."""

    def compare(then, now, choice=None, **facts):
        choice = choice or Choice()
        old = {"as_of": "2025-12-30", **facts.pop("before", {})}
        before = edition_file(tmp_path / "then" / "edition.duckdb", then, **old)
        after = edition_file(tmp_path / "now" / "edition.duckdb", now, **facts)
        return compared(read_state(after, choice), read_state(before, choice), choice)

    return compare


def test_a_kpi_that_turned_is_told_with_its_figures_and_since_when(found):
    new = found(
        [series("margin", "2025-09 on_track")],
        [series("margin", "2025-09 on_track", "2025-12 off_track")],
    )
    assert title(new, "en") == "Scorecard 2025-12-31: 1 worse"
    assert body(new, "en", PLACE).splitlines() == [
        "Demo AB, as of 2025-12-31. New since the edition of 2025-12-30:",
        "",
        "Turned for the worse (1)",
        "- Gross margin: Off track since 2025-12, before On track; 34.1 %, target 37.5 %",
        "",
        "The scorecard: https://intranet.example/scorecard.html",
        "Edition 2025-12-31-bbbbbbbbbb",
    ]
    assert title(new, "sv") == "Styrkort 2025-12-31: 1 sämre"
    assert "- Bruttomarginal: Avspårad sedan 2025-12, tidigare På rätt spår; 34,1 %, mål 37,5 %" in body(
        new, "sv", PLACE
    )


def test_better_and_worse_apart_and_the_longer_periods_on_the_same_line(found):
    new = found(
        [
            series("margin", "2025-09 on_track"),
            series("margin", "2025 Q3 on_track"),
            series("revenue", "2025-09 off_track", actual=1, target=1),
        ],
        [
            series("margin", "2025-09 on_track", "2025-12 at_risk"),
            series("margin", "2025 Q3 on_track", "2025 Q4 at_risk"),
            series("revenue", "2025-09 off_track", "2025-11 on_track", actual="1234567.4", target=1200000),
        ],
    )
    assert title(new, "en") == "Scorecard 2025-12-31: 1 worse, 1 better"
    text = body(new, "en", PLACE)
    assert (
        "Gross margin: At risk since 2025-12, before On track; 34.1 %, target 37.5 %; also by quarter" in text
    )
    assert (
        "Revenue: On track since 2025-11, before Off track; 2025-12: 1\u00a0234\u00a0567 SEK, target "
        "1\u00a0200\u00a0000 SEK" in text
    )


def test_nothing_new_is_no_news(found):
    same = [series("margin", "2025-09 off_track"), series("revenue", "2025-10 on_track")]
    assert found(same, same).is_empty


def test_a_gap_forgets_nothing(found):
    """Off track, then no data, then off track again: readers know."""
    red = [series("margin", "2025-09 off_track", "2025-10 no_data")]
    assert found(
        red, [series("margin", "2025-09 off_track", "2025-10 no_data", "2025-12 off_track")]
    ).is_empty


def test_a_gap_itself_is_no_turn(found):
    assert found(
        [series("margin", "2025-09 on_track")], [series("margin", "2025-09 on_track", "2025-12 no_data")]
    ).is_empty


def test_red_from_the_start_is_news_and_green_from_the_start_is_not(found):
    new = found([], [series("margin", "2025-12 off_track"), series("revenue", "2025-12 on_track")])
    assert [turn.kpi.titles["en"] for turn in new.worse] == ["Gross margin"] and not new.better
    assert "Off track since 2025-12, not judged before" in body(new, "en", PLACE)


def test_held_and_released_are_told_by_their_check(found):
    check = "raw/demo/sales/orders: rows_rejected_at_ingest"
    new = found(
        [series("returns", "2025-09 on_track", quality="held", held_check="raw/demo/x: y")],
        [
            series("margin", "2025-09 held", quality="held", held_check=check),
            series("revenue", "2025-09 held", quality="held", held_check=check),
            series("returns", "2025-09 on_track"),
        ],
    )
    assert title(new, "en") == "Scorecard 2025-12-31: 2 held, 1 released"
    text = body(new, "en", PLACE)
    assert f"- Gross margin, Revenue: {check}, since 2025-12-30" in text
    assert "No longer held (1)\n- Returns\n" in text
    assert title(new, "sv") == "Styrkort 2025-12-31: 2 pausade, 1 åter aktuellt"


def test_a_kpi_that_stays_held_is_told_once(found):
    held = [series("margin", "2025-09 on_track", quality="held", held_check="a")]
    assert found(held, held).is_empty


def test_held_and_back_at_the_same_status_is_released_and_did_not_turn(found):
    new = found(
        [series("margin", "2025-09 off_track", "2025-10 held", quality="held", held_check="a")],
        [series("margin", "2025-09 off_track")],
    )
    assert not new.worse and not new.better and len(new.released) == 1


def test_stale_says_how_old(found):
    new = found(
        [series("margin", "2025-09 on_track")],
        [series("margin", "2025-09 on_track", quality="stale", data_as_of="2025-12-12")],
    )
    assert "- Gross margin: data as of 2025-12-12" in body(new, "en", PLACE)
    assert "- Bruttomarginal: underlag till och med 2025-12-12" in body(new, "sv", PLACE)


SIGNAL = {"centre": "0.3", "lower": "0.25", "upper": "0.33", "is_favourable": False}


def test_a_signal_is_told_with_its_limits(found):
    new = found(
        [series("returns", "2025-09 at_risk")],
        [series("returns", "2025-09 at_risk", signal="above_limits", **SIGNAL)],
    )
    assert title(new, "en") == "Scorecard 2025-12-31: 1 signal"
    assert (
        "- Returns: above its usual range (25.0 to 33.0 %), which is bad; 2025-12: 34.1 %, target 37.5 %"
        in body(new, "en", PLACE)
    )


def test_a_run_that_goes_on_is_one_signal_and_another_outlier_is_another(found):
    november = {"before": {"latest": {"month": "2025-11", "quarter": "2025 Q3", "year": "2025"}}}
    run = [series("returns", "2025-09 at_risk", signal="run_below", run_length=8, **SIGNAL)]
    outlier = [series("margin", "2025-09 at_risk", signal="below_limits", **SIGNAL)]
    new = found(run + outlier, run + outlier, **november)
    assert [sign.kpi.titles["en"] for sign in new.signals] == ["Gross margin"]


def test_the_same_signal_is_not_told_again(found):
    same = [series("margin", "2025-09 at_risk", signal="below_limits", **SIGNAL)]
    assert found(same, same).is_empty


def test_a_turn_that_is_a_signal_says_so_and_is_told_once(found):
    new = found(
        [series("margin", "2025-09 on_track")],
        [
            series(
                "margin", "2025-09 on_track", "2025-12 off_track", signal="run_below", run_length=9, **SIGNAL
            )
        ],
    )
    assert title(new, "en") == "Scorecard 2025-12-31: 1 worse"
    assert "; a signal: 9 periods in a row below its usual level (30.0 %)" in body(new, "en", PLACE)


def test_the_first_edition_that_knows_signals_tells_none(found):
    assert found(
        [series("margin", "2025-09 at_risk")],
        [series("margin", "2025-09 at_risk", signal="below_limits", **SIGNAL)],
        before={"knows_signals": False},
    ).is_empty


def test_an_edition_without_signals_is_read(found):
    new = found(
        [series("margin", "2025-09 on_track")],
        [series("margin", "2025-09 on_track", "2025-12 off_track")],
        knows_signals=False,
    )
    assert len(new.worse) == 1


SKANE = ("region", "Skåne", "Skåne")


def test_strategic_kpis_and_those_on_the_scorecard_of_the_company_by_default(found):
    ids = ("margin", "returns", "lead_time", "visits")
    then = [series(kpi, "2025-09 on_track") for kpi in ids] + [
        series("margin", "2025-09 on_track", scope=SKANE)
    ]
    now = [series(kpi, "2025-09 on_track", "2025-12 at_risk") for kpi in ids]
    now += [series("margin", "2025-09 on_track", "2025-12 off_track", scope=SKANE)]
    assert [turn.kpi.titles["en"] for turn in found(then, now).worse] == ["Gross margin", "Returns"]


@pytest.mark.parametrize("scopes", [("company", "region"), ("company", "region:Skåne")])
def test_other_scopes_and_all_kpis_where_somebody_asks(found, scopes):
    then = [
        series("lead_time", "2025-09 on_track", scope=SKANE),
        series("lead_time", "2025-09 on_track", scope=("region", "Norr", "Norr")),
    ]
    now = [
        series("lead_time", "2025-09 on_track", "2025-12 off_track", actual="7.25", target=5, scope=SKANE),
        then[1],
    ]
    text = body(found(then, now, Choice("all", scopes)), "sv", PLACE)
    assert "- Ledtid, Skåne: Avspårad sedan 2025-12, tidigare På rätt spår; 7,2 dagar, mål 5,0 dagar" in text


def test_single_people_are_never_asked_for(found):
    person = ("employee", "E7", "Testperson")
    new = found(
        [],
        [series("revenue", "2025-12 off_track", scope=person)],
        Choice("all", ("company", "employee", "employee:E7")),
    )
    assert new.is_empty


def test_what_is_withheld_has_no_figure(found):
    new = found(
        [series("margin", "2025-09 on_track")],
        [series("margin", "2025-09 on_track", "2025-12 off_track", actual=None, target=None)],
    )
    assert "Off track since 2025-12, before On track; –" in body(new, "en", PLACE)


def test_a_long_list_is_cut_and_counted(found, monkeypatch):
    monkeypatch.setattr("tests.small_editions.KPIS", {
        f"kpi_{n:02}": (f"Figure {n:02}", f"Tal {n:02}", "count", "strategic", 50 - n) for n in range(20)
    })  # fmt: skip
    ids = [f"kpi_{n:02}" for n in range(20)]
    new = found(
        [series(kpi, "2025-09 on_track") for kpi in ids],
        [series(kpi, "2025-09 on_track", "2025-12 at_risk") for kpi in ids],
    )
    lines = body(new, "en", PLACE).splitlines()
    told = [line for line in lines if line.startswith("- Figure")]
    assert len(told) == SHOWN and told[0].startswith("- Figure 00:"), "what weighs most comes first"
    assert "- and 12 more" in lines and "Turned for the worse (20)" in lines
    assert len(lines) < 20


HOSTILE = (
    "Evil\r\nBcc: all@example.com\x1b[2J\u2028<script>alert(1)</script> {0} {company} %s ${HOME} \"' "
    + "x" * 500
)


def test_hostile_names_stay_one_line_each(found):
    new = found(
        [series("margin", "2025-09 on_track", scope=("region", "r", HOSTILE))],
        [series("margin", "2025-09 on_track", "2025-12 off_track", scope=("region", "r", HOSTILE))],
        Choice("all", ("region",)),
        titles={"margin": (HOSTILE, HOSTILE)},
        company_name=HOSTILE,
    )
    for language in WORDS:
        text = body(new, language, PLACE)
        assert len(text.splitlines()) == 7 and max(map(len, text.splitlines())) < 400
        assert not any(sign in text for sign in ("\x1b", "\r", "\u2028"))
        assert "Evil Bcc: all@\u200bexample.com\\x1b[2J <script>alert(1)</script>" in text
        assert len(title(new, language).splitlines()) == 1 and "Evil" not in title(new, language)


@pytest.mark.parametrize(
    "call", ["@everyone", "@here", "<!channel>", "<!here|here>", "<@U024BE7LH>", "!channel"]
)
def test_a_name_calls_nobody_in_a_chat(call):
    assert (
        call not in safe(f"Region {call}")
        and safe(f"Region {call}").replace("\u200b", "") == f"Region {call}"
    )
    assert safe("Wow! R&D @ home") == "Wow! R&D @ home"


def test_both_languages_have_the_same_words():
    def shape(words):
        return {
            key: shape(value) if isinstance(value, dict) else type(value) is str
            for key, value in words.items()
        }

    english, swedish = shape(WORDS["en"]), shape(WORDS["sv"])
    assert english.keys() == swedish.keys()
    assert {key: value.keys() for key, value in english.items() if isinstance(value, dict)} == {
        key: value.keys() for key, value in swedish.items() if isinstance(value, dict)
    }
