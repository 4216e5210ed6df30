"""One writer at a time."""

import json
import subprocess
import sys

import pytest

from dagster_project.lib.lock import WriterBusy, only_writer
from tests.conftest import CHECKOUT

HOLD = """
import sys
from pathlib import Path
from dagster_project.lib.lock import only_writer
with only_writer(Path(sys.argv[1]), "first", 0):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def held(tmp_path):
    """Another process that holds the folder until its input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait(30)


def test_the_second_is_refused_and_told_who_writes(held, tmp_path):
    with pytest.raises(WriterBusy) as busy, only_writer(tmp_path, "second", 0):
        pass
    assert "run first" in str(busy.value)
    assert f"process {held.pid}" in str(busy.value)
    assert "Nothing was changed" in str(busy.value)


def test_the_second_waits_as_long_as_it_may(held, tmp_path):
    held.stdin.close()
    with only_writer(tmp_path, "second", 30):
        assert json.loads((tmp_path / "writer.json").read_text())["run_id"] == "second"
    assert not (tmp_path / "writer.json").exists()


def test_a_killed_writer_blocks_nobody(held, tmp_path):
    held.kill()
    held.wait(30)
    with only_writer(tmp_path, "second", 5):
        pass


def test_the_lock_is_free_after_an_error(tmp_path):
    with pytest.raises(ZeroDivisionError), only_writer(tmp_path, "first", 0):
        raise ZeroDivisionError
    with only_writer(tmp_path, "second", 0):
        pass


def test_a_run_that_holds_the_lock_may_ask_again(tmp_path):
    with only_writer(tmp_path, "outer", 0):
        with only_writer(tmp_path, "inner", 0):
            pass
        assert json.loads((tmp_path / "writer.json").read_text())["run_id"] == "outer", (
            "the outer one still holds it"
        )
