"""dbt as the pipeline starts it: the same command line, without messages that nobody reads.

dbt makes a message of some two kilobytes for each statement and each change of its cache, thirty a table, and
looks only then whether anything wants one of that level. Run as a file, not imported.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from dbt.cli.main import cli
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager

QUIET = (EventLevel.DEBUG, EventLevel.TEST)
fire = EventManager.fire_event


def fire_if_read(
    self: EventManager,
    e: Any,  # noqa: ANN401
    level: EventLevel | None = None,
    *args: Any,  # noqa: ANN401
    **options: Any,  # noqa: ANN401
) -> None:
    """Make the message of an event only where something reads messages of its level."""
    # dbt's own listener waits for a kind of warning
    if (level or e.level_tag()) not in QUIET or any(logger.level in QUIET for logger in self.loggers):
        fire(self, e, level, *args, **options)


if __name__ == "__main__":
    # the profile names a plugin of this package; appended, so that no name of dbt's is hidden
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    EventManager.fire_event = fire_if_read
    sys.argv[0] = "dbt"
    cli()
