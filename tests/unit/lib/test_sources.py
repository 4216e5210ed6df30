"""Declarations and the settings that say which system feeds which domain."""

import copy
from datetime import date
from pathlib import Path

import pytest
import yaml

from dagster_project.lib.sources import (
    DOMAINS,
    DeclarationError,
    find_systems,
    load_system,
    parse_sources_setting,
    staging_feeds,
)

ROOT = Path(__file__).resolve().parents[3]
KIOSK = ROOT / "tests" / "sources" / "kiosk"
CONTRACT = ROOT / "dbt_project" / "models" / "staging" / "contract"
DECLARED = yaml.safe_load((KIOSK / "kiosk.yml").read_text(encoding="utf-8"))


def write(tmp_path, data, name="kiosk"):
    folder = tmp_path / name
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.yml").write_text(
        data if isinstance(data, str) else yaml.safe_dump(data), encoding="utf-8"
    )
    return folder


def test_declaration_is_read_whole():
    kiosk = load_system(KIOSK)
    assert (kiosk.name, kiosk.company_name, kiosk.reporting_currency) == (
        "kiosk",
        "Kiosken vid torget",
        "SEK",
    )
    assert (kiosk.as_of, kiosk.history_from, kiosk.declared_domains) == (date(2025, 3, 31), None, ["sales"])
    assert kiosk.domains["sales"].covered_from == date(2025, 1, 1)
    customers, products, orders, lines = kiosk.tables
    assert (customers.load, customers.minimum_rows, customers.encoding, customers.final_newline) == (
        "full",
        1,
        "utf-8",
        True,
    )
    assert [column.name for column in customers.loaded_columns] == ["kundnr", "region", "typ"]
    assert (orders.identifier, orders.date_column, orders.delimiter) == ("kiosk__orders", "datum", ";")
    assert orders.columns[2].format == "%d/%m/%Y"
    assert (lines.key, lines.decimal_separator) == (["ordernr", "rad"], ",")
    assert [column.decimal for column in products.columns] == [None, None, None, (18, 4)]
    assert [lines.is_required(column) for column in lines.columns] == [True, True, True, True, True, False]


@pytest.mark.parametrize("system", ["demo", "adventureworks"])
def test_shipped_declaration_can_be_used(system):
    loaded = load_system(ROOT / "dbt_project" / "models" / "staging" / system)
    assert {table.system for table in loaded.tables} == {system}
    assert set(loaded.declared_domains) <= set(DOMAINS)


SOURCE, TABLE, COLUMN = "sources/0", "sources/0/tables/2", "sources/0/tables/2/columns/2"

