"""Orders with their lines, deliveries and invoices, day by day.

Writes sales/orders and order_lines, logistics/deliveries and finance/receivables, since delivery and
payment are decided with the order; hands the sums that the ledger and the stock need to `Sold`.
"""

from array import array
from dataclasses import dataclass, field
from datetime import date, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.chance import total
from benchmarks.demo_company.company import (
    CHANNELS,
    KRONA,
    REGIONS,
    ROADS,
    SEASON,
    Category,
    Channel,
    Setting,
)
from benchmarks.demo_company.extract import Extracts, Table, kronor, share_of, until
from benchmarks.demo_company.hr import Staff
from benchmarks.demo_company.workdays import DAY, days, is_working_day, month_end, working_day_on_or_after

BATCH_ORDERS = 20  # orders of a day that the order system books to the ledger in one entry


@dataclass
class Product:
    """A product: standard cost and list price stay the same all years."""

    product_id: str
    name: str
    category: Category
    supplier_id: str
    unit_cost: int
    list_price: int
    launch: date
    popularity: float


@dataclass
class Customer:
    """A customer; `gone` is the day after which it buys no more."""

    region: str
    channel: Channel
    segment: str
    since: date
    gone: date | None = None
    lead_id: str | None = None
    customer_id: str = ""


@dataclass
class Parcel:
    """What an order takes out of the warehouses; it is sent from the warehouse of its first product."""

    warehouse_id: str
    grams: int = 0
    needs_late_supplier: bool = False

    def add(self, product: Product, quantity: int) -> None:
        """Put a line's goods in."""
        self.grams += quantity * product.category.unit_grams
        self.needs_late_supplier |= product.supplier_id == story.LATE_SUPPLIER_ID


@dataclass
class Batch:
    """Orders of one day as the ledger books them."""

    day: date
    revenue: dict[str, int] = field(default_factory=dict)  # by channel
    cost: int = 0
    card: int = 0
    invoiced: int = 0


@dataclass
class Sold:
    """What the other domains need to know of the sales."""

    batches: list[Batch]
    collected: dict[date, int]  # invoices paid, by day
    opening_receivables: int
    demand: list[array]  # units by product and day
    revenue: dict[tuple[date, str], int]  # by month and channel
    service_fees: dict[date, int]  # by month


