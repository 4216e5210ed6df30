-- What is compared with what: each figure of a KPI that can be broken down, for the company and its parts, beside the
-- one it is set against. Only recent periods, and never a KPI that is held or about people
-- (docs/decisions/drivers.md).
with recent_periods as (
    select
        period_grain,
        period_start_date,
        previous_period_start_date,
        last_year_start_date,
        period_status,
        row_number() over (partition by period_grain order by period_start_date desc) as periods_ago
    from {{ ref('dim_periods') }}
    where period_grain in ('month', 'quarter', 'year')
),

without_drivers as (
    select kpi_id
    from {{ ref('kpis_without_drivers') }}
    where scope_type is null
    union
    -- whatever the list says: where anything of a KPI is withheld, nothing is computed from it
    select kpi_id
    from {{ ref('kpi_values') }}
    where no_value_reason = 'withheld'
),

shown as (
    select
        scorecard.*,
        catalogue.direction,
        recent_periods.previous_period_start_date,
        recent_periods.last_year_start_date
    from {{ ref('kpi_scorecard') }} as scorecard
    inner join {{ ref('kpi_catalogue') }} as catalogue on scorecard.kpi_id = catalogue.kpi_id
    inner join recent_periods
        on
            scorecard.period_grain = recent_periods.period_grain
            and scorecard.period_start_date = recent_periods.period_start_date
    where
        scorecard.status <> 'held'
        and scorecard.kpi_id not in (select without_drivers.kpi_id from without_drivers)
        -- people are not ranked, and not to blame either (docs/decisions/comparing-units.md)
        and scorecard.scope_type not in ('employee', 'customer', 'ethnic_group', 'role_group')
        and recent_periods.periods_ago <= case scorecard.period_grain
            when 'month' then {{ var('driver_months_shown') }}
            when 'quarter' then {{ var('driver_quarters_shown') }}
            else {{ var('driver_years_shown') }}
        end
),

comparisons as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        'target' as compared_with,
        direction,
        cast(null as varchar) as base_grain,
        cast(null as date) as base_start_date,
        -- of a band the bound that is nearest
        actual_value - variance as start_value,
        actual_value as end_value
    from shown
    -- inside a band there is nothing to explain
    where scope_type = 'company' and variance is not null and not (direction = 'band' and variance = 0)
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        'last_year' as compared_with,
        direction,
        case when comparison_basis = 'to_date' then period_grain || '_to_date' else period_grain end as base_grain,
        last_year_start_date as base_start_date,
        last_year_value as start_value,
        actual_value as end_value
    from shown
    where scope_type = 'company' and actual_value is not null and last_year_value is not null
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        'previous' as compared_with,
        direction,
        period_grain as base_grain,
        previous_period_start_date as base_start_date,
        previous_value as start_value,
        actual_value as end_value
    from shown
    where scope_type = 'company' and actual_value is not null and previous_value is not null
),

-- last year to the same day is not shown as a row of its own
base_figures as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        numerator,
        denominator,
        actual_value
    from {{ ref('kpi_values') }}
    where period_grain in ('month', 'quarter', 'year')
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        numerator,
        denominator,
        actual_value
    from {{ ref('kpi_results') }}
    where period_grain in ('month_to_date', 'quarter_to_date', 'year_to_date')
),

sides as (
    select
        comparisons.*,
        shown.scope_type,
        shown.scope_id,
        shown.numerator,
        shown.denominator,
        shown.actual_value,
        cast(null as decimal(38, 10)) as base_numerator,
        cast(null as decimal(38, 10)) as base_denominator,
        case when comparisons.compared_with = 'target' then shown.target_value end as base_value
    from comparisons
    inner join shown
        on
            comparisons.kpi_id = shown.kpi_id
            and comparisons.period_grain = shown.period_grain
            and comparisons.period_start_date = shown.period_start_date
    union all
    -- a part that is gone has a row on this side only
    select
        comparisons.*,
        base_figures.scope_type,
        base_figures.scope_id,
        cast(null as decimal(38, 10)) as numerator,
        cast(null as decimal(38, 10)) as denominator,
        cast(null as decimal(38, 10)) as actual_value,
        base_figures.numerator as base_numerator,
        base_figures.denominator as base_denominator,
        base_figures.actual_value as base_value
    from comparisons
    inner join base_figures
        on
            comparisons.kpi_id = base_figures.kpi_id
            and comparisons.base_grain = base_figures.period_grain
            and comparisons.base_start_date = base_figures.period_start_date
    where base_figures.scope_type not in ('employee', 'customer', 'ethnic_group', 'role_group')
)

select
    kpi_id,
    period_grain,
    period_start_date,
    compared_with,
    scope_type,
    scope_id,
    direction,
    base_grain,
    base_start_date,
    cast(start_value as decimal(38, 10)) as start_value,
    cast(end_value as decimal(38, 10)) as end_value,
    -- one row of each side at most: max only brings the two together
    max(numerator) as numerator,
    max(denominator) as denominator,
    max(actual_value) as actual_value,
    max(base_numerator) as base_numerator,
    max(base_denominator) as base_denominator,
    max(base_value) as base_value
from sides
group by
    kpi_id, period_grain, period_start_date, compared_with, scope_type, scope_id, direction, base_grain, base_start_date,
    start_value, end_value
