"""The page's file: shell, styles, scripts and data put together.

Belongs here: what makes the file complete in itself and unable to ask anything of anywhere. Does not belong here: what
is shown (``facts``), how a browser shows it (``static/``).
"""

from __future__ import annotations

import base64
import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import jinja2

from dagster_project.lib.page import facts
from dagster_project.lib.page.edition import opened
from dagster_project.lib.page.packing import Packed, compressed, pack
from dagster_project.lib.page.words import WORDS

_FOLDER = Path(__file__).parent
# Of the whole file, in bytes; what is left of it is for the parts of the company.
LIMIT = 2_500_000
# Libraries that are modules, by the name they are imported by.
_MODULES = {"preact": "preact.mjs", "preact/hooks": "preact-hooks.mjs", "htm": "htm.mjs"}
_SCRIPTS = ("d3.min.js", "plot.umd.min.js")
_STYLES = ("page.css", "phone.css", "print.css")


def render(edition: Path, limit: int = LIMIT) -> str:
    """The page of the edition in this DuckDB file, as HTML.

    Raises:
        PageError: the file is no edition, or one of an earlier version.
    """
    with opened(Path(edition)) as connection:
        core = facts.core(connection)
        data = compressed(core | {"words": WORDS})
        empty = _shell(core["edition"], data, Packed({}, []))
        packed = pack(facts.parts(connection), limit - len(empty.encode()))
    return _shell(core["edition"], data, packed)


def _left_out(packed: Packed) -> list[dict[str, str]]:
    return [{"kind": part.kind, "subject": part.subject, "query": part.query} for part in packed.left_out]


def _shell(edition: dict[str, Any], data: str, packed: Packed) -> str:
    return _template().render(
        edition=edition,
        styles=[_text("static", name) for name in _STYLES],
        scripts=[_inline(_text("vendor", name)) for name in _SCRIPTS],
        modules=_import_map(),
        app=_APP,
        policy=_policy(),
        data=data,
        parts=packed.parts | {"left_out": compressed(_left_out(packed))},
    )


@lru_cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_FOLDER / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html")


@lru_cache
def _text(folder: str, name: str) -> str:
    return (_FOLDER / folder / name).read_text(encoding="utf-8")


def _inline(script: str) -> str:
    """A script that may stand inside a page: nothing in it ends the element that holds it."""
    if "</script" in script.casefold() or "<!--" in script:
        raise ValueError("the script holds a text that HTML would take for its end")
    return script


# The whole program is in the modules; the page only starts it.
_APP = 'import "page/app";'


@lru_cache
def _import_map() -> str:
    """Every module as a data address: the page imports them by name, and no file is asked for."""
    files = {name: _FOLDER / "vendor" / file for name, file in _MODULES.items()}
    files |= {f"page/{file.stem}": file for file in sorted((_FOLDER / "static").glob("*.mjs"))}
    return json.dumps({"imports": {name: _data_address(file) for name, file in files.items()}})


def _data_address(file: Path) -> str:
    return "data:text/javascript;base64," + base64.b64encode(file.read_bytes()).decode()


@lru_cache
def _policy() -> str:
    """What the browser may do for this page: run what it was made with, and ask nothing of anywhere."""
    texts = [*(_text("vendor", name) for name in _SCRIPTS), _import_map(), _APP]
    hashes = " ".join(f"'sha256-{_digest(text)}'" for text in texts)
    return (
        f"default-src 'none'; script-src {hashes} data:; style-src 'unsafe-inline';"
        " base-uri 'none'; form-action 'none'"
    )


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
