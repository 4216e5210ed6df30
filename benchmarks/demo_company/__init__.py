"""The demo company, Nordhandel AB: its extracts, made from a seed, at any size.

Every domain has a module that writes the domain's files; `story.py` holds what happens to the
company, `company.py` what it is. Nothing here knows how the pipeline maps or judges the files.
"""
