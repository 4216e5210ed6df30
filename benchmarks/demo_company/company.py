"""What Nordhandel AB is: its parts, sizes and prices at scale 1. What happens to it stands in `story.py`."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks.demo_company.chance import Chance

FIRST_DAY = date(2023, 1, 1)
KRONA = 100  # öre


@dataclass(frozen=True)
class Setting:
    """One run of the generator."""

    out: Path
    seed: int = 20230101
    scale: int = 1
    years: int = 3

    @property
    def first(self) -> date:
        """First day of the first fiscal year."""
        return FIRST_DAY

    @property
    def last(self) -> date:
        """Last day of the last fiscal year: the day the extracts were taken."""
        return date(FIRST_DAY.year + self.years - 1, 12, 31)

    def chance(self, stream: str) -> Chance:
        """Return the stream of chance that carries this name."""
        return Chance(self.seed, stream)


REGIONS = (
    ("Stockholm", 0.34),
    ("Västra Götaland", 0.24),
    ("Skåne", 0.18),
    ("Norrland", 0.12),
    ("Norge", 0.12),
)


@dataclass(frozen=True)
class Channel:
    """A sales channel: orders a year, mean order value at list price, discount, promised days, terms."""

    name: str
    orders_a_year: int
    order_value: int
    discount_percent: tuple[int, int]
    promised_days: int
    payment_days: int  # 0: paid by card with the order
    account_id: str
    team: str | None  # of the employee who sells; None where customers serve themselves


CHANNELS = (
    Channel("web", 1010, 30_000 * KRONA, (0, 6), 4, 0, "3010", None),
    Channel("retail_partner", 740, 130_000 * KRONA, (8, 14), 7, 30, "3020", "Partnersälj"),
    Channel("field_sales", 500, 230_000 * KRONA, (5, 12), 10, 30, "3030", "Fältsälj"),
)

SEGMENTS = (("industri", 0.3), ("detaljhandel", 0.25), ("offentlig", 0.15), ("småföretag", 0.3))

# Share of a month in the year times twelve: a dip in July, a peak in November and December.
SEASON = (0.90, 0.92, 1.02, 0.98, 1.00, 0.98, 0.68, 0.92, 1.04, 1.06, 1.22, 1.28)

PRODUCTS_COUNT = 28
OLD_CUSTOMERS_COUNT = 560


@dataclass(frozen=True)
class Category:
    """A product category: names, unit cost from and to in kronor, margin at list price, warehouse, weight."""

    name: str
    nouns: tuple[str, ...]
    unit_cost: tuple[int, int]
    list_margin: float
    warehouse_id: str
    suppliers: tuple[str, ...]
    unit_grams: int
    assembly_cost: int | None = None  # kronor a unit; None where nothing is put together


CATEGORIES = (
    Category(
        "Kontorsmöbler",
        ("Skrivbord", "Kontorsstol", "Mötesbord"),
        (900, 3200),
        0.44,
        "MMA",
        ("S1", "S2"),
        26_000,
        88,
    ),
    Category(
        "Belysning",
        ("Bordslampa", "Takarmatur", "Golvlampa"),
        (250, 900),
        0.47,
        "GBG",
        ("S3", "S4"),
        3_800,
        34,
    ),
    Category("Förvaring", ("Hylla", "Skåp", "Hurts"), (400, 1800), 0.41, "MMA", ("S2", "S5"), 21_000, 62),
    Category(
        "Verktyg",
        ("Borrmaskin", "Verktygssats", "Laser"),
        (350, 1500),
        0.37,
        "STO",
        ("S5", "S6"),
        4_500,
        27,
    ),
    Category("Arbetskläder", ("Jacka", "Byxa", "Skyddssko"), (180, 700), 0.48, "GBG", ("S7", "S8"), 1_100),
)

WAREHOUSES = (
    ("GBG", "Göteborg", "Västra Götaland"),
    ("MMA", "Malmö", "Skåne"),
    ("STO", "Stockholm", "Stockholm"),
)

# Kilometres by road from a warehouse to the customers of a region.
ROADS = {
    "GBG": {"Stockholm": 470, "Västra Götaland": 90, "Skåne": 270, "Norrland": 980, "Norge": 330},
    "MMA": {"Stockholm": 610, "Västra Götaland": 290, "Skåne": 60, "Norrland": 1190, "Norge": 560},
    "STO": {"Stockholm": 50, "Västra Götaland": 450, "Skåne": 590, "Norrland": 640, "Norge": 520},
}


@dataclass(frozen=True)
class Supplier:
    """A supplier and the lead time it promises, in days."""

    supplier_id: str
    name: str
    country: str
    promised_days: int


SUPPLIERS = (
    Supplier("S1", "Ekfabriken Exempel AB", "SE", 12),
    Supplier("S2", "Møbelverket Eksempel AS", "NO", 14),
    Supplier("S3", "Lichtwerk Muster GmbH", "DE", 16),
    Supplier("S4", "Lampfabriken Exempel AB", "SE", 9),
    Supplier("S5", "Fabryka Przykład Sp. z o.o.", "PL", 14),  # the late one: see story.py
    Supplier("S6", "Werkzeug Muster GmbH", "DE", 15),
    Supplier("S7", "Konfeksjon Eksempel AS", "NO", 11),
    Supplier("S8", "Textil Exempel AB", "SE", 10),
)


@dataclass(frozen=True)
class Department:
    """A department: people at the start, share of women, mean monthly pay in kronor, teams, accounts."""

    department_id: str
    name: str
    people: int
    women_share: float
    pay: int
    teams: tuple[str, ...]
    pay_account_id: str
    fee_account_id: str
    writes_time: bool = False


DEPARTMENTS = (
    Department("D1", "Försäljning", 15, 0.40, 41_000, ("Fältsälj", "Partnersälj"), "7211", "7511"),
    Department("D2", "Marknad", 7, 0.60, 38_500, ("Kampanj", "Webb"), "7212", "7512"),
    Department(
        "D3", "Projekt och rådgivning", 10, 0.45, 42_500, ("Projekt", "Rådgivning"), "7213", "7513", True
    ),
    Department("D4", "Kundservice", 11, 0.58, 31_500, ("Support", "Installation"), "7213", "7513", True),
    Department("D5", "Lager och logistik", 18, 0.32, 30_000, ("Lager", "Transport"), "7213", "7513"),
    Department("D6", "Inköp", 7, 0.50, 39_000, ("Operativt inköp", "Sortiment"), "7213", "7513"),
    Department("D7", "Ekonomi och HR", 9, 0.62, 40_000, ("Ekonomi", "HR och IT"), "7213", "7513"),
)

# The occupation of those in a team who do not lead it.
OCCUPATIONS = {
    "Fältsälj": "Säljare",
    "Partnersälj": "Säljare",
    "Kampanj": "Marknadsförare",
    "Webb": "Marknadsförare",
    "Projekt": "Projektledare",
    "Rådgivning": "Rådgivare",
    "Support": "Kundservicemedarbetare",
    "Installation": "Installatör",
    "Lager": "Lager- och transportarbetare",
    "Transport": "Lager- och transportarbetare",
    "Operativt inköp": "Inköpare",
    "Sortiment": "Inköpare",
    "Ekonomi": "Ekonom",
    "HR och IT": "HR- och IT-specialist",
}
LEADER = "Chef"

# What people answer when they are asked which group they count themselves to; some do not answer.
STATED_GROUPS = (("svensk", 0.58), ("finsk", 0.10), ("polsk", 0.12), ("syrisk", 0.10), (None, 0.10))
STATED_GROUPS_IN_WAREHOUSES = (
    ("svensk", 0.38),
    ("finsk", 0.04),
    ("polsk", 0.34),
    ("syrisk", 0.12),
    (None, 0.12),
)

LEAD_CHANNELS = (("search", 0.32), ("social", 0.2), ("email", 0.14), ("fair", 0.2), ("referral", 0.14))

# The account that carries the cost of a marketing channel.
MARKETING_ACCOUNTS = {
    "search": "5911",
    "social": "5912",
    "email": "5913",
    "fair": "5914",
    "influencer": "5915",
}
