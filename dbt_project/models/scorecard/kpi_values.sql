-- Every KPI's value for every period and scope it is defined for. A row that no KPI model gave is
-- `no_data`; a flow over a period that the data does not wholly cover is `incomplete_period`, so
-- that the edges of a calendar never look like results. Beside it stands last year's value to the same day,
-- where the period is open: the same rules, applied to the windows that dim_periods holds for it.
-- A held KPI has the figures of the last edition in the periods and scopes that it had them in, and nothing of what
-- was computed tonight (docs/decisions/holding-by-lineage.md).
with held_kpis as (
    select distinct kpi_id
    from {{ source('audit', 'holds') }}
),

computed as (
    select results.*
    from {{ ref('kpi_results') }} as results
    left join held_kpis on results.kpi_id = held_kpis.kpi_id
    cross join {{ source('audit', 'run_settings') }} as settings
    -- one person's results month by month, if the company allows it; nobody is watched by the day
    -- (docs/decisions/sales-by-person.md)
    where
        held_kpis.kpi_id is null
        and (
            results.scope_type <> 'employee'
            or (
                settings.is_employee_scope_allowed
                and results.period_grain not in ('day', 'week', 'week_to_date')
            )
        )
),

-- the settings may have changed since the edition that the figures are from
held as (
    select held_values.*
    from {{ source('audit', 'held_values') }} as held_values
    inner join held_kpis on held_values.kpi_id = held_kpis.kpi_id
    cross join {{ source('audit', 'run_settings') }} as settings
    where
        held_values.scope_type <> 'employee'
        or (settings.is_employee_scope_allowed and held_values.period_grain not in ('day', 'week'))
),

-- Scopes with many members that come and go: a row only where there is something to say. Anywhere
-- else a period without data has its row too.
sparse_scope_types as (
    select 'employee' as scope_type
    union all
    select 'customer' as scope_type
    union all
    select 'campaign' as scope_type
),

scopes as (
    select distinct
        kpi_id,
        scope_type,
        scope_id
    from computed
    where period_grain not like '%_to_date'
    union
    select distinct
        kpi_id,
        scope_type,
        scope_id
    from held
    union
    select
        catalogue.kpi_id,
        'company' as scope_type,
        'all' as scope_id
    from {{ ref('kpi_catalogue') }} as catalogue
    left join computed on catalogue.kpi_id = computed.kpi_id
    left join held on catalogue.kpi_id = held.kpi_id
    -- a KPI of groups only has its place there, unless there is nothing at all to say
    where ',' || catalogue.scopes || ',' like '%,company,%' or (computed.kpi_id is null and held.kpi_id is null)
),

-- one row per KPI: the span that all domains it needs can speak about
coverage as (
    select
        catalogue.kpi_id,
        max(coverage.covered_from) as covered_from,
        min(coverage.covered_to) as covered_to,
        -- a KPI of two domains has no coverage while one of them is not fed
        count(coverage.domain) = max(length(catalogue.domains) - length(replace(catalogue.domains, ',', '')) + 1)
            as is_fed
    from {{ ref('kpi_catalogue') }} as catalogue
    left join {{ ref('dim_coverage') }} as coverage
        on ',' || catalogue.domains || ',' like '%,' || coverage.domain || ',%'
    group by catalogue.kpi_id
),

expected as (
    select
        catalogue.kpi_id,
        catalogue.period_basis,
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date,
        periods.through_date,
        periods.period_status,
        periods.previous_period_start_date,
        periods.last_year_start_date,
        scopes.scope_type,
        scopes.scope_id,
        held_kpis.kpi_id is not null as is_held,
        sparse_scope_types.scope_type is not null
        or (periods.period_grain = 'day' and scopes.scope_type <> 'company') as is_sparse,
        coalesce(
            coverage.is_fed
            and coverage.covered_from <= periods.period_start_date
            and coverage.covered_to >= periods.through_date,
            false
        ) as is_covered,
        coalesce(coverage.is_fed and coverage.covered_to >= periods.through_date, false) as is_covered_to
    from {{ ref('kpi_catalogue') }} as catalogue
    inner join {{ ref('dim_periods') }} as periods
        on ',' || catalogue.grains || ',' like '%,' || replace(periods.period_grain, '_to_date', '') || ',%'
    inner join scopes on catalogue.kpi_id = scopes.kpi_id
    inner join coverage on catalogue.kpi_id = coverage.kpi_id
    left join sparse_scope_types on scopes.scope_type = sparse_scope_types.scope_type
    left join held_kpis on catalogue.kpi_id = held_kpis.kpi_id
),

