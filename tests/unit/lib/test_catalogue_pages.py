"""The catalogue's pages say what the catalogue says, and nothing of departments that are gone."""

from __future__ import annotations

from dagster_project.lib.catalogue import catalogue_rows
from dagster_project.lib.catalogue_pages import pages, write_pages


def test_a_kpi_stands_on_its_departments_page_in_both_languages():
    text = pages(catalogue_rows())["company.md"]
    assert "## Gross margin: `gross_margin_ratio`" in text
    assert "*Bruttovinstmarginal: " in text
    assert "(net revenue - cost of goods sold) / net revenue" in text
    assert "(../../dbt_project/models/kpis/company/gross_margin_ratio.sql)" in text


def test_every_kpi_is_in_the_index_once():
    index = pages(catalogue_rows())["README.md"]
    for row in catalogue_rows():
        assert index.count(f"[`{row['kpi_id']}`](") == 1


def test_pages_of_departments_that_are_gone_are_removed(tmp_path):
    (tmp_path / "astrology.md").write_text("old")
    write_pages(tmp_path, catalogue_rows())
    assert not (tmp_path / "astrology.md").exists()
    assert {path.name: path.read_text() for path in tmp_path.glob("*.md")} == pages(catalogue_rows())
