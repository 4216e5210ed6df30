"""Suppliers, warehouses, purchase orders with their receipts, stock by day. Writes the logistics/ files.

A sold unit leaves stock on the order day, a received unit enters it on the receipt day unless it is
rejected: so stock at standard cost is what the ledger's inventory account must show, to the öre.
"""

from array import array
from dataclasses import dataclass
from datetime import date, timedelta

from benchmarks.demo_company import story
from benchmarks.demo_company.company import KRONA, SUPPLIERS, WAREHOUSES, Setting, Supplier
from benchmarks.demo_company.extract import Extracts, kronor, until
from benchmarks.demo_company.orders import Product
from benchmarks.demo_company.workdays import days, is_working_day, working_day_on_or_after

COVER_DAYS = 34  # a purchase covers the demand of so many days
SAFETY_DAYS = 17
ASSEMBLIES_A_WEEK = {"GBG": 2, "MMA": 3, "STO": 1}


@dataclass
class Stocked:
    """What the ledger needs to know of purchases and stock."""

    opening_value: int
    received: dict[date, int]  # value of accepted goods by day


class _Shelf:
    """Stock and open purchases of one product."""

    def __init__(self, product: Product, demand: array, first: date):
        self.product = product
        self._sums = array("q", [0])
        for quantity in demand:
            self._sums.append(self._sums[-1] + quantity)
        self._length = len(demand)
        self.launch_index = max(0, (product.launch - first).days)
        self.on_order = 0
        self.arrivals: dict[int, int] = {}
        self.quantity = self.need(0, COVER_DAYS + SAFETY_DAYS + 10) if product.launch < first else 0

    def need(self, index: int, length: int) -> int:
        """Return the units sold in the `length` days from `index`; past the last day, the pace before it."""
        first = min(max(index, self.launch_index), self._length)
        known = max(0, min(index + length, self._length) - first)
        sold = self._sums[first + known] - self._sums[first]
        missing = index + length - max(first + known, self.launch_index)
        if missing > 0 and first + known >= self._length:
            # The season after the last day is low: two thirds of the pace of the last 60 days.
            sold += (self._sums[-1] - self._sums[max(0, self._length - 60)]) * missing * 2 // (60 * 3)
        return sold


def write_logistics(
    setting: Setting, products: list[Product], demand: list[array], extracts: Extracts
) -> Stocked:
    """Live through the days: receive, sell, count, and buy once a week from each supplier."""
    warehouses = extracts.table("logistics/warehouses", ("warehouse_id", "warehouse_name", "region"))
    for warehouse in WAREHOUSES:
        warehouses.write(*warehouse)
    suppliers = extracts.table(
        "logistics/suppliers", ("supplier_id", "supplier_name", "country", "promised_lead_time_days")
    )
    for supplier in SUPPLIERS:
        suppliers.write(supplier.supplier_id, supplier.name, supplier.country, supplier.promised_days)
    stock = extracts.table("logistics/stock", ("stock_date", "warehouse_id", "product_id", "quantity"))
    shelves = [_Shelf(product, demand[number], setting.first) for number, product in enumerate(products)]
    opening_value = sum(shelf.quantity * shelf.product.unit_cost for shelf in shelves)
    buyer = _Buyer(setting, shelves, extracts)
    for index, day in enumerate(days(setting.first, setting.last)):
        for place, supplier in enumerate(SUPPLIERS):
            # Bought on a fixed weekday, on the next working day in a week with a holiday.
            if is_working_day(day) and _is_buying_day(day, place % 5):
                buyer.buy(supplier, index, day)
        for shelf, sold in zip(shelves, demand, strict=True):
            product, left = shelf.product, shelf.quantity - sold[index]
            if left + shelf.arrivals.get(index, 0) < 0:
                buyer.fetch(shelf, -left, day)
            arrived = shelf.arrivals.pop(index, 0)
            shelf.on_order -= arrived
            shelf.quantity = left + arrived
            # From the first receipt on, which may come some days before the launch.
            if day >= product.launch or shelf.quantity:
                stock.write_part(
                    day.year, day, product.category.warehouse_id, product.product_id, shelf.quantity
                )
    return Stocked(opening_value, buyer.received)


def _is_buying_day(day: date, weekday: int) -> bool:
    wanted = day - timedelta(days=day.weekday()) + timedelta(days=weekday)
    return working_day_on_or_after(wanted) == day