judged as (
    select
        expected.*,
        case when expected.is_held then held.numerator else computed.numerator end as numerator,
        case when expected.is_held then held.denominator else computed.denominator end as denominator,
        case when expected.is_held then held.actual_value else computed.actual_value end as actual_value,
        held.value_edition_id,
        held.value_as_of_date,
        held.data_as_of as value_data_as_of,
        held.input_row_count as value_input_row_count,
        held.definition_hash as value_definition_hash,
        case
            -- no figure was ever shown for it: the period, or the scope in it, is new since the KPI is held
            when expected.is_held and held.kpi_id is null then 'held'
            when expected.is_held then held.no_value_reason
            when computed.kpi_id is null or computed.no_value_reason = 'no_data' then 'no_data'
            -- a snapshot speaks for its own day; anything else needs data up to the day it is counted on
            when expected.period_basis = 'flow' and not expected.is_covered then 'incomplete_period'
            when expected.period_basis = 'stock' and not expected.is_covered_to then 'incomplete_period'
            else computed.no_value_reason
        end as no_value_reason
    from expected
    -- left: a period without source data still gets its row, and says so
    left join computed
        on
            expected.kpi_id = computed.kpi_id
            and expected.period_grain = computed.period_grain
            and expected.period_start_date = computed.period_start_date
            and expected.scope_type = computed.scope_type
            and expected.scope_id = computed.scope_id
    -- left: only held KPIs have any
    left join held
        on
            expected.kpi_id = held.kpi_id
            and expected.period_grain = held.period_grain
            and expected.period_start_date = held.period_start_date
            and expected.period_end_date = held.period_end_date
            and expected.scope_type = held.scope_type
            and expected.scope_id = held.scope_id
    where computed.kpi_id is not null or held.kpi_id is not null or not expected.is_sparse
),

-- last year to the same day, under the grain of the open period that it belongs to
to_date as (
    select
        kpi_id,
        replace(period_grain, '_to_date', '') as period_grain,
        period_start_date,
        scope_type,
        scope_id,
        actual_value
    from judged
    where period_grain like '%_to_date' and no_value_reason is null
)

select
    judged.kpi_id,
    judged.period_grain,
    judged.period_start_date,
    judged.period_end_date,
    judged.through_date,
    judged.period_status,
    judged.previous_period_start_date,
    judged.last_year_start_date,
    judged.scope_type,
    judged.scope_id,
    case
        when judged.no_value_reason is null or judged.no_value_reason <> 'incomplete_period' then judged.numerator
    end as numerator,
    case
        when judged.no_value_reason is null or judged.no_value_reason <> 'incomplete_period' then judged.denominator
    end as denominator,
    case when judged.no_value_reason is null then judged.actual_value end as actual_value,
    judged.no_value_reason,
    case
        when judged.period_status <> 'open' then null
        -- costs are booked at the month's close: before that neither year's part of it is a result
        when judged.no_value_reason in ('incomplete_period', 'no_data') then null
        else to_date.actual_value
    end as last_year_to_date_value,
    judged.value_edition_id,
    judged.value_as_of_date,
    judged.value_data_as_of,
    judged.value_input_row_count,
    judged.value_definition_hash
from judged
-- left: a settled period has none, and neither has an open one without a last year
left join to_date
    on
        judged.kpi_id = to_date.kpi_id
        and judged.period_grain = to_date.period_grain
        and judged.last_year_start_date = to_date.period_start_date
        and judged.scope_type = to_date.scope_type
        and judged.scope_id = to_date.scope_id
where judged.period_grain not like '%_to_date'
