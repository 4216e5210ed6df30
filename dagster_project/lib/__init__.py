"""Plain Python without Dagster: read a declaration, load an extract, judge a suite, publish an edition.

Every function here takes what it needs as arguments; only `settings.py` reads the environment. What Dagster
must know (assets, checks, metadata) belongs in `defs/`; business arithmetic belongs in the dbt project.
"""
