"""The command line: `python -m benchmarks.demo_company --out FOLDER`. No generating here."""

import argparse
from pathlib import Path

from benchmarks.demo_company.company import Setting
from benchmarks.demo_company.generate import generate


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not a whole number of 1 or more")
    return number


def main() -> None:
    """Write the extracts and say what was written."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.demo_company", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("seeds/landing/demo"), help="landing folder")
    parser.add_argument("--scale", type=_at_least_one, default=1, help="times the shipped size")
    parser.add_argument("--years", type=_at_least_one, default=3, help="fiscal years from 2023 on")
    parser.add_argument("--seed", type=int, default=20230101, help="same seed, same bytes")
    arguments = parser.parse_args()
    rows = generate(
        Setting(out=arguments.out, seed=arguments.seed, scale=arguments.scale, years=arguments.years)
    )
    for name in sorted(rows):
        size = (arguments.out / name).stat().st_size
        print(f"{name:45} {rows[name]:>10} rows {size:>12} bytes")
    print(f"{len(rows)} files, {sum(rows.values())} rows")


if __name__ == "__main__":
    main()
