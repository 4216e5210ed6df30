"""The words of the scorecard's workbook, in English and Swedish.

What people edit (titles, labels of statuses, goals) comes from the published tables; here is what only a page needs.
"""

from __future__ import annotations

from typing import Any

WORDS: dict[str, dict[str, Any]] = {
    "en": {
        "scorecard": "Scorecard",
        "overview": "Overview",
        "facts": {
            "period": "Period",
            "scope": "Part of the company",
            "currency": "Currency",
            "as_of": "As of",
            "published": "Published",
            "edition": "Edition",
        },
        "whole_company": "the whole company",
        "open": "not over yet: figures so far",
        "perspective": "Perspective",
        "kpis": "KPIs",
        "score": "Score (0–10)",
        "scored": "KPIs in the score",
        "coverage": "Coverage",
        "all": "All",
        "attention": "Strategic KPIs that are off track or at risk",
        "nothing_to_attend": "None.",
        "objectives": "Objectives",
        "objective": ("Objective", "For", "Score (0–1)", "Expected", "Coverage", "Status", "Until", "Owner"),
        "how_to_read": "How to read it",
        "notes": "What the figures do and do not contain",
        "points": "Variances of percentages are in percentage points (pp).",
        "target_hint": "A score of 6.7 means on target; coverage is the share of the KPIs, by weight, that have one.",
        "empty": "No KPI of this perspective speaks about this part of the company.",
        "columns": {
            "title": "KPI",
            "period": "Period",
            "unit": "Unit",
            "actual": "Actual",
            "target": "Target or lower bound",
            "target_upper": "Upper bound",
            "variance": "Variance",
            "variance_ratio": "Variance %",
            "status": "Status",
            "previous": "Previous period",
            "last_year": "Last year",
            "benchmark": "Benchmark",
            "note": "Note",
            "owner": "Owner",
            "goal": "Goal",
            "level": "Level",
            "quality": "Data quality",
        },
        "levels": {"strategic": "Strategic", "operational": "Operational"},
        "units": {
            "count": "count",
            "days": "days",
            "hours": "hours",
            "minutes": "minutes",
            "months": "months",
            "kg": "kg",
            "score": "points",
            "decimal": "ratio",
            "multiple": "times",
            "percent": "%",
        },
        "points_unit": "pp",
        "reasons": {
            "no_data": "No data for the period.",
            "zero_base": "Can't be computed: what it is divided by is 0.",
            "negative_base": "Can't be computed: what it is divided by is negative.",
            "incomplete_period": "The data does not cover the whole period.",
            "withheld": "Withheld to protect a small group of people.",
            "held": "No figure was published before that.",
        },
        "no_value": "No value: {reason}.",
        "comparisons": {
            "zero_target": "The target is 0, so there is no variance in per cent.",
            "no_last_year": "The target is growth on last year, and last year has no value.",
        },
        "so_far": "So far: the period is not over.",
        "held": "The data failed a quality check: shown is what was published last, compared with nothing.",
        "stale": "Some of its data is older than it should be.",
        "warning": "The data passed with a warning.",
        "page": "Page",
        "of": "of",
    },
    "sv": {
        "scorecard": "Styrkort",
        "overview": "Översikt",
        "facts": {
            "period": "Period",
            "scope": "Del av företaget",
            "currency": "Valuta",
            "as_of": "Per den",
            "published": "Publicerad",
            "edition": "Utgåva",
        },
        "whole_company": "hela företaget",
        "open": "inte slut än: siffrorna hittills",
        "perspective": "Perspektiv",
        "kpis": "Nyckeltal",
        "score": "Poäng (0–10)",
        "scored": "Nyckeltal i poängen",
        "coverage": "Täckning",
        "all": "Alla",
        "attention": "Strategiska nyckeltal som är avspårade eller i riskzonen",
        "nothing_to_attend": "Inga.",
        "objectives": "Mål och nyckelresultat",
        "objective": (
            "Mål",
            "För",
            "Poäng (0–1)",
            "Förväntat",
            "Täckning",
            "Status",
            "Till och med",
            "Ansvarig",
        ),
        "how_to_read": "Så läser du styrkortet",
        "notes": "Vad siffrorna innehåller och inte innehåller",
        "points": "Avvikelser mellan procenttal anges i procentenheter (p.e.).",
        "target_hint": "Poängen 6,7 betyder att målet nås; täckningen är nyckeltalens viktade andel med poäng.",
        "empty": "Inget nyckeltal i perspektivet gäller den här delen av företaget.",
        "columns": {
            "title": "Nyckeltal",
            "period": "Period",
            "unit": "Enhet",
            "actual": "Utfall",
            "target": "Mål eller undre gräns",
            "target_upper": "Övre gräns",
            "variance": "Avvikelse",
            "variance_ratio": "Avvikelse %",
            "status": "Status",
            "previous": "Föregående period",
            "last_year": "Föregående år",
            "benchmark": "Jämförelsetal",
            "note": "Anmärkning",
            "owner": "Ansvarig",
            "goal": "Strategiskt mål",
            "level": "Nivå",
            "quality": "Datakvalitet",
        },
        "levels": {"strategic": "Strategisk", "operational": "Operativ"},
        "units": {
            "count": "antal",
            "days": "dagar",
            "hours": "timmar",
            "minutes": "minuter",
            "months": "månader",
            "kg": "kg",
            "score": "poäng",
            "decimal": "kvot",
            "multiple": "gånger",
            "percent": "%",
        },
        "points_unit": "p.e.",
        "reasons": {
            "no_data": "Data saknas för perioden.",
            "zero_base": "Kan inte beräknas: nämnaren är 0.",
            "negative_base": "Kan inte beräknas: nämnaren är negativ.",
            "incomplete_period": "Underlaget täcker inte hela perioden.",
            "withheld": "Visas inte, för att skydda en liten grupp personer.",
            "held": "Inget värde var publicerat dessförinnan.",
        },
        "no_value": "Värde saknas: {reason}.",
        "comparisons": {
            "zero_target": "Målet är 0, så avvikelsen kan inte anges i procent.",
            "no_last_year": "Målet är en tillväxt mot föregående år, men värdet för föregående år saknas.",
        },
        "so_far": "Hittills: perioden är inte slut.",
        "held": "Underlaget klarade inte kvalitetskontrollen: senast publicerade värde visas, utan jämförelser.",
        "stale": "En del av underlaget är äldre än det ska vara.",
        "warning": "Underlaget godkändes med en varning.",
        "page": "Sida",
        "of": "av",
    },
}

# English is the role's own name
ROLES_SV = {
    "chief_executive": "Vd",
    "chief_financial_officer": "Ekonomichef",
    "controller": "Controller",
    "head_of_hr": "Hr-chef",
    "head_of_it": "It-chef",
    "head_of_logistics": "Logistikchef",
    "head_of_marketing": "Marknadschef",
    "head_of_operations": "Driftchef",
    "head_of_product": "Produktchef",
    "head_of_purchasing": "Inköpschef",
    "head_of_sales": "Försäljningschef",
    "head_of_service": "Servicechef",
}
_CAPITALS = {"hr": "HR", "it": "IT"}


def role(name: str, language: str) -> str:
    """A role for people: head_of_hr is the Head of HR."""
    if language == "sv" and name in ROLES_SV:
        return ROLES_SV[name]
    return spaced(name)


def spaced(name: str) -> str:
    """A name of the machine as words: for what somebody has added and nobody has translated."""
    words = [_CAPITALS.get(word, word) for word in name.split("_") if word]
    text = " ".join(words)
    return text[:1].upper() + text[1:]
