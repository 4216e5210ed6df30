"""Raw tables from landed files."""
