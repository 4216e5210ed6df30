"""What Python needs to know of the KPI catalogue, read from the seed that business people edit.

Belongs here: the catalogue's rows as they stand, and the names in it that Python goes by. Does not belong here: what is
published of it (dbt's ``kpi_catalogue``), or anything that is computed.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

CATALOGUE_SEED = Path(__file__).resolve().parents[2] / "seeds" / "reference" / "kpis.csv"
# the one KPI model that carries several KPIs, and their domain
OBSERVED_MODEL = "observed_kpis"
OBSERVED_DOMAIN = "observed"
# types of scope that can be a single person: never on what is passed on, the page and the notices
SINGLE_PEOPLE = ("customer", "employee")


@cache
def catalogue_rows() -> tuple[dict[str, str], ...]:
    """Every row of the catalogue, in the order of the file."""
    with CATALOGUE_SEED.open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def observed_kpi_ids() -> tuple[str, ...]:
    """The KPIs that are measured elsewhere and landed as figures, sorted."""
    return tuple(sorted(row["kpi_id"] for row in catalogue_rows() if row["domains"] == OBSERVED_DOMAIN))