class _Buyer:
    """Places purchase orders and books what comes of them."""

    def __init__(self, setting: Setting, shelves: list[_Shelf], extracts: Extracts):
        self._setting = setting
        self._chance = setting.chance("logistics")
        self._shelves: dict[str, list[_Shelf]] = {supplier.supplier_id: [] for supplier in SUPPLIERS}
        for shelf in shelves:
            self._shelves[shelf.product.supplier_id].append(shelf)
        self._orders = extracts.table(
            "logistics/purchase_orders",
            ("purchase_order_id", "supplier_id", "ordered_date", "promised_date", "received_date"),
        )
        self._lines = extracts.table(
            "logistics/purchase_order_lines",
            (
                "purchase_order_id",
                "line_number",
                "product_id",
                "ordered_quantity",
                "received_quantity",
                "rejected_quantity",
                "unit_cost",
            ),
        )
        self._number = 0
        self.received: dict[date, int] = {}

    def buy(self, supplier: Supplier, index: int, day: date) -> None:
        """Order what must be bought so that stock lasts until the purchase after this one."""
        chance = self._chance
        # Buyers know their suppliers: they plan with the delay that they have learnt to expect.
        expected_delay = story.supplier_delay_days(day, supplier.supplier_id)
        lead = supplier.promised_days + int(expected_delay * 1.2) + 7
        wanted: list[tuple[_Shelf, int]] = []
        for shelf in self._shelves[supplier.supplier_id]:
            if shelf.product.launch > day + timedelta(days=lead):
                continue
            left = shelf.quantity + shelf.on_order - shelf.need(index, lead)
            if left < shelf.need(index + lead, SAFETY_DAYS):
                quantity = shelf.need(index + lead, COVER_DAYS + SAFETY_DAYS) - left
                # Bought in tens, by a forecast that is never quite right.
                wanted.append((shelf, int(chance.around(quantity, 0.12) / 10 + 1) * 10))
        if not wanted:
            return
        promised = working_day_on_or_after(day + timedelta(days=supplier.promised_days))
        delay = int(chance.around(expected_delay, 0.8) + chance.unit()) - chance.whole(0, 2)
        received = working_day_on_or_after(promised + timedelta(days=max(delay, -3)))
        order_id = self._write_order(supplier.supplier_id, day, promised, received)
        for number, (shelf, ordered) in enumerate(wanted, 1):
            arrived = ordered if chance.happens(0.9) else int(ordered * chance.around(0.94, 0.05))
            share = chance.around(story.reject_share(day, supplier.supplier_id), 0.9)
            rejected = int(arrived * share + chance.unit())
            self._write_line(order_id, number, shelf, ordered, arrived, rejected, received)

    def fetch(self, shelf: _Shelf, missing: int, day: date) -> None:
        """Fetch by courier what would be missing today: stock never falls below zero."""
        quantity = (missing // 10 + 1) * 10
        order_id = self._write_order(shelf.product.supplier_id, day, day, day)
        self._write_line(order_id, 1, shelf, quantity, quantity, 0, day)

    def _write_order(self, supplier_id: str, day: date, promised: date, received: date) -> str:
        self._number += 1
        order_id = f"B{self._number:05d}"
        self._orders.write(order_id, supplier_id, day, promised, until(received, self._setting.last))
        return order_id

    def _write_line(
        self,
        order_id: str,
        number: int,
        shelf: _Shelf,
        ordered: int,
        arrived: int,
        rejected: int,
        received: date,
    ) -> None:
        product, accepted = shelf.product, arrived - rejected
        shelf.on_order += accepted
        if received <= self._setting.last:
            arrival = (received - self._setting.first).days
            shelf.arrivals[arrival] = shelf.arrivals.get(arrival, 0) + accepted
            self.received[received] = self.received.get(received, 0) + accepted * product.unit_cost
        else:
            arrived = rejected = 0
        self._lines.write(
            order_id, number, product.product_id, ordered, arrived, rejected, kronor(product.unit_cost)
        )


def write_production(setting: Setting, products: list[Product], extracts: Extracts) -> None:
    """Write the assembly of kits in the warehouses, with the calculated cost of work and material.

    Nothing is booked for it: people, rooms and material are in the ledger already.
    """
    orders = extracts.table(
        "logistics/production_orders",
        (
            "production_order_id",
            "product_id",
            "warehouse_id",
            "started_date",
            "finished_date",
            "produced_quantity",
            "cost_amount",
        ),
    )
    chance = setting.chance("production")
    kits: dict[str, list[Product]] = {warehouse_id: [] for warehouse_id, _, _ in WAREHOUSES}
    for product in products:
        if product.category.assembly_cost:
            kits[product.category.warehouse_id].append(product)
    number = 0
    for monday in days(setting.first, setting.last):
        if monday.weekday() != 0:
            continue
        begun = []
        for warehouse_id, each_week in ASSEMBLIES_A_WEEK.items():
            for _ in range(each_week * setting.scale):
                started = working_day_on_or_after(monday + timedelta(days=chance.whole(0, 4)))
                begun.append((started, chance.pick(kits[warehouse_id])))
        for started, product in sorted(begun, key=lambda order: order[0]):
            shortest, longest = story.assembly_days(started, product.supplier_id == story.LATE_SUPPLIER_ID)
            length = chance.whole(shortest, longest)
            quantity = chance.whole(3, 14) * 10 - (chance.whole(1, 4) if chance.happens(0.3) else 0)
            # Wages rise each year, and a long assembly costs more hands.
            unit_cost = product.category.assembly_cost * (1 + 0.03 * (started.year - setting.first.year))
            cost = int(chance.around(unit_cost * (1 + 0.02 * length), 0.12) * quantity * KRONA)
            if product.launch > started or started > setting.last:
                continue
            finished = until(working_day_on_or_after(started + timedelta(days=length)), setting.last)
            number += 1
            orders.write(
                f"M{number:05d}",
                product.product_id,
                product.category.warehouse_id,
                started,
                finished,
                quantity if finished else None,
                kronor(cost) if finished else None,
            )
