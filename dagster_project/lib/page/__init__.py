"""The scorecard page: one HTML file, complete in itself, made from one edition.

Belongs here: reading the edition for the page (``edition``, ``facts``), fitting it into the page's size
(``packing``), the words (``words``) and the file itself (``render``). What a browser does with it lies in ``static/``;
the libraries it uses in ``vendor/``. Does not belong here: where the file is put and when it is made, and any figure
that is not published.
"""

from dagster_project.lib.page.edition import PageError
from dagster_project.lib.page.render import render

__all__ = ["PageError", "render"]
