"""Hostile texts: a written list and a seeded generator that puts its pieces together.

``CANARY`` stands in them for the path of a file that nothing may create.
"""

from __future__ import annotations

import random
from pathlib import Path

CANARY = "@CANARY@"

WRITTEN = (
    # SQL, in every kind of quotes
    "'; drop table raw.shop__orders; --",
    '"; drop table raw.shop__orders; --',
    "') ; delete from audit.files; --",
    "x' or '1'='1",
    "'||(select max(monthly_pay) from raw.shop__pay)||'",
    f"'; copy (select 1) to '{CANARY}'; --",
    f"\"; attach '{CANARY}' as stolen; --",
    "'; install httpfs; load httpfs; --",
    "'; set global memory_limit = '1kB'; --",
    "read_csv('/etc/passwd')",
    "union select * from read_text('/etc/passwd')",
    "$$; drop schema audit cascade; $$",
    "/* ", " */ drop table raw.shop__pay /* ", "--", ";", "'", '"', "''", '""', "`", "\\", "\\'", '\\"',
    "?", "$1", ":name", "%s", "{0}", "{batch}", "%(name)s", "${HOME}", "#{1+1}",
    # templates
    "{{ 7 * 7 }}",
    "{{ env_var('HOME') }}",
    f"{{{{ run_query(\"copy (select 1) to '{CANARY}'\") }}}}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{% raw %}", "{# x #}", "{{", "}}", "{%",
    # code of shells, Python, YAML
    f"$(touch {CANARY})", f"`touch {CANARY}`", f"; touch {CANARY}", f"| touch {CANARY}", f"&& touch {CANARY} &&",
    f"__import__('os').system('touch {CANARY}')",
    f"!!python/object/apply:os.system ['touch {CANARY}']",
    "&anchor", "*anchor", "<<: *x", "- a", "a: b", "---", "...", "!tag", "yes", "null", "~",
    # spreadsheets
    f"=cmd|'/C touch {CANARY}'!A0", "=1+1", "+1", "-1", "@SUM(A1)", '=HYPERLINK("http://example.org";"x")', "\t=1+1",
    # styles and terminals
    "[red]x[/red]", "[/red]", "[link=http://example.org]x[/link]", "[bold", "\x1b[2J\x1b[H", "\x1b]0;title\x07",
    "\x1b[31mred\x1b[0m", "\x9b2J", "a\x08b", "\x7f", "\x1b]8;;http://example.org\x1b\\x\x1b]8;;\x1b\\",
    # paths
    "../../etc/passwd", "..", ".", "/etc/passwd", "~root", "~/.ssh/id_rsa", "C:\\Windows", "file:///etc/passwd",
    "http://127.0.0.1/x", "s3://bucket/x", "/dev/stdin", "/proc/self/environ", "con", "nul",
    "-rf", "--help", "-", "--profiles-dir=/", "-e=x",
    "*", "?", "[a-z]", "**/*", "{a,b}", "!x", "a b", " leading", "trailing ", "a..b",
    # letters
    "😀👩‍👩‍👧", "\u202egnp.exe", "a\u200bb", "e\u0301", "é", "\u2028", "\u2066x\u2069", "\ufeffx", "ﬁ", "İ", "ß", "Ω", "K",
    "Ａ", "\u00a0", "Z" * 5000, "å" * 3000, "<script>alert(1)</script>", "<!--", "&amp;", "]]>", "%00", "%2e%2e%2f", "\\x00",
    "NaN", "inf", "-0", "1e999", "0x10", "1_000", "９", "1,5", "TRUE",
)  # fmt: skip


def texts(count: int, seed: str, canary: Path) -> list[str]:
    """So many different hostile texts, the written ones first; the same for the same seed."""
    draw = random.Random(seed)
    found = dict.fromkeys(WRITTEN)
    glue = ("", " ", "'", '"', ";", ",", "\n", "}}", "--", "]", "\t")
    while len(found) < count:
        parts = draw.choices([text for text in WRITTEN if len(text) < 100], k=draw.randint(2, 4))
        found[draw.choice(glue).join(parts)] = None
    return [text.replace(CANARY, str(canary)) for text in list(found)[:count]]


def drawn(count: int, seed: str, canary: Path) -> list[str]:
    """Any of the first thousand texts, in another order for each seed."""
    every = texts(1000, "all", canary)
    return random.Random(seed).sample(every, count)
