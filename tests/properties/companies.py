"""The made-up companies that the property tests run on."""

from __future__ import annotations

from datetime import date, timedelta

from tests.properties.company import Company, Draw
from tests.properties.draws.finance import draw_books, draw_rates
from tests.properties.draws.hr import draw_hr
from tests.properties.draws.logistics import draw_logistics
from tests.properties.draws.marketing import draw_marketing
from tests.properties.draws.observed import draw_observed
from tests.properties.draws.sales import draw_sales
from tests.properties.draws.service import draw_service

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
            "marketing": (date(2005, 2, 10), date(2030, 1, 1)),
            "service": (date(2004, 6, 1), as_of - timedelta(days=70)),
            "finance": (date(2004, 12, 31), date(2030, 1, 1)),
            "hr": (date(2004, 2, 1), date(2030, 1, 1)),
            "logistics": (date(2005, 1, 1), as_of - timedelta(days=3)),
            "observed": (date(2003, 1, 1), date(2030, 1, 1)),
        },
        fiscal_year_start_month=fiscal_year_start_month,
    )
    for subject in (
        draw_rates,
        draw_sales,
        draw_marketing,
        draw_service,
        draw_books,
        draw_hr,
        draw_logistics,
        draw_observed,
    ):
        # a stream each, so that a change in one subject moves no other
        subject(Draw(f"{name} {subject.__name__}"), company)
    return company
