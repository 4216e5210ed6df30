"""The made-up companies that the property tests run on."""

from __future__ import annotations

from datetime import date

from tests.properties.company import Company, Draw
from tests.properties.draws.finance import draw_rates
from tests.properties.draws.sales import draw_sales

FIRST = date(2005, 1, 1)


def calendar_company() -> Company:
    """Fiscal year = calendar year; the run happens in the middle of a week, a month, a quarter and a year."""
    return _company("calendar", date(2019, 11, 20), 1)


def fiscal_company() -> Company:
    """The fiscal year begins in September, and the run happens on its last day."""
    return _company("fiscal", date(2016, 8, 31), 9)


COMPANIES = {"calendar": calendar_company, "fiscal": fiscal_company}


def _company(name: str, as_of: date, fiscal_year_start_month: int) -> Company:
    company = Company(
        as_of=as_of,
        history_from=FIRST,
        # some begin or end inside the shown history, so that edges are not results
        coverage={
            "sales": (date(2003, 1, 1), date(2030, 1, 1)),
        },
        fiscal_year_start_month=fiscal_year_start_month,
    )
    draw_rates(Draw(f"{name} rates"), company)
    draw_sales(Draw(f"{name} sales"), company)
    return company
