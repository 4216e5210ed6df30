# Every target sets up what it needs; a machine with Python 3.11, make and git is enough.
PYTHON ?= python3.11
BIN := .venv/bin
SOURCES ?= $(SCORECARD_SOURCES)
LANDING ?= $(SCORECARD_LANDING)
export SCORECARD_SOURCES := $(SOURCES)
export SCORECARD_LANDING := $(LANDING)

.PHONY: nightly backfill freshness notify backup editions rollback reproduce scorecard page workbook conservation plan mf test dev dbt docs kpi catalogue coverage lint format demo lock clean

nightly: .venv/ready ## run the nightly job (SOURCES=demo, LANDING=the source's own folder) and print the scorecard
	@$(BIN)/python -m dagster_project.cli nightly $(ARGS)

scorecard: .venv/ready ## print the published scorecard again (ARGS="--grain month --language sv")
	@$(BIN)/python -m dagster_project.cli scorecard $(ARGS)

page: .venv/ready ## run the night and open its page (AS_OF=2025-11-30 for a past night, EDITION=... for one that is there)
	@$(BIN)/python -m dagster_project.cli page $(if $(EDITION),"$(EDITION)",--build $(if $(AS_OF),--as-of "$(AS_OF)")) $(ARGS)

workbook: .venv/ready ## write the published scorecard as an Excel workbook (ARGS='--period "2025 Q4" --language sv')
	@$(BIN)/python -m dagster_project.cli workbook $(ARGS)

conservation: .venv/ready ## print where every row and cent that came in is: loaded, rejected or superseded
	@$(BIN)/python -m dagster_project.cli conservation

backfill: .venv/ready ## run past nights, oldest first (ARGS="2025-11-01 2025-11-30"); their editions are kept
	@$(BIN)/python -m dagster_project.cli backfill $(ARGS)

freshness: .venv/ready ## print how old the newest data of each watched source table is
	@$(BIN)/python -m dagster_project.cli freshness

notify: .venv/ready ## send a test notice to the addresses of SCORECARD_NOTIFY; print tonight's (ARGS="--dry-run")
	@$(BIN)/python -m dagster_project.cli notify $(or $(ARGS),--test)

backup: .venv/ready ## copy the state folder while no run is writing (TO=/backup/scorecard-2025-12-31)
	@$(BIN)/python -m dagster_project.cli backup "$(TO)"

editions: .venv/ready ## list the kept editions and which one readers have
	@$(BIN)/python -m dagster_project.cli editions

rollback: .venv/ready ## show readers the edition before, or the one named (EDITION=2025-12-31-0123456789)
	@$(BIN)/python -m dagster_project.cli rollback $(if $(EDITION),"$(EDITION)")

reproduce: .venv/ready ## build an edition again from its recorded inputs and compare (EDITION=2025-12-31-0123456789 TO=again)
	@$(BIN)/python -m dagster_project.cli reproduce "$(EDITION)" --out "$(TO)" $(ARGS)

plan: .venv/ready ## check the plan; write it as a workbook to edit (ARGS="--out plan.xlsx"); check another (ARGS="--check plan.xlsx")
	@$(BIN)/python -m dagster_project.cli plan $(ARGS)

mf: .venv/ready ## query KPIs as metrics (ARGS="query --metrics gross_margin_ratio --group-by metric_time__month,region")
	@$(BIN)/python -m dagster_project.cli mf $(ARGS)

test: .venv/ready ## run all tests
	@$(BIN)/python -m pytest -n auto --dist loadgroup --no-loadscope-reorder $(ARGS)

dev: .venv/ready ## open the Dagster UI on 127.0.0.1:3000
	@$(BIN)/python -m dagster_project.cli dev $(ARGS)

dbt: .venv/ready ## call dbt with the run's settings (ARGS="build --select +gross_margin_ratio")
	@$(BIN)/python -m dagster_project.cli dbt $(ARGS)

docs: .venv/ready ## write dbt's documentation site
	@$(BIN)/python -m dagster_project.cli dbt docs generate --static && echo 'Open var/dbt/target/static_index.html in a browser.'

kpi: .venv/ready ## begin a new KPI (NAME=average_unit_price_amount DEPARTMENT=sales MEASURES=metrics_sales__order_lines_periodic)
	@$(BIN)/python -m dagster_project.cli kpi "$(NAME)" "$(DEPARTMENT)" $(if $(MEASURES),--measures "$(MEASURES)")

catalogue: .venv/ready ## write docs/kpis/ from the catalogue
	@$(BIN)/python -m dagster_project.cli catalogue

coverage: .venv/ready ## print for every KPI where it has values, and by what it is tested
	@$(BIN)/python -m tests.kpi_coverage

lint: .venv/ready ## check Python and SQL style
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/python -m dagster_project.cli with-settings sqlfluff lint dbt_project/models dbt_project/tests
	@SCORECARD_SOURCES=adventureworks SCORECARD_LANDING=. $(BIN)/python -m dagster_project.cli with-settings \
	  sqlfluff lint dbt_project/models/staging/adventureworks

format: .venv/ready ## put Python and SQL into style
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .
	@$(BIN)/python -m dagster_project.cli with-settings sqlfluff fix dbt_project/models dbt_project/tests

demo: .venv/ready ## generate the demo company's extracts again
	@$(BIN)/python -m benchmarks.demo_company --out seeds/landing/demo

lock: .venv/ready ## write requirements.lock again from pyproject.toml (no index address goes into it)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/python -m uv pip compile --quiet --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --no-strip-extras --extra dev pyproject.toml -o requirements.lock

clean: ## remove the environment; state in var/ stays
	rm -rf .venv

# The environment is exactly the lock file, hashes checked; it is complete, so nothing is left to resolve.
.venv/ready: requirements.lock
	@echo "Setting up the environment in .venv (once, about half a minute) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@touch $@
