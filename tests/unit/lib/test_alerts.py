"""An alert is the text on a command's input; nothing in it is ever a command, and it never fails a night."""

import sys

from dagster_project.lib import alerts

KEEP = "import sys; open(sys.argv[1], 'w').write(sys.stdin.read())"


def test_the_command_gets_the_text(tmp_path):
    target = tmp_path / "got.txt"
    hostile = f"Night $(touch {tmp_path}/pwned) `touch {tmp_path}/pwned`; åäö\n"
    assert alerts.send([sys.executable, "-c", KEEP, str(target)], hostile) is None
    assert target.read_text() == hostile
    assert not (tmp_path / "pwned").exists()


def test_without_a_command_nothing_happens():
    assert alerts.send([], "text") is None


def test_an_alert_that_fails_is_told_without_its_output():
    failing = [sys.executable, "-c", "import sys; print('https://hook/token'); sys.exit(7)"]
    said = alerts.send(failing, "text")
    assert "ended with 7" in said and "SCORECARD_ALERT_COMMAND" in said and "token" not in said


def test_a_command_that_is_not_there_is_told(tmp_path):
    assert "was not sent" in alerts.send([str(tmp_path / "missing")], "text")


def test_a_command_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(alerts, "TIMEOUT_SECONDS", 0.2)
    said = alerts.send([sys.executable, "-c", "import time; time.sleep(60)"], "text")
    assert "did not end within" in said
