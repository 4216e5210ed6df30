"""Notices to the people who read the scorecard: one digest for each edition, of what is new in it.

`news.py` compares two editions, `words.py` makes a text of that, `addresses.py` reads the setting, `post.py` delivers,
`digest.py` decides whether there is something to send and remembers what was sent. Does not belong here: alerts to
those who operate the pipeline (lib/alerts.py), and where in a night it happens (lib/night.py).
"""
