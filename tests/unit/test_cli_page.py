"""The command that opens a page: which edition's, where it is told, and what happens where there is none."""

import subprocess

import pytest
from click.testing import CliRunner

from dagster_project import cli_page
from dagster_project.cli import main
from dagster_project.lib.edition_page import PAGE_FILE, write_page
from tests.small_editions import publish, series


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A state folder with an edition of November and one of December, which readers have."""
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCORECARD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    for as_of, end in (("2025-11-30", "aaaaaaaaaa"), ("2025-12-31", "bbbbbbbbbb")):
        name = f"{as_of}-{end}"
        publish(tmp_path / "home", name, [series("margin", "2025-09 on_track")], as_of=as_of)
        folder = tmp_path / "home" / "published" / "editions" / name
        assert write_page(folder, name, lambda edition, name=name: f"<p>{name}</p>").problem is None
    return tmp_path / "home"


@pytest.fixture
def browser(monkeypatch):
    """A machine with a screen, and what its browser was given."""
    given = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda address: given.append(address) or True)
    return given


def call(*arguments):
    result = CliRunner().invoke(main, ["page", *map(str, arguments)])
    # the console's width is no part of what is said
    return result.exit_code, " ".join(result.output.split())


def test_without_a_screen_the_path_is_printed(home, monkeypatch):
    monkeypatch.setattr("webbrowser.open", lambda address: pytest.fail("there is no screen"))
    code, said = call()
    assert (code, said) == (0, f"The page: {home / 'published' / 'current' / PAGE_FILE}")


def test_with_one_the_page_of_the_current_edition_is_opened(home, browser):
    code, said = call("--language", "sv")
    assert code == 0 and said.startswith("Opened ")
    assert browser == [(home / "published" / "current" / PAGE_FILE).as_uri() + "#lang=sv"]
    assert call("--no-open")[0] == 0 and len(browser) == 1


def test_a_browser_that_does_not_come_up_is_no_failure(home, monkeypatch):
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr("webbrowser.open", lambda address: False)
    assert call()[1].startswith("The page: ")


@pytest.mark.parametrize("choice", [["aaaaaaaaaa"], ["2025-11-30-aaaaaaaaaa"], ["--as-of", "2025-11-30"]])
def test_an_edition_is_chosen_by_its_name_or_its_day(home, browser, choice):
    assert call(*choice)[0] == 0
    assert browser[0].endswith("/editions/2025-11-30-aaaaaaaaaa/scorecard.html")


def test_what_is_not_there_is_told(home):
    code, said = call("cccccccccc")
    assert code == 2 and "The nearest: 2025-11-30-aaaaaaaaaa, 2025-12-31-bbbbbbbbbb" in said
    code, said = call("--as-of", "2025-10-31")
    assert code == 1 and "There is no edition as of 2025-10-31" in said
    page = home / "published" / "current" / PAGE_FILE
    page.write_bytes(page.read_bytes()[:-3])
    code, said = call()
    assert code == 1 and "Edition 2025-12-31-bbbbbbbbbb has no page" in said and "--out FILE" in said
    assert call("aaaaaaaaaa", "--build")[0] == 2


def test_nothing_is_published_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("SCORECARD_HOME", str(tmp_path))
    code, said = call()
    assert code == 1 and "Nothing is published" in said


def test_the_page_is_written_to_a_file_to_send(home, tmp_path):
    target = tmp_path / "styrkort.html"
    code, said = call("--out", target)
    assert code == 0 and "the page of edition 2025-12-31-bbbbbbbbbb" in said
    assert target.read_bytes() == (home / "published" / "current" / PAGE_FILE).read_bytes()
    code, said = call("aaaaaaaaaa", "--out", target)
    assert code == 2 and "is already there" in said
    assert call("aaaaaaaaaa", "--out", target, "--force")[0] == 0 and b"2025-11-30" in target.read_bytes()
    assert call("--out", tmp_path / "no" / "such" / "folder.html")[0] == 2


@pytest.fixture
def nights(monkeypatch):
    """The nights that are started, each ending with the code that is set."""

    class Nights(list):
        code = 0

    made = Nights()

    def run(command, **_):
        made.append(command[command.index("nightly") :])
        return subprocess.CompletedProcess(command, made.code)

    monkeypatch.setattr(cli_page.subprocess, "run", run)
    return made


def test_built_before_it_is_opened(home, nights):
    assert call("--build")[0] == 0
    nights.code = 4
    assert call("--build")[0] == 0, "a night that needs a person has published"
    assert nights == [["nightly", "--report-only"]] * 2


@pytest.mark.parametrize(("code", "ends"), [(1, 1), (2, 2), (3, 3), (-9, 1)])
def test_a_night_that_failed_opens_nothing(home, browser, nights, code, ends):
    nights.code = code
    assert call("--build")[0] == ends and browser == []


def test_a_past_night_that_has_an_edition_with_its_page_is_not_built_again(home, browser, nights):
    code, said = call("--build", "--as-of", "2025-11-30")
    assert code == 0 and "has an edition already" in said and nights == []
    assert browser[0].endswith("/editions/2025-11-30-aaaaaaaaaa/scorecard.html")


def test_a_past_night_without_one_is_built(home, nights):
    (home / "published/editions/2025-11-30-aaaaaaaaaa" / PAGE_FILE).unlink()
    assert call("--build", "--as-of", "2025-11-30")[0] == 1, "the night that was started here has made none"
    assert call("--build", "--as-of", "2025-10-31")[0] == 1
    assert nights == [["nightly", "--report-only", "--as-of", day] for day in ("2025-11-30", "2025-10-31")]


def test_an_edition_of_another_company_is_not_the_one_that_is_meant(home, nights):
    publish(
        home,
        "2025-11-29-cccccccccc",
        [series("margin", "2025-09 on_track")],
        as_of="2025-11-29",
        company="other",
    )
    assert call("--as-of", "2025-11-29")[0] == 1