FAULTS = [
    (f"{SOURCE}/name", "till", ["key name: must be `kiosk`"]),
    (f"{SOURCE}/name", "Kiosk", ["source `Kiosk`, key name", "lower-case letters", "found `Kiosk`"]),
    (f"{SOURCE}/schema", "main", ["key schema", "'raw'"]),
    (f"{SOURCE}/schema", None, ["key schema: the key is missing"]),
    (f"{SOURCE}/loader", "x", ["key loader: unknown key; allowed here: config, description, name, schema, tables"]),
    (f"{SOURCE}/config/meta/company_name", None, ["key config.meta.company_name: the key is missing"]),
    (f"{SOURCE}/config/meta/reporting_currency", "kr", ["key config.meta.reporting_currency", "found `kr`"]),
    (f"{SOURCE}/config/meta/as_of", "31/12/2025", ["key config.meta.as_of", "found `31/12/2025`"]),
    (f"{SOURCE}/config/meta/history_from", date(2030, 1, 1), ["history_from lies after as_of"]),
    (f"{SOURCE}/config/meta/landing", "/etc", ["key config.meta.landing", "relative"]),
    (f"{SOURCE}/config/meta/domains/garden", {}, ["config.meta.domains.garden", ", ".join(DOMAINS)]),
    (f"{SOURCE}/config/meta/domains/sales/covered", 1, ["unknown key; allowed here: covered_from, covered_to, note_en, note_sv"]),
    (f"{SOURCE}/config/meta/domains/sales/covered_to", date(2024, 1, 1), ["covered_from lies after covered_to"]),
    (f"{TABLE}/name", "a__b", ["source `kiosk`, table `a__b`, key name", "`__` is not allowed"]),
    (f"{TABLE}/name", "products", ["table `products`: declared twice"]),
    (f"{TABLE}/identifier", "orders", ["table `orders`, key identifier: must be `kiosk__orders`, not `orders`"]),
    (f"{TABLE}/columns", [], ["table `orders`, key columns", "at least 1 item"]),
    (f"{TABLE}/config/meta/domain", "sale", ["table `orders`, key config.meta.domain", ", ".join(DOMAINS)]),
    (f"{TABLE}/config/meta/files", "../x.csv", ["key config.meta.files", "`..` is not allowed"]),
    (f"{TABLE}/config/meta/files", "/x.csv", ["key config.meta.files", "relative"]),
    (f"{TABLE}/config/meta/files", "C:\\x.csv", ["key config.meta.files", "relative"]),
    (f"{TABLE}/config/meta/files", "a**/x.csv", ["key config.meta.files", "`**` must stand alone"]),
    (f"{TABLE}/config/meta/files", "a/", ["key config.meta.files", "must end in a file name"]),
    (f"{TABLE}/config/meta/load", "append", ["key config.meta.load", "'by_file', 'full' or 'incremental'", "found `append`"]),
    (f"{TABLE}/config/meta/key", [], ["key config.meta.key", "at least 1 item"]),
    (f"{TABLE}/config/meta/key", ["id"], ["there is no column `id`; there are ordernr, kundnr"]),
    (f"{TABLE}/config/meta/key", ["ordernr", "ordernr"], ["a column stands there twice"]),
    (f"{TABLE}/config/meta/date_column", "kundnr", ["key config.meta.date_column", "`kundnr`", "date or timestamp"]),
    (f"{TABLE}/config/meta/delimiter", "::", ["key config.meta.delimiter", '";"']),
    (f"{TABLE}/config/meta/encoding", "utf8", ["key config.meta.encoding", "'utf-8'", "'windows-1252'"]),
    (f"{TABLE}/config/meta/decimal_separator", ";", ["key config.meta.decimal_separator", "'.' or ','"]),
    (f"{TABLE}/config/meta/minimum_rows", -1, ["key config.meta.minimum_rows", "greater than or equal to 0"]),
    (f"{TABLE}/config/meta/final_newline", "no", ["key config.meta.final_newline", "found `no`"]),
    (f"{TABLE}/config/meta/delimeter", ";", ["key config.meta.delimeter: unknown key", "delimiter", "minimum_rows"]),
    (f"{TABLE}/config/meta/format", "excel", ["key config.meta.format", "'parquet'", "found `excel`"]),
    (f"{TABLE}/config/meta/format", "jsonl", ["key config.meta.delimiter: only a csv file has one, and the format is jsonl"]),
    (f"{TABLE}/config/meta/sheet", "Sales", ["key config.meta.sheet: only an xlsx file has sheets"]),
    (f"{TABLE}/config/meta/files", None, ["one of `files` and `query_from` is needed, and only one"]),
    (f"{TABLE}/config/meta/query_from", "shop.orders", ["one of `files` and `query_from` is needed, and only one"]),
    (f"{TABLE}/config/meta/deleted_flag", "makulerad", ["key config.meta.deleted_flag: only with load: incremental"]),
    (f"{TABLE}/config/meta/deleted_flag", "datum", ["`datum` is no loaded column of type boolean"]),
    (f"{TABLE}/config/meta/cursor_column", "datum", ["only a table with query_from has one"]),
    (f"{COLUMN}/name", "_line", ["column `_line`, key name", "ingest itself uses"]),
    (f"{COLUMN}/name", "ORDERNR", ["column `ordernr`: declared twice"]),
    (f"{COLUMN}/data_type", "text", ["table `orders`, column `datum`, key data_type", "decimal(p, s)", "found `text`"]),
    (f"{COLUMN}/data_type", "decimal(40, 2)", ["key data_type", "p <= 38"]),
    (f"{COLUMN}/data_type", "varchar", ["column `datum`, key format: only a date or a timestamp has a format"]),
    (f"{COLUMN}/data_type", None, ["column `datum`, key data_type: the key is missing"]),
    (f"{COLUMN}/config/meta/format", "%d/%m", ["column `datum`, key config.meta.format", "must hold the year"]),
    (f"{COLUMN}/config/meta/format", "%Q%Y", ["%Q is unknown"]),
    (f"{COLUMN}/config/meta/load", False, ["column `datum`, key required", "config.meta.date_column"]),
    (f"{COLUMN}/config/meta/nullable", True, ["unknown key; allowed here: format, load, lookup, required"]),
    ("models", [], ["key models: unknown key; allowed here: sources, version"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), FAULTS)
def test_fault_is_named_with_file_place_and_what_is_allowed(tmp_path, path, value, words):
    data = copy.deepcopy(DECLARED)
    *parents, last = path.split("/")
    place = data
    for part in parents:
        place = place[int(part) if isinstance(place, list) else part]
    if value is None:
        del place[last]
    else:
        place[last] = value
    folder = write(tmp_path, data)
    with pytest.raises(DeclarationError) as error:
        load_system(folder)
    assert str(folder / "kiosk.yml") in str(error.value)
    for word in words:
        assert word in str(error.value)


def test_untouched_declaration_passes_the_same_way(tmp_path):
    assert len(load_system(write(tmp_path, DECLARED)).tables) == 4


def from_database(**settings):
    data = copy.deepcopy(DECLARED)
    table = data["sources"][0]["tables"][2]
    meta = {"domain": "sales", "query_from": "shop.orders", "load": "full", "key": ["ordernr"]}
    table["config"]["meta"] = {name: value for name, value in (meta | settings).items() if value is not None}
    for column in table["columns"]:
        column.get("config", {}).get("meta", {}).pop("format", None)
    return data


def test_a_table_of_a_database_is_landed_as_parquet(tmp_path):
    full = load_system(write(tmp_path / "full", from_database())).tables[2]
    assert (full.format, full.pattern, full.place) == (
        "parquet", "orders/orders_all.parquet", "shop.orders in the database of kiosk",
    )  # fmt: skip
    settings = {"load": "incremental", "cursor_column": "datum", "deleted_flag": "makulerad"}
    parts = load_system(write(tmp_path / "parts", from_database(**settings))).tables[2]
    assert (parts.pattern, parts.cursor_column) == ("orders/orders_[0-9]*.parquet", "datum")


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({"query_from": "a.b.c"}, "is named schema.table"),
        ({"load": "by_file"}, "is loaded full or incremental"),
        ({"load": "incremental"}, "key config.meta.cursor_column: is needed"),
        ({"cursor_column": "datum"}, "only with load: incremental does it mean anything"),
        (
            {"load": "incremental", "cursor_column": "makulerad"},
            "`makulerad` is no loaded column of type integer",
        ),
        ({"decimal_separator": ","}, "numbers in a Parquet file have none"),
        ({"delimiter": ";"}, "only a csv file has one"),
    ],
)
def test_a_table_of_a_database_is_checked(tmp_path, settings, word):
    with pytest.raises(DeclarationError) as error:
        load_system(write(tmp_path, from_database(**settings)))
    assert word in str(error.value)


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("sources:\n  - name: kiosk\n    name: kiosk\n", "line 3: key `name` stands there twice"),
        ("sources: [", "not readable as YAML"),
        ("", "the file"),
        ("sources: []", "at least 1 item"),
    ],
)
def test_broken_file_is_named(tmp_path, text, word):
    with pytest.raises(DeclarationError, match=r"kiosk\.yml") as error:
        load_system(write(tmp_path, text))
    assert word in str(error.value)


