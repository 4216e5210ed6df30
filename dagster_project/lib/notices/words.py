"""A digest as plain text, in English and Swedish: a title of counts and a body of one line for each thing that is new.

Belongs here: words, figures as people write them, and the caps that keep it short. Names come from files that others
write, so each is one short line without a character that a receiver would obey.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from dagster_project.lib.notices.news import Kpi, Latest, News, Sign, Signal, State, Together, Turn
from dagster_project.lib.printable import printable
from dagster_project.lib.terminal import format_value
from dagster_project.lib.workbook.words import WORDS as WORKBOOK_WORDS

SHOWN = 8
_NAME_LENGTH = 80
_CHECK_LENGTH = 160
# "@everyone" and "<!channel>" ring with all who read a chat: a space without width after the sign, and they are words
_CALLS = re.compile(r"[@!](?=\w)")
# units that stand behind a figure; a percent sign does already, a count or a ratio has none
_UNITS = ("days", "hours", "minutes", "months", "kg")

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "title": "Scorecard {as_of}: {counts}",
        "counts": {
            "worse": "{} worse",
            "better": "{} better",
            "signals": ("{} signal", "{} signals"),
            "held": "{} held",
            "released": "{} released",
            "stale": "{} stale",
        },
        "intro": "{company}, as of {as_of}. New since the edition of {then}:",
        "headings": {
            "worse": "Turned for the worse",
            "better": "Turned for the better",
            "signals": "Signals: the latest period is more than the usual ups and downs",
            "held": "Held: data failed a check, the last published figures are shown",
            "released": "No longer held",
            "stale": "Stale: shown from data that is older than it should be",
        },
        "turn": "{now} since {since}",
        "before": ", before {before}",
        "first": ", not judged before",
        "target": ", target {target}",
        "to": "to",
        "also": "also by {grains}",
        "and": "and",
        "grains": {"month": "month", "quarter": "quarter", "year": "year"},
        "rules": {
            "above_limits": "above its usual range",
            "below_limits": "below its usual range",
            "run_above": "{run} periods in a row above its usual level",
            "run_below": "{run} periods in a row below its usual level",
        },
        "limits": " ({lower} to {upper})",
        "mean": " ({centre})",
        "good": {True: ", which is good", False: ", which is bad", None: ""},
        "signal": "a signal: {rule}",
        "since": "since {since}",
        "data_as_of": "data as of {since}",
        "more": "and {} more",
        "page": "The scorecard: {place}",
        "edition": "Edition {edition}",
        "decimal": ".",
        "test_title": "Scorecard: test of the notices",
        "test_body": "This is a test. A digest of what is new comes here after a night in which something is.",
    },
    "sv": {
        "title": "Styrkort {as_of}: {counts}",
        "counts": {
            "worse": "{} sämre",
            "better": "{} bättre",
            "signals": ("{} signal", "{} signaler"),
            "held": ("{} pausat", "{} pausade"),
            "released": ("{} åter aktuellt", "{} åter aktuella"),
            "stale": ("{} inaktuellt", "{} inaktuella"),
        },
        "intro": "{company}, per den {as_of}. Nytt sedan utgåvan per den {then}:",
        "headings": {
            "worse": "Har blivit sämre",
            "better": "Har blivit bättre",
            "signals": "Signaler: den senaste perioden är mer än de vanliga svängningarna",
            "held": "Pausade: underlaget klarade inte en kontroll, de senast publicerade siffrorna visas",
            "released": "Inte längre pausade",
            "stale": "Inaktuella: visas från underlag som är äldre än det ska vara",
        },
        "turn": "{now} sedan {since}",
        "before": ", tidigare {before}",
        "first": ", inte bedömt tidigare",
        "target": ", mål {target}",
        "to": "till",
        "also": "även per {grains}",
        "and": "och",
        "grains": {"month": "månad", "quarter": "kvartal", "year": "år"},
        "rules": {
            "above_limits": "över sitt vanliga intervall",
            "below_limits": "under sitt vanliga intervall",
            "run_above": "{run} perioder i rad över sin vanliga nivå",
            "run_below": "{run} perioder i rad under sin vanliga nivå",
        },
        "limits": " ({lower} till {upper})",
        "mean": " ({centre})",
        "good": {True: ", vilket är bra", False: ", vilket är dåligt", None: ""},
        "signal": "en signal: {rule}",
        "since": "sedan {since}",
        "data_as_of": "underlag till och med {since}",
        "more": "och {} till",
        "page": "Styrkortet: {place}",
        "edition": "Utgåva {edition}",
        "decimal": ",",
        "test_title": "Styrkort: prov av notiserna",
        "test_body": "Detta är ett prov. Hit kommer en sammanfattning efter en natt med något nytt.",
    },
}
LANGUAGES = tuple(WORDS)
_SECTIONS = ("worse", "better", "signals", "held", "released", "stale")


def safe(text: str, length: int = _NAME_LENGTH) -> str:
    """A name on one short line: no line break, nothing that a terminal, a mail header or a chat would obey."""
    line = _CALLS.sub("\\g<0>\u200b", printable(" ".join(text.split())))
    return line if len(line) <= length else f"{line[: length - 1]}…"


def title(found: News, language: str) -> str:
    """What a digest is called: the day and how many there are of what. Counts alone, no name."""
    words = WORDS[language]
    counts = []
    for section in _SECTIONS:
        count = _count(getattr(found, section))
        forms = words["counts"][section]
        if count:
            one, many = (forms, forms) if isinstance(forms, str) else forms
            counts.append((one if count == 1 else many).format(count))
    return words["title"].format(as_of=found.now.as_of, counts=", ".join(counts))


def body(found: News, language: str, place: str) -> str:
    """The digest: what is new, and where to look."""
    words = WORDS[language]
    intro = words["intro"].format(
        company=safe(found.now.company_name), as_of=found.now.as_of, then=found.then.as_of
    )
    blocks = [intro]
    tellers: dict[str, Callable[..., str]] = {"worse": _turn, "better": _turn, "signals": _sign}
    for section in _SECTIONS:
        things: Sequence[Any] = getattr(found, section)
        if not things:
            continue
        tell = tellers.get(section, _together)
        lines = [f"- {tell(found.now, thing, language, section)}" for thing in things[:SHOWN]]
        if len(things) > SHOWN:
            left = _count(things[SHOWN:])
            lines.append(f"- {words['more'].format(left)}")
        blocks.append("\n".join([f"{words['headings'][section]} ({_count(things)})", *lines]))
    blocks.append(
        "\n".join([words["page"].format(place=place), words["edition"].format(edition=found.now.edition_id)])
    )
    return "\n\n".join(blocks) + "\n"


def _count(things: Sequence[Any]) -> int:
    return sum(len(thing.kpis) if isinstance(thing, Together) else 1 for thing in things)


def _turn(state: State, turn: Turn, language: str, _: str) -> str:
    words = WORDS[language]
    now = _label(state, turn.now.status, language)
    said = words["turn"].format(now=now, since=turn.now.since)
    before = _label(state, turn.before, language) if turn.before else ""
    said += words["before"].format(before=before) if before else words["first"]
    figures = _figures(state, turn.kpi, turn.figures, language, turn.now.since)
    parts = [said, figures, *_also(turn.grains, language)]
    if turn.signal:
        parts.append(words["signal"].format(rule=_rule(state, turn.kpi, turn.signal, language)))
    return f"{_name(turn.kpi, turn.figures, language)}: {'; '.join(parts)}"


def _label(state: State, status: str, language: str) -> str:
    return safe(state.labels.get(status, {}).get(language) or status)


def _sign(state: State, sign: Sign, language: str, _: str) -> str:
    parts = [
        _rule(state, sign.kpi, sign.signal, language) + WORDS[language]["good"][sign.signal.is_favourable],
        _figures(state, sign.kpi, sign.figures, language),
        *_also(sign.grains, language),
    ]
    return f"{_name(sign.kpi, sign.figures, language)}: {'; '.join(parts)}"


def _together(state: State, group: Together, language: str, section: str) -> str:
    words = WORDS[language]
    names = [safe(kpi.titles[language]) for kpi in group.kpis[:SHOWN]]
    if len(group.kpis) > SHOWN:
        names.append(words["more"].format(len(group.kpis) - SHOWN))
    reasons = []
    if group.reason:
        reasons.append(safe(group.reason, _CHECK_LENGTH))
    if group.since:
        reasons.append(words["data_as_of" if section == "stale" else "since"].format(since=group.since))
    return ", ".join(names) + (f": {', '.join(reasons)}" if reasons else "")


def _name(kpi: Kpi, figures: Latest, language: str) -> str:
    name = safe(kpi.titles[language])
    return f"{name}, {safe(figures.scope_name)}" if figures.scope_type != "company" else name


def _also(grains: Sequence[str], language: str) -> list[str]:
    words = WORDS[language]
    names = [words["grains"][grain] for grain in grains]
    return [words["also"].format(grains=f" {words['and']} ".join(names))] if names else []


def _rule(state: State, kpi: Kpi, signal: Signal, language: str) -> str:
    words = WORDS[language]
    said = words["rules"].get(signal.rule, safe(signal.rule)).format(run=signal.run_length or "")
    shown = {
        "centre": _value(state, kpi, signal.centre, language),
        "lower": _bare(kpi, signal.lower, language),
        "upper": _value(state, kpi, signal.upper, language),
    }
    if "limits" in signal.rule:
        has_limits = signal.lower is not None and signal.upper is not None
        return said + (words["limits"].format(**shown) if has_limits else "")
    return said + (words["mean"].format(**shown) if signal.centre is not None else "")


def _figures(state: State, kpi: Kpi, figures: Latest, language: str, since: str = "") -> str:
    """The latest figure and its target; its period is named unless it is the one just named."""
    words = WORDS[language]
    said = "" if figures.period == since else f"{figures.period}: "
    said += _value(state, kpi, figures.actual, language)
    if figures.lower is not None and figures.upper is not None:
        upper = _value(state, kpi, figures.upper, language)
        band = f"{_bare(kpi, figures.lower, language)} {words['to']} {upper}"
        return said + words["target"].format(target=band)
    if figures.target is None:
        return said
    return said + words["target"].format(target=_value(state, kpi, figures.target, language))


def _value(state: State, kpi: Kpi, value: Decimal | None, language: str) -> str:
    """A figure with its unit, as people of the language write it."""
    text = format_value(value, kpi.display_format).replace(".", WORDS[language]["decimal"])
    if value is None:
        return text
    if kpi.display_format == "amount":
        return f"{text} {safe(state.currency, 8)}"
    if kpi.display_format in _UNITS:
        return f"{text} {WORKBOOK_WORDS[language]['units'][kpi.display_format]}"
    return text


def _bare(kpi: Kpi, value: Decimal | None, language: str) -> str:
    """A figure without its unit, as the first of two."""
    text = format_value(value, kpi.display_format).removesuffix(" %")
    return text.replace(".", WORDS[language]["decimal"])
