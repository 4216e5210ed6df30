"""Entry point for Dagster: everything under defs/ (assets, checks, the nightly job, its schedule)."""

from pathlib import Path

import dagster as dg

defs = dg.load_from_defs_folder(path_within_project=Path(__file__).parent)