class _OrderDesk:
    """Writes orders with their lines, delivery and invoice, and adds them up."""

    def __init__(self, setting: Setting, products: list[Product], staff: Staff, extracts: Extracts):
        self._setting, self._staff = setting, staff
        self._chance = setting.chance("orders")
        self._transport_chance = setting.chance("transport")
        self._assortment: list[tuple[int, float]] = []
        self._products = products
        self._orders: Table = extracts.table(
            "sales/orders",
            ("order_id", "customer_id", "order_date", "region", "channel", "salesperson_id", "status"),
        )
        self._lines = extracts.table(
            "sales/order_lines",
            (
                "order_id",
                "line_number",
                "order_date",
                "product_id",
                "quantity",
                "discount_percent",
                "net_amount",
                "cost_amount",
            ),
        )
        self._deliveries = extracts.table(
            "logistics/deliveries",
            (
                "order_id",
                "promised_date",
                "delivered_date",
                "warehouse_id",
                "is_backordered",
                "is_in_full",
                "carbon_kg",
            ),
        )
        self._receivables = extracts.table(
            "finance/receivables",
            ("invoice_id", "customer_id", "order_id", "invoice_date", "due_date", "amount", "paid_date"),
        )
        length = (setting.last - setting.first).days + 1
        self.sold = Sold([], {}, 0, [array("q", [0]) * length for _ in products], {}, {})
        self._number = 0
        self._batch_orders = 0
        self._sellers: dict[str, list[str]] = {}

    def open_day(self, day: date) -> None:
        """Start a day: its assortment, its sellers, its first batch."""
        self._day = day
        self._assortment = [
            (number, product.popularity)
            for number, product in enumerate(self._products)
            if product.launch <= day
        ]
        self._weight = total(popularity for _, popularity in self._assortment)
        self._sellers = {}
        self._batch_orders = BATCH_ORDERS

    def _product(self) -> int:
        left = self._chance.unit() * self._weight
        for number, popularity in self._assortment:
            left -= popularity
            if left < 0:
                return number
        return self._assortment[-1][0]

    def carry_over(self, customer: Customer, number: int) -> None:
        """Write the first order of an old customer: all that was carried over from the old system."""
        product = self._products[self._chance.whole(0, len(self._products) * 6 // 7 - 1)]
        quantity = self._chance.whole(1, 20)
        order_id = f"G{number:04d}"
        self._orders.write_part(
            "carried_over",
            order_id,
            customer.customer_id,
            customer.since,
            customer.region,
            customer.channel.name,
            None,
            "confirmed",
        )
        self._lines.write_part(
            "carried_over",
            order_id,
            1,
            customer.since,
            product.product_id,
            quantity,
            0,
            kronor(quantity * product.list_price),
            kronor(quantity * product.unit_cost),
        )

    def _batch(self) -> Batch:
        if self._batch_orders >= BATCH_ORDERS:
            self.sold.batches.append(Batch(self._day))
            self._batch_orders = 0
        self._batch_orders += 1
        return self.sold.batches[-1]

    def order(self, customer: Customer, may_cancel: bool) -> None:
        """Take an order of the day."""
        chance, day, channel = self._chance, self._day, customer.channel
        self._number += 1
        order_id = f"O{day.year % 100}-{self._number:05d}"
        seller = None
        if channel.team:
            if channel.team not in self._sellers:
                self._sellers[channel.team] = self._staff.sellers(channel.team, day)
            seller = chance.pick(self._sellers[channel.team])
        # The order system keeps cancelled orders; they never reach ledger, stock or delivery.
        is_cancelled = may_cancel and chance.happens(0.015)
        self._orders.write_part(
            day.year,
            order_id,
            customer.customer_id,
            day,
            customer.region,
            channel.name,
            seller,
            "cancelled" if is_cancelled else "confirmed",
        )
        lines = chance.weighted(((1, 0.36), (2, 0.36), (3, 0.2), (4, 0.08)))
        value = chance.around(channel.order_value, 0.85) / lines
        extra = story.extra_discount_percent(day, customer.region, channel.name)
        net = cost = 0
        parcel = None
        for line in range(1, lines + 1):
            number = self._product()
            product = self._products[number]
            quantity = max(1, int(chance.around(value, 0.4) / product.list_price + 0.5))
            discount = chance.whole(*channel.discount_percent) + extra
            line_net = share_of(quantity * product.list_price, 100 - discount, 100)
            line_cost = quantity * product.unit_cost
            self._lines.write_part(
                day.year,
                order_id,
                line,
                day,
                product.product_id,
                quantity,
                discount,
                kronor(line_net),
                kronor(line_cost),
            )
            net, cost = net + line_net, cost + line_cost
            parcel = parcel or Parcel(product.category.warehouse_id)
            parcel.add(product, quantity)
            if not is_cancelled:
                self.sold.demand[number][(day - self._setting.first).days] += quantity
        if not is_cancelled:
            self._deliver(order_id, customer, parcel)
            self._account(order_id, customer, net, cost)

    def _deliver(self, order_id: str, customer: Customer, parcel: Parcel) -> None:
        chance, day, channel = self._chance, self._day, customer.channel
        promised = working_day_on_or_after(day + timedelta(days=channel.promised_days))
        if chance.happens(story.delivery_on_time_share(day, parcel.needs_late_supplier)):
            delivered = promised - timedelta(days=chance.whole(0, min(3, channel.promised_days - 2)))
            while not is_working_day(delivered):
                delivered += DAY
        else:
            delivered = working_day_on_or_after(promised + timedelta(days=chance.whole(1, 9)))
        chance, is_late = self._transport_chance, delivered > promised
        waited = chance.happens(story.backorder_share(day, parcel.needs_late_supplier, is_late))
        in_full = chance.happens(story.in_full_share(day, parcel.needs_late_supplier, is_late))
        kilometres = ROADS[parcel.warehouse_id][customer.region]
        carbon = parcel.grams * kilometres * story.carbon_grams_per_tonne_km(day) // 10_000_000
        # In hundredths of a kilogram; one haulier in twenty does not report.
        carbon = max(1, int(chance.around(carbon, 0.3)))
        reported = chance.happens(0.95)
        is_known = delivered <= self._setting.last
        self._deliveries.write(
            order_id,
            promised,
            until(delivered, self._setting.last),
            parcel.warehouse_id,
            str(waited).lower(),
            str(in_full).lower() if is_known else None,
            f"{carbon // 100}.{carbon % 100:02d}" if is_known and reported else None,
        )

    def _account(self, order_id: str, customer: Customer, net: int, cost: int) -> None:
        day, channel, sold = self._day, customer.channel, self.sold
        batch = self._batch()
        batch.revenue[channel.name] = batch.revenue.get(channel.name, 0) + net
        batch.cost += cost
        key = (day.replace(day=1), channel.name)
        sold.revenue[key] = sold.revenue.get(key, 0) + net
        if channel.payment_days:
            batch.invoiced += net
            self.invoice(order_id, customer.customer_id, order_id, day, net, channel.payment_days)
        else:
            batch.card += net

    def invoice(
        self, name: str, customer_id: str, order_id: str | None, day: date, amount: int, payment_days: int
    ) -> None:
        """Write an invoice; its payment counts where it falls within the years."""
        due = day + timedelta(days=payment_days)
        late = self._chance.weighted(((0, 0.62), (3, 0.18), (8, 0.12), (21, 0.07), (60, 0.01)))
        paid = max(due, self._setting.first) + timedelta(days=late + story.payment_delay_days(day))
        paid = until(working_day_on_or_after(paid), self._setting.last)
        self._receivables.write(f"F{name[1:]}", customer_id, order_id, day, due, kronor(amount), paid)
        if paid:
            self.sold.collected[paid] = self.sold.collected.get(paid, 0) + amount


def _write_opening_invoices(setting: Setting, desk: _OrderDesk, old: list[Customer]) -> None:
    """Write the invoices of the old system that are unpaid on the first day: the opening receivables."""
    chance = setting.chance("opening invoices")
    payers = [customer for customer in old if customer.channel.payment_days]
    for number in range(95 * setting.scale):
        day = setting.first - timedelta(days=chance.whole(1, 38))
        amount = int(chance.around(150_000, 0.8)) * KRONA
        desk.invoice(f"G{number + 1:04d}", chance.pick(payers).customer_id, None, day, amount, 30)
        desk.sold.opening_receivables += amount


def _take_orders(setting: Setting, desk: _OrderDesk, old: list[Customer], new: list[Customer]) -> None:
    chance = setting.chance("demand")
    cells = [(region, weight, channel) for region, weight in REGIONS for channel in CHANNELS]
    buyers: dict[tuple[str, str], list[Customer]] = {(cell[0], cell[2].name): [] for cell in cells}
    for customer in old:
        buyers[customer.region, customer.channel.name].append(customer)
    due = dict.fromkeys(buyers, 0.0)
    arrivals = 0
    month_weight: dict[tuple[date, str], float] = {}
    for day in days(setting.first, setting.last):
        desk.open_day(day)
        month = day.replace(day=1)
        arrived = []
        while arrivals < len(new) and new[arrivals].since == day:
            customer = new[arrivals]
            # A first order is never cancelled: it is what made the customer one.
            desk.order(customer, may_cancel=False)
            due[customer.region, customer.channel.name] -= 1
            arrived.append(customer)
            arrivals += 1
        for region, weight, channel in cells:
            key = (month, channel.name)
            if key not in month_weight:
                month_weight[key] = total(
                    _day_weight(each, channel) for each in days(month, month_end(month))
                )
            expected = channel.orders_a_year * setting.scale * SEASON[day.month - 1] / 12 * story.trend(day)
            expected *= weight * _day_weight(day, channel) / month_weight[key]
            expected *= story.demand_factor(day, region, channel.name)
            due[region, channel.name] += expected * (0.4 + 1.2 * chance.unit())
            pool = buyers[region, channel.name]
            while due[region, channel.name] >= 1 and pool:
                number = int(chance.unit() * len(pool))
                customer = pool[number]
                if customer.gone and customer.gone < day:
                    pool[number] = pool[-1]
                    pool.pop()
                    continue
                desk.order(customer, may_cancel=True)
                due[region, channel.name] -= 1
        for customer in arrived:
            buyers[customer.region, customer.channel.name].append(customer)


def _day_weight(day: date, channel: Channel) -> float:
    if channel.team:
        return 1.0 if is_working_day(day) else 0.0
    return 1.0 if day.weekday() < 5 else 0.62


def write_orders(
    setting: Setting,
    products: list[Product],
    staff: Staff,
    old: list[Customer],
    new: list[Customer],
    extracts: Extracts,
) -> Sold:
    """Write all orders of the customers from before the first day and of the new ones."""
    desk = _OrderDesk(setting, products, staff, extracts)
    for number, customer in enumerate(old, 1):
        desk.carry_over(customer, number)
    _write_opening_invoices(setting, desk, old)
    _take_orders(setting, desk, old, new)
    return desk.sold
