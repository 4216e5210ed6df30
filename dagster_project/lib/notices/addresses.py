"""Where notices go: the addresses that SCORECARD_NOTIFY names, which hold passwords and tokens.

Belongs here: reading the setting, and what may be said of an address: its number and its kind, never itself.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

# an address may hold commas itself (several recipients): one ends where the next one begins
_BETWEEN = re.compile(r"[\s,;]+(?=[A-Za-z][A-Za-z0-9+.-]*://)")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+")


class AddressesWrong(ValueError):
    """The setting can't be used; the text does not quote it."""


def read_addresses(text: str) -> tuple[str, ...]:
    """The addresses of a setting: themselves, or the path of a file with one on each line (`#` begins a remark)."""
    text = text.strip()
    if not text:
        return ()
    where = "it"
    if "://" not in text:
        try:
            path = Path(text).expanduser()
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, RuntimeError, ValueError) as error:
            # what stands there may be an address without its scheme, so it is not quoted either
            why = error.strerror if isinstance(error, OSError) else "it is no text"
            raise AddressesWrong(
                f"is neither addresses such as mailto://… or json://… nor a file of them that can be read ({why})"
            ) from None
        text = "\n".join(line for line in lines if not line.lstrip().startswith("#"))
        where = "its file"
    found = [part.strip(" \t\r\n,;") for part in _BETWEEN.split(text.strip())]
    for number, address in enumerate(found, start=1):
        if not _ADDRESS.fullmatch(address):
            raise AddressesWrong(
                f"holds something that is no address: number {number} of {where}; each begins with its kind, such as "
                "mailto:// or json://, and has no spaces in it (write %20)"
            )
    return tuple(dict.fromkeys(found))


def kind(address: str) -> str:
    """What may be said of an address: how it delivers."""
    found = _ADDRESS.match(address)
    return found[1].lower() if found else "unknown"


def fingerprint(address: str) -> str:
    """A name to remember an address by: it can't be turned back, and guessing a password by it is slow."""
    return hashlib.scrypt(address.encode(), salt=b"scorecard notices", n=2**14, r=8, p=1, dklen=8).hex()
