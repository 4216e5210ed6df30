"""The interface of Dagster has no login, so it is there for this machine only."""

import subprocess

from click.testing import CliRunner

from dagster_project import cli


def test_the_interface_listens_on_loopback_alone(monkeypatch, tmp_path):
    commands = []

    def started(command, **options):
        commands.append([str(word) for word in command])
        return subprocess.CompletedProcess(command, 0)

    for name in ("SCORECARD_HOME", "DAGSTER_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(subprocess, "run", started)
    result = CliRunner().invoke(cli.main, ["dev", "--port", "3999"])
    assert result.exit_code == 0, result.output
    (command,) = [command for command in commands if "dev" in command]
    assert command[command.index("-h") + 1] == "127.0.0.1"
    assert command[command.index("-p") + 1] == "3999"