def test_all_faults_are_told_at_once(tmp_path):
    data = copy.deepcopy(DECLARED)
    data["sources"][0]["tables"][0]["config"]["meta"]["load"] = "x"
    data["sources"][0]["tables"][1]["columns"][0]["data_type"] = "x"
    with pytest.raises(DeclarationError) as error:
        load_system(write(tmp_path, data))
    assert "table `customers`, key config.meta.load" in str(error.value)
    assert "table `products`, column `artikelnr`, key data_type" in str(error.value)


def test_systems_are_found_in_shipped_and_own_folders(tmp_path):
    write(tmp_path / "a", "x", "one")
    write(tmp_path / "b", "x", "two")
    for ignored in ("contract", ".git", "empty"):
        (tmp_path / "a" / ignored).mkdir()
    (tmp_path / "a" / "contract" / "x.sql").touch()
    found = find_systems([tmp_path / "a", tmp_path / "b"])
    assert found == {"one": tmp_path / "a" / "one", "two": tmp_path / "b" / "two"}


def test_unusable_system_folders_are_named(tmp_path):
    with pytest.raises(DeclarationError, match="no such folder"):
        find_systems([tmp_path / "none"])
    write(tmp_path / "a", "x", "one")
    write(tmp_path / "b", "x", "one")
    with pytest.raises(DeclarationError, match="system `one` is also in"):
        find_systems([tmp_path / "a", tmp_path / "b"])
    (tmp_path / "a" / "one" / "one.yml").rename(tmp_path / "a" / "one" / "other.yml")
    with pytest.raises(DeclarationError, match=r"needs its declaration one\.yml"):
        find_systems([tmp_path / "a"])


