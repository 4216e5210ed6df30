"""The nightly pipeline: ingest, transform, judge, publish.

`defs/` holds what Dagster sees (assets, checks, schedules, resources) and nothing else; the work itself is
plain Python in `lib/`, which never imports Dagster. SQL models live in `dbt_project/`.
"""
