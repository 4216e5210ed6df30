"""Chance that gives the same answer on every machine. The only place that draws random numbers.

Only `Random.random()` is used: its sequence is guaranteed between Python versions, which the other
methods are not, and no logarithm or sine of the platform's C library takes part.
"""

import random
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def total(numbers: Iterable[float]) -> float:
    """Add floats from left to right. `sum` compensates from Python 3.12 on, and gives other last digits."""
    result = 0.0
    for number in numbers:
        result += number
    return result


class Chance:
    """One stream of chance. Each subject has its own, so that a change in one moves no other."""

    def __init__(self, seed: int, stream: str):
        """Start the stream that carries this name."""
        self.unit = random.Random(f"{seed}:{stream}").random

    def happens(self, probability: float) -> bool:
        """True with this probability."""
        return self.unit() < probability

    def whole(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self.unit() * (high - low + 1))

    def around(self, middle: float, share: float) -> float:
        """Return a number within this share of the middle, most often close to it."""
        return middle * (1 + share * (self.unit() + self.unit() + self.unit() - 1.5) / 1.5)

    def pick(self, choices: Sequence[T]) -> T:
        """Return one of them, each as likely."""
        return choices[int(self.unit() * len(choices))]

    def weighted(self, choices: Sequence[tuple[T, float]]) -> T:
        """Return one of (choice, weight) pairs by weight."""
        left = self.unit() * total(weight for _, weight in choices)
        for choice, weight in choices:
            left -= weight
            if left < 0:
                return choice
        return choices[-1][0]
