"""Telling a person: the command that an installation names gets the text on its standard input.

Belongs here: running that command. Which runs and which stale sources are worth an alert is decided where they
are reported.
"""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

TIMEOUT_SECONDS = 60


def send(command: Sequence[str], text: str) -> str | None:
    """Give the text to the command; what went wrong, or None. No shell: nothing in the text can be a command.

    An alert that fails never fails the run that it tells of.
    """
    if not command:
        return None
    try:
        run = subprocess.run(
            list(command), input=text, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        why = (
            f"did not end within {TIMEOUT_SECONDS} s"
            if isinstance(error, subprocess.TimeoutExpired)
            else error
        )
        return f"The alert was not sent: SCORECARD_ALERT_COMMAND ({command[0]}) {why}."
    if run.returncode != 0:
        # its output is not quoted: it may name an address with a token in it
        return f"The alert was not sent: SCORECARD_ALERT_COMMAND ({command[0]}) ended with {run.returncode}."
    return None
