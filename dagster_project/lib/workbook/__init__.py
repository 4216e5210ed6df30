"""The published scorecard of a period as a formatted workbook.

Figures are numbers with a number format, so that Excel writes them as its reader's language does; a status has a shape
and a word beside its colour, so that it can be read in a grey print. What is shown is read in ``data.py``, its words
stand in ``words.py``; nothing is computed here but the choice of period and how many KPIs have which status.
"""
