"""The order in which the domains are made: each takes what those before it have decided."""

from benchmarks.demo_company.company import Setting
from benchmarks.demo_company.currencies import Rates, write_rates
from benchmarks.demo_company.extract import Extracts
from benchmarks.demo_company.finance import Books
from benchmarks.demo_company.hr import (
    Staff,
    write_people,
    write_staff_surveys,
    write_time,
    write_training,
)
from benchmarks.demo_company.logistics import write_logistics, write_production
from benchmarks.demo_company.marketing import write_marketing
from benchmarks.demo_company.observed import write_observations
from benchmarks.demo_company.sales import make_products, write_sales
from benchmarks.demo_company.service import write_service


def generate(setting: Setting) -> dict[str, int]:
    """Write all extracts below `setting.out`; return the number of rows of each file."""
    with Extracts(setting.out) as extracts:
        staff = Staff(setting)
        write_people(setting, staff, extracts)
        write_time(setting, staff, extracts)
        training_cost = write_training(setting, staff, extracts)
        write_staff_surveys(setting, staff, extracts)
        rates = Rates(setting)
        campaigns, marketing_cost = write_marketing(setting, rates, extracts)
        write_rates(rates, extracts)
        products = make_products(setting)
        sold, customers = write_sales(setting, staff, products, campaigns, extracts)
        write_service(setting, customers, extracts)
        stocked = write_logistics(setting, products, sold.demand, extracts)
        write_production(setting, products, extracts)
        write_observations(setting, extracts)
        Books(setting, staff, sold, stocked, marketing_cost, training_cost, extracts).write()
        return extracts.rows
