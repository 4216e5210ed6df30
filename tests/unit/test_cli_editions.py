"""The commands about editions: what they say and how they end."""

import pytest
from click.testing import CliRunner

from dagster_project import cli_editions
from dagster_project.cli import main
from dagster_project.lib import flips
from dagster_project.lib.lock import only_writer
from dagster_project.lib.reproduce import Compared, NotReproducible, RunFailed
from tests.unit.lib.test_editions_over_time import Company


@pytest.fixture
def company(tmp_path, monkeypatch):
    monkeypatch.setenv("SCORECARD_HOME", str(tmp_path))
    monkeypatch.setenv("SCORECARD_WAIT_FOR_WRITER", "0")
    made = Company(tmp_path)
    made.night({})
    made.night({0: 3})
    return made


def call(*arguments):
    result = CliRunner().invoke(main, arguments)
    return result.exit_code, " ".join(result.output.split())


def test_editions_lists_what_is_kept(company):
    (company.published / "editions" / "e1" / "edition.duckdb").write_bytes(b"nothing")
    code, text = call("editions")
    assert code == 0
    assert "current │ 2 │ e2" in text and "2025-12-31" in text and "passed" in text
    assert "│ 1 │ e1" in text and "damaged" in text


def test_rollback_goes_back_and_forward_and_says_so(company):
    code, text = call("rollback")
    assert (
        code == 0
        and text.startswith("Readers have edition e1 now, back from e2.")
        and "`rollback e2`" in text
    )
    assert flips.linked(company.published) == "e1"
    code, text = call("rollback", "e2")
    assert code == 0 and "forward from e1" in text
    assert flips.read(company.published)[-1].by.startswith("user ")
    assert call("rollback", "e2") == (0, "Readers have edition e2 already; nothing was changed.")


def test_rollback_ends_with_a_code_for_what_was_wrong(company):
    code, text = call("rollback", "e7")
    assert code == 2 and "The nearest:" in text
    (company.published / "editions" / "e1" / "edition.duckdb").write_bytes(b"nothing")
    code, text = call("rollback", "e1")
    assert code == 1 and "is not whole" in text and "Readers still have e2" in text
    with (company.published / "flips.jsonl").open("a") as log:
        log.write("nonsense\n")
    code, text = call("rollback", "e1")
    assert code == 1 and "line 3" in text
    code, text = call("editions")
    assert code == 1 and "line 3" in text
    assert flips.linked(company.published) == "e2"


def test_rollback_waits_for_nobody_forever(company, monkeypatch):
    with only_writer(company.home, "the nightly run", 0):
        # as in another process
        monkeypatch.setattr("dagster_project.lib.lock._HELD", set())
        code, text = call("rollback", "e1")
    assert code == 3 and "the nightly run" in text
    assert flips.linked(company.published) == "e2"


def test_nothing_published_yet(tmp_path, monkeypatch):
    monkeypatch.setenv("SCORECARD_HOME", str(tmp_path))
    for command in ("editions", "rollback"):
        code, text = call(command)
        assert code == 1 and "Nothing is published" in text
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("outcome", "code", "said"),
    [
        ([Compared("periods", "equal")], 0, "Edition e2 was reproduced: 1 tables are equal."),
        ([Compared("periods", "different", "1 rows then, 2 again")], 1, "not reproduced: periods differ"),
        (NotReproducible("an input is missing"), 2, "an input is missing"),
        (RunFailed("the night failed"), 1, "the night failed"),
    ],
)
def test_reproduce_says_what_came_out(company, monkeypatch, outcome, code, said):
    def again(*_, **__):
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr("dagster_project.lib.reproduce.reproduce", again)
    found, text = call("reproduce", "e2", "--out", str(company.home / "again"))
    assert found == code and said in text


def test_every_command_is_registered():
    for command in (cli_editions.editions, cli_editions.rollback, cli_editions.reproduce):
        assert main.commands[command.name] is command
