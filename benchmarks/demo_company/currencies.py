"""What foreign currencies cost in kronor, bank day by bank day. Writes finance/exchange_rates.

Rates are whole hundred-millionths (eight decimals), amounts are whole öre and cents: so that an amount
in euro at the day's rate is exactly the kronor that the ledger has booked.
"""

from datetime import date, timedelta

from benchmarks.demo_company.company import Setting
from benchmarks.demo_company.extract import Extracts
from benchmarks.demo_company.workdays import days, is_working_day

DECIMALS = 100_000_000

# Kronor for one unit at the start of each half year from 2023 on; the last holds ever after.
COURSES = {
    "EUR": (11.13, 11.79, 11.10, 11.36, 11.49, 11.14, 10.90),
    "NOK": (1.058, 1.009, 0.990, 0.996, 0.974, 0.941, 0.925),
    "PLN": (2.377, 2.655, 2.556, 2.637, 2.688, 2.626, 2.582),
    "USD": (10.44, 10.81, 10.04, 10.60, 11.05, 9.47, 9.31),
}


class Rates:
    """The rates of all bank days, from the last one before the first fiscal year on."""

    def __init__(self, setting: Setting):
        """Let each currency follow its course, never far from it."""
        self.rates: dict[str, dict[date, int]] = {}
        # A week before the first day, so that the holidays at its beginning have a rate.
        bank_days = [
            day for day in days(setting.first - timedelta(days=7), setting.last) if is_working_day(day)
        ]
        for currency, course in COURSES.items():
            chance, strayed = setting.chance(f"rate {currency}"), 0.0
            self.rates[currency] = {}
            for day in bank_days:
                place = max(0, (day - setting.first).days) / 182.625
                step = min(int(place), len(course) - 2)
                level = course[step] + (course[step + 1] - course[step]) * min(1.0, place - step)
                strayed = 0.93 * strayed + 0.009 * (chance.unit() + chance.unit() - 1)
                self.rates[currency][day] = int(level * (1 + strayed) * DECIMALS)

    def settle(self, currency: str, day: date, ore: int) -> int:
        """Return the foreign amount, in hundredths, that costs exactly so much on a bank day.

        The day's rate is moved in its last decimals until amount times rate is the kronor to four decimals.
        """
        amount = ore * DECIMALS // self.rates[currency][day]
        while True:
            rate = (2 * ore * DECIMALS + amount) // (2 * amount)
            if abs(amount * rate - ore * DECIMALS) * 200 < DECIMALS:
                self.rates[currency][day] = rate
                return amount
            amount += 1


def write_rates(rates: Rates, extracts: Extracts) -> None:
    """Write the rates, when all that is settled on a day has been."""
    rows = extracts.table("finance/exchange_rates", ("currency_code", "rate_date", "rate"))
    for currency, by_day in rates.rates.items():
        for day, rate in by_day.items():
            rows.write(currency, day, f"{rate // DECIMALS}.{rate % DECIMALS:08d}")
