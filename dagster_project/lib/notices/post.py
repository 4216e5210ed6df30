"""Delivering a message to addresses, by Apprise, in a process of its own.

Belongs here: sending, within a bounded time, and what may be said of how it went. In a process of its own, since a
receiver that never answers is ended with it, since what a library logs of an address stays in it, and since a night
without notices then loads no library for them. The addresses go there by its standard input: the arguments of a process
can be read by everyone on the machine.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from dagster_project.lib.notices.addresses import kind
from dagster_project.lib.settings import CHECKOUT

# for one address, and for all of them together: they are sent to side by side
ADDRESS_SECONDS = 20.0
TOTAL_SECONDS = 30.0
DONE = "done"


def post(addresses: Sequence[str], title: str, body: str) -> list[str]:
    """Send to each address; for each of them DONE, or what went wrong, which names no address."""
    message = {"addresses": list(addresses), "title": title, "body": body, "seconds": ADDRESS_SECONDS}
    try:
        run = subprocess.run(
            [sys.executable, "-m", __name__],
            input=json.dumps(message),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=CHECKOUT,
            text=True,
            timeout=TOTAL_SECONDS,
            check=False,
        )
        said, rest = run.stdout, "could not be sent to"
    except subprocess.TimeoutExpired as late:
        said = (late.stdout or b"").decode() if not isinstance(late.stdout, str) else late.stdout
        rest = _late()
    except OSError as error:
        said, rest = "", f"could not be sent to ({error.strerror})"
    found = dict(re.findall(r"^(\d+) (.+)$", said, flags=re.MULTILINE))
    return [found.get(str(number), rest) for number in range(len(addresses))]


def named(number: int, address: str) -> str:
    """What may be said of an address."""
    return f"address {number} of SCORECARD_NOTIFY ({kind(address)})"


def _late() -> str:
    return "did not take it in time"


def _send(address: str, title: str, body: str, seconds: float) -> str:
    import apprise

    asset = apprise.AppriseAsset(
        app_id="Scorecard",
        app_desc="KPI scorecard",
        app_url="",
        # no picture from a server, no template and no escape sequence in what a file's names may hold
        image_url_mask=None,
        image_url_logo=None,
        interpret_emojis=False,
        interpret_escapes=False,
        async_mode=False,
        storage_mode=apprise.PersistentStoreMode.MEMORY,
    )
    there = apprise.Apprise(asset=asset)
    if not there.add(address):
        return "is no address that can be used"
    sent = there.notify(
        title=title, body=body, body_format=apprise.NotifyFormat.TEXT, timeout=seconds, log_level=30
    )
    if sent:
        return DONE
    if sent.status == apprise.AppriseResultStatus.TIMEOUT:
        return _late()
    # its words may quote the address; the code of an answer can't
    code = re.search(r"error=(\d{3})\b", " ".join(entry.message for entry in sent.logs()))
    return f"refused it (answer {code[1]})" if code else "could not be reached, or refused it"


def main() -> None:
    """Read a message from the standard input, send it, and write a line for each address as soon as it is known."""
    message = json.load(sys.stdin)
    addresses = message["addresses"]
    with ThreadPoolExecutor(max(1, len(addresses))) as pool:
        sending = {
            pool.submit(_send, address, message["title"], message["body"], message["seconds"]): number
            for number, address in enumerate(addresses)
        }
        for one in as_completed(sending):
            try:
                said = one.result()
            except Exception as error:
                # whatever a library does: its text may quote the address
                said = f"could not be sent to ({type(error).__name__})"
            print(sending[one], said, flush=True)
    # a thread that still waits for an answer is not waited for
    os._exit(0)


if __name__ == "__main__":
    main()
