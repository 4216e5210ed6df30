"""The gate: one blocking check for each expectation suite."""
