"""Deliveries, purchases, production and stock, at random. Needs the orders that `draws/sales.py` has drawn."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.properties.company import WAREHOUSES, Company, Draw

SUPPLIERS = ("S1", "S2", "S3")


def draw_logistics(draw: Draw, company: Company) -> None:
    """Fill every entity of the logistics domain."""
    first, last = company.history_from - timedelta(days=500), company.as_of + timedelta(days=40)
    deliveries = []
    for order in company.tables["orders"]:
        if draw.happens(0.2):
            continue  # fetched at the counter: nothing was promised
        promised = draw.later(order["order_date"], 20)
        delivered = draw.maybe(0.9, lambda order=order: draw.later(order["order_date"], 30))
        deliveries.append(
            {
                "order_id": order["order_id"] if draw.happens(0.97) else f"X{order['order_id']}",
                "promised_date": promised,
                "delivered_date": delivered,
                "is_in_full": draw.pick((True, True, False, None)) if delivered else None,
                "is_backordered": draw.pick((True, False, False, None)),
                "warehouse": draw.pick(WAREHOUSES),
                "carbon_kg": draw.maybe(0.8, lambda: draw.money(0, 90, 4)) if delivered else None,
            }
        )
    purchases, purchase_lines = [], []
    for n in range(900):
        ordered = draw.day(first, last)
        received = draw.maybe(0.85, lambda ordered=ordered: draw.later(ordered, 60))
        purchases.append(
            {
                "purchase_order_id": f"B{n}",
                "supplier_id": draw.pick(SUPPLIERS),
                "ordered_date": ordered,
                "promised_date": draw.maybe(0.8, lambda ordered=ordered: draw.later(ordered, 45)),
                "received_date": received,
            }
        )
        for number in range(draw.whole(0, 3)):
            quantity = Decimal(draw.whole(0, 50))
            got = draw.pick((quantity, quantity, Decimal(0), quantity / 2)) if received else Decimal(0)
            purchase_lines.append(
                {
                    "purchase_order_id": f"B{n}",
                    "line_number": number + 1,
                    "product_id": f"P{draw.whole(0, 41)}",
                    "ordered_quantity": quantity,
                    "received_quantity": got,
                    "rejected_quantity": draw.pick((Decimal(0), got, got / 4)),
                }
            )
    production = []
    for n in range(700):
        started = draw.day(first, last)
        finished = draw.maybe(0.9, lambda started=started: draw.later(started, 40))
        production.append(
            {
                "production_order_id": f"W{n}",
                "product_id": f"P{draw.whole(0, 41)}",
                "warehouse": draw.pick(WAREHOUSES),
                "started_date": started,
                "finished_date": finished,
                "produced_quantity": draw.maybe(0.95, lambda: Decimal(draw.whole(0, 40)))
                if finished
                else None,
                "cost_amount": draw.maybe(0.95, lambda: draw.money(0, 5000)) if finished else None,
            }
        )
    stock, day = [], first
    while day <= last:
        stock += [
            {
                "stock_date": day,
                "warehouse": draw.pick(WAREHOUSES[:2]),
                "product_id": product,
                "quantity": draw.whole(-3, 40),
                "unit_cost_amount": draw.money(1, 90, 4),
            }
            for product in ("P0", "P1", "P2", "P9", "no such product")
            if draw.happens(0.7)
        ]
        day += timedelta(days=draw.pick((1, 7, 7, 30)))
    company.tables |= {
        "deliveries": deliveries,
        "purchase_orders": purchases,
        "purchase_order_lines": purchase_lines,
        "production_orders": production,
        "stock": stock,
        "suppliers": [
            {"supplier_id": supplier, "supplier_name": f"The {supplier}"} for supplier in SUPPLIERS[:2]
        ],
    }
