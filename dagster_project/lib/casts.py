"""From text to typed values and back, as SQL expressions: the rules by which a value is read.

Only single values belong here; files and rows are the work of `extract.py` and `ingest.py`. No value is ever
guessed: what does not have exactly the declared form is NULL here, and its row a reject with a reason.
DuckDB's own TRY_CAST is too kind for that (it reads `1e3`, `1_000`, `3.7` as integer 4, `infinity` as a
date), so every value must first match a pattern.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from dagster_project.lib.sources import ADJACENT_PARTS, Column
from dagster_project.lib.sql import identifier, literal

# Reason codes as they stand in audit.rejects, and in words.
REASONS = {
    "empty_required": "is empty, but must hold a value",
    "not_a_number": "is not a plain number with `{separator}` as decimal separator",
    "not_an_integer": "is not a whole number",
    "too_many_decimals": "has more decimals than {type} can hold, and figures are never rounded here",
    "out_of_range": "is too large for {type}",
    "not_a_date": "is not a date in the form {format}",
    "not_a_timestamp": "is not a point in time in the form {format}",
    "not_a_boolean": "is neither true/false, yes/no, t/f, y/n nor 1/0",
    "unknown_kpi": "is no observed KPI of the catalogue (seeds/reference/kpis.csv){nearest}",
    "duplicate_key": "is the key of another row too",
}

_ISO_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
# A date column takes a midnight after the day, as many databases export it: nothing is lost without it.
_MIDNIGHT = r"([ T]00:00(:00([.]0+)?)?)?"
_CLOCK = r"[ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6}0*)?)?"
_OFFSET = r"(Z|[+-][0-9]{2}(:[0-9]{2})?)"
_INTEGER = r"[+-]?[0-9]+"


@dataclass(frozen=True)
class Cast:
    """How one column is read: SQL for its value, for the reason where it has none, and for its text again."""

    column: Column
    value: str
    reason: str
    text: str


def cast(column: Column, text: str, typed: str, decimal_separator: str) -> Cast:
    """The rules for one column, where `text` is SQL for its text and `typed` for its stored value."""
    kind = column.data_type
    back = f"cast({typed} as varchar)"
    if column.known_values is not None:
        known = ", ".join(literal(value) for value in column.known_values) or "null"
        value = f"case when {text} in ({known}) then {text} end"
        reason = f"case when {text} is null then 'empty_required' else 'unknown_kpi' end"
        return Cast(column, value, reason, typed)
    if kind == "varchar":
        return Cast(column, text, literal("empty_required"), typed)
    if kind == "boolean":
        value = (
            f"case when lower({text}) in ('true', 't', 'yes', 'y', '1') then true "
            f"when lower({text}) in ('false', 'f', 'no', 'n', '0') then false end"
        )
        reason = literal("not_a_boolean")
    elif kind in ("date", "timestamp"):
        value, back = _moment(column, text, typed)
        reason = literal("not_a_date" if kind == "date" else "not_a_timestamp")
    else:
        value, reason = _number(column, text, decimal_separator)
        if decimal_separator != ".":
            back = f"replace({back}, '.', {literal(decimal_separator)})"
    reason = f"case when {text} is null then 'empty_required' else {reason} end"
    return Cast(column, value, reason, back)


def describe(reason: str, column: Column | None, decimal_separator: str, value: str | None = None) -> str:
    """A reason code in words; with the rejected value it can also say what was probably meant."""
    if column is None:
        return REASONS[reason]
    if reason == "unknown_kpi":
        near = get_close_matches(value or "", column.known_values or (), n=1)
        return REASONS[reason].format(nearest=f"; did you mean `{near[0]}`?" if near else "")
    shown = column.format or ("YYYY-MM-DD" if column.data_type == "date" else "YYYY-MM-DD HH:MM:SS")
    return REASONS[reason].format(separator=decimal_separator, type=column.data_type, format=shown)


def explain(column: Column, samples: Sequence[str], decimal_separator: str) -> str | None:
    """What the unreadable values of a column seem to be, for the person who has to repair it. Only a hint."""
    if not samples:
        return None
    if column.decimal or column.data_type in ("double", "integer", "bigint"):
        other = "," if decimal_separator == "." else "."
        if all(re.fullmatch(rf"[+-]?[0-9]+[{other}][0-9]+", sample) for sample in samples):
            declared = f"declared is `{decimal_separator}`"
            return f"the values are numbers with `{other}` as decimal separator, {declared}"
        if all(
            re.fullmatch(r"[+-]?[0-9]{1,3}([ .,'\u00a0][0-9]{3})+([.,][0-9]+)?", sample) for sample in samples
        ):
            return "the values are numbers with thousands separators; they must be exported without them"
        if all(re.fullmatch(r"[+-]?[0-9.,]+[eE][+-]?[0-9]+", sample) for sample in samples):
            return "the values are in scientific notation and have lost digits; export them as plain numbers"
    if column.data_type in ("date", "timestamp"):
        for candidate in ("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y/%m/%d", "%Y%m%d", "%d-%m-%Y"):
            for form in (candidate, f"{candidate} %H:%M:%S", f"{candidate} %H:%M"):
                if form != column.format and all(_reads_as(sample, form) for sample in samples):
                    return f"all of them could be read with the format `{form}`"
    return None


def _number(column: Column, text: str, separator: str) -> tuple[str, str]:
    mark = f"[{separator}]"
    plain = rf"[+-]?([0-9]+({mark}[0-9]*)?|{mark}[0-9]+)"
    dotted = text if separator == "." else f"replace({text}, {literal(separator)}, '.')"
    if column.data_type == "double":
        converted = f"try_cast({dotted} as double)"
        pattern = plain + r"([eE][+-]?[0-9]+)?"
        value = f"case when {_matches(text, pattern)} and isfinite({converted}) then {converted} end"
        return value, f"case when {_matches(text, pattern)} then 'out_of_range' else 'not_a_number' end"
    if column.decimal:
        scale = column.decimal[1]
        # Zeros behind the last decimal that fits lose nothing; any other digit there would be rounded away.
        some = f"{mark}[0-9]{{1,{scale}}}0*" if scale else f"{mark}0+"
        pattern = rf"[+-]?([0-9]+({mark}[0-9]{{0,{scale}}}0*)?|{some})"
        misfit = f"when {_matches(text, plain)} then 'too_many_decimals' else 'not_a_number'"
    else:
        pattern = rf"{_INTEGER}({mark}0*)?"
        misfit = "else 'not_an_integer'"
    value = f"case when {_matches(text, pattern)} then try_cast({dotted} as {column.data_type}) end"
    return value, f"case when {_matches(text, pattern)} then 'out_of_range' {misfit} end"


def _moment(column: Column, text: str, typed: str) -> tuple[str, str]:
    kind = column.data_type
    if column.format is not None:
        parsed = f"try_strptime({text}, {literal(column.format)})"
        if "%z" in column.format:
            # With an offset the result carries a time zone; a cast would move it to the session's own.
            parsed = f"make_timestamp(epoch_us({parsed}))"
        # %Y also reads `24`, as the year 24: a short year under a long format is an error, not antiquity.
        certain = f"year({parsed}) >= 1000"
        if ADJACENT_PARTS.search(column.format):
            # `2024105` under %Y%m%d could be two days; only full width says which.
            certain += f" and strftime({parsed}, {literal(column.format)}) = {text}"
        value = f"case when {certain} then cast({parsed} as {kind}) end"
        zoned = f"cast({typed} as timestamp)" + (" at time zone 'UTC'" if "%z" in column.format else "")
        return value, f"strftime({zoned}, {literal(column.format)})"
    back = f"cast({typed} as varchar)"
    if kind == "date":
        pattern = _ISO_DATE + _MIDNIGHT
        return f"case when {_matches(text, pattern)} then try_cast(left({text}, 10) as date) end", back
    with_offset = _matches(text, _ISO_DATE + _CLOCK + _OFFSET)
    without = _matches(text, f"{_ISO_DATE}({_CLOCK})?")
    # An offset is converted to UTC; a cast to timestamp would just drop it.
    value = (
        f"case when {without} then try_cast({text} as timestamp) "
        f"when {with_offset} then make_timestamp(epoch_us(try_cast({text} as timestamptz))) end"
    )
    return value, back


def _matches(text: str, pattern: str) -> str:
    return f"regexp_full_match({text}, {literal(pattern)})"


def _reads_as(sample: str, form: str) -> bool:
    try:
        datetime.strptime(sample, form)
    except ValueError:
        return False
    return True


def casts(
    columns: Sequence[Column], decimal_separator: str, text_prefix: str, typed_prefix: str
) -> list[Cast]:
    """The rules for several columns; texts and values are columns of the same names, with a prefix each."""
    return [
        cast(
            column,
            text_prefix + identifier(column.name),
            typed_prefix + identifier(column.name),
            decimal_separator,
        )
        for column in columns
    ]
