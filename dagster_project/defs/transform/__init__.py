"""The run's facts and the dbt project."""
