{{ config(meta={'dagster': {'ref': {'name': 'signal_baselines'}}}) }}
-- A declared baseline is of a KPI that there is, has both days or neither, and can hold the periods that it needs; the default
-- declares all three grains. A row comes back for each that does not.
with resolved as (
    select
        own.kpi_id,
        own.period_grain,
        own.baseline_from,
        own.baseline_to,
        coalesce(own.baseline_periods, defaults.baseline_periods) as baseline_periods,
        coalesce(own.minimum_periods, defaults.minimum_periods) as minimum_periods,
        own.kpi_id = 'default' or catalogue.kpi_id is not null as is_known
    from {{ ref('signal_baselines') }} as own
    -- left, both: what is missing is what is looked for
    left join {{ ref('signal_baselines') }} as defaults
        on defaults.kpi_id = 'default' and own.period_grain = defaults.period_grain
    left join {{ ref('kpi_catalogue') }} as catalogue on own.kpi_id = catalogue.kpi_id
)

select
    kpi_id,
    period_grain
from resolved
where
    not is_known
    or (baseline_from is null) <> (baseline_to is null)
    or baseline_from >= baseline_to
    or (kpi_id = 'default' and baseline_from is not null)
    or baseline_periods is null
    or minimum_periods is null
    -- a moving range takes two
    or minimum_periods < 2
    or minimum_periods > baseline_periods
union all
select
    'default' as kpi_id,
    grains.period_grain
from (
    select 'week' as period_grain
    union all
    select 'month' as period_grain
    union all
    select 'quarter' as period_grain
) as grains
left join {{ ref('signal_baselines') }} as defaults
    on defaults.kpi_id = 'default' and grains.period_grain = defaults.period_grain
where defaults.kpi_id is null
