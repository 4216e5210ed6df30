"""Generators of input at any size, and what is measured with them. Nothing of the pipeline itself."""
