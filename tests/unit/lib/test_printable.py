"""What a file or cell holds is shown, never obeyed."""

import io

import pytest
from rich.panel import Panel

from dagster_project.lib.printable import PlainConsole, printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\rb", "a\\x0db"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202egnp.exe", "\\u202egnp.exe"),
        ("one\u2028two", "one\\u2028two"),
        ("\udcff.csv", "\\udcff.csv"),
        ("\0", "\\x00"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_its_code(text, shown):
    assert printable(text) == shown


@pytest.mark.parametrize(
    "text", ["Skåne", "two\nlines\tand a tab", "😀", "سلام", "[red]x[/red]", "{{ x }}", ""]
)
def test_what_people_write_stays_as_it_is(text):
    assert printable(text) == text


@pytest.mark.parametrize("wrapped", [str, Panel], ids=["text", "panel"])
def test_the_console_shows_markup_and_escapes_as_they_stand(wrapped):
    out = io.StringIO()
    PlainConsole(file=out, width=80, force_terminal=False).print(wrapped("[/red] \x1b[31mred\x1b[0m"))
    assert "[/red] \\x1b[31mred\\x1b[0m" in out.getvalue()
    assert "\x1b" not in out.getvalue()
