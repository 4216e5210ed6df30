"""What Dagster runs, one folder an area. Thin: the work is in lib/, which knows nothing of Dagster."""