@pytest.fixture(scope="module")
def available(tmp_path_factory):
    folder = tmp_path_factory.mktemp("systems")
    systems = {"kiosk": load_system(KIOSK)}
    for name, domains in {"acme": ["finance", "sales"], "people": ["hr"]}.items():
        data = copy.deepcopy(DECLARED)
        source = data["sources"][0]
        source["name"] = name
        source["config"]["meta"]["domains"] = {}
        for table, domain in zip(source["tables"], domains * 4, strict=False):
            table["identifier"] = f"{name}__{table['name']}"
            table["config"]["meta"]["domain"] = domain
        systems[name] = load_system(write(folder, data, name))
    return systems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kiosk", {"sales": ["kiosk"]}),
        ("acme", {"sales": ["acme"], "finance": ["acme"]}),
        (" kiosk , people ", {"sales": ["kiosk"], "hr": ["people"]}),
        ("sales:kiosk+acme,hr:none", {"sales": ["kiosk", "acme"]}),
        ("sales:kiosk,finance:acme", {"sales": ["kiosk"], "finance": ["acme"]}),
        ("acme,sales:kiosk", {"sales": ["kiosk"], "finance": ["acme"]}),
        ("acme,sales:none", {"finance": ["acme"]}),
    ],
)
def test_sources_setting_says_who_feeds_each_domain(available, text, expected):
    assert parse_sources_setting(text, available) == {domain: [] for domain in DOMAINS} | expected


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", "names no system"),
        ("kiosk,", "names no system"),
        ("sales:", "names no system"),
        ("sales:kiosk+", "names no system"),
        ("kisok", "there is no source system `kisok`; known: acme, kiosk, people"),
        ("sale:kiosk", f"`sale` is no domain; a domain is one of {', '.join(DOMAINS)}"),
        ("hr:kiosk", "`kiosk` has no tables for hr; it has sales"),
        ("sales:kiosk,sales:acme", "domain `sales` stands there twice"),
        ("sales:kiosk+kiosk", "named twice"),
        ("kiosk,kiosk", "named twice"),
    ],
)
def test_unusable_sources_setting_is_explained(available, text, word):
    with pytest.raises(DeclarationError, match="SCORECARD_SOURCES=") as error:
        parse_sources_setting(text, available)
    assert word in str(error.value)


def test_entities_are_fed_by_the_systems_that_map_them():
    feeds = staging_feeds({"sales": ["kiosk"], "hr": []}, {"kiosk": KIOSK}, CONTRACT)
    fed = {entity for entity, systems in feeds.items() if systems == ["kiosk"]}
    assert fed == {"customers", "products", "orders", "order_lines"}
    assert feeds["leads"] == feeds["employees"] == []


def test_mapping_that_no_entity_reads_is_an_error(tmp_path):
    (tmp_path / "sales").mkdir()
    (tmp_path / "sales" / "shop__order_line.sql").touch()
    with pytest.raises(
        DeclarationError,
        match=r"shop__order_line.sql: the staging contract of sales has no entity `order_line`",
    ):
        staging_feeds({"sales": ["shop"]}, {"shop": tmp_path}, CONTRACT)
