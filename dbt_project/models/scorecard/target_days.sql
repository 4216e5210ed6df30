-- What each day of a named period contributes to a target that is phased, so that any span of days has
-- its part and all days together are the whole (docs/decisions/target-phasing.md). The part up to a day
-- is rounded once, and a day is the difference to the day before: nothing is left over, whatever the weights.
-- Weights are decimals and their sums exact, so that they are the same in any order.
with scopes as (
    select distinct
        kpi_id,
        scope_type,
        scope_id
    from {{ ref('kpi_values') }}
),

settled_values as (
    select * from {{ ref('kpi_values') }}
    where period_status = 'settled'
),

measures as (
    select 'value' as measure
    union all
    select 'lower' as measure
    union all
    select 'upper' as measure
    union all
    select 'baseline' as measure
),

in_force as (
    select
        targets.*,
        catalogue.target_phasing,
        catalogue.grains,
        scopes.scope_id as of_scope_id,
        case
            when targets.target_kind <> 'growth' then null
            when targets.period_grain in ('day', 'week')
                then cast({{ dbt.dateadd('day', -364, 'targets.period_start_date') }} as date)
            else cast({{ dbt.dateadd('year', -1, 'targets.period_start_date') }} as date)
        end as grows_from_date,
        -- one for the named scope before one for all scopes of its type
        row_number() over (
            partition by
                targets.kpi_id,
                targets.scope_type,
                scopes.scope_id,
                targets.period_grain,
                targets.period_start_date
            order by case when targets.scope_id is null then 1 else 0 end
        ) as choice
    from {{ ref('kpi_targets') }} as targets
    inner join {{ ref('kpi_catalogue') }} as catalogue on targets.kpi_id = catalogue.kpi_id
    inner join scopes
        on
            targets.kpi_id = scopes.kpi_id
            and targets.scope_type = scopes.scope_type
            and coalesce(targets.scope_id, scopes.scope_id) = scopes.scope_id
    cross join {{ source('audit', 'run_settings') }} as settings
    where
        targets.period_start_date is not null
        and targets.valid_from <= settings.as_of_date
        and coalesce(targets.superseded_on > settings.as_of_date, true)
        and targets.removed_on is null
),

measured as (
    select
        in_force.target_id,
        in_force.kpi_id,
        in_force.scope_type,
        in_force.of_scope_id as scope_id,
        in_force.scope_id is null as is_for_all_scopes,
        in_force.period_grain,
        in_force.period_start_date,
        in_force.phasing,
        in_force.target_phasing,
        in_force.grains,
        measures.measure,
        case
            when measures.measure = 'lower' then in_force.target_lower
            when measures.measure = 'upper' then in_force.target_upper
            when measures.measure = 'baseline' then in_force.baseline_value
            when in_force.target_kind <> 'growth' then in_force.target_value
            else {{ growth_target('last_year.actual_value', 'in_force.growth_ratio', 'in_force.target_phasing') }}
        end as measured_value
    from in_force
    cross join measures
    -- left: only growth needs last year, and it may be missing
    left join settled_values as last_year
        on
            in_force.kpi_id = last_year.kpi_id
            and in_force.scope_type = last_year.scope_type
            and in_force.of_scope_id = last_year.scope_id
            and in_force.period_grain = last_year.period_grain
            and in_force.grows_from_date = last_year.period_start_date
    where in_force.choice = 1 and in_force.phasing <> 'none' and in_force.target_phasing <> 'none'
),

monthly_values as (
    select * from settled_values
    where period_grain = 'month'
),

weighed as (
    select
        measured.target_id,
        measured.kpi_id,
        measured.scope_type,
        measured.scope_id,
        measured.period_grain,
        measured.period_start_date,
        measured.phasing,
        measured.target_phasing,
        measured.grains,
        measured.is_for_all_scopes,
        measured.measure,
        dim_dates.calendar_date,
        -- of a retention it is the loss that is shared out
        case
            when measured.target_phasing = 'shrinks' then 1 - measured.measured_value
            else measured.measured_value
        end as whole,
        case measured.phasing
            when 'working_days' then case when dim_dates.is_working_day then 1 else 0 end
            when 'same_as_last_year'
                then
                    case
                        when measured.target_phasing = 'shrinks' then 1 - last_year.actual_value
                        else last_year.actual_value
                    end
                    -- over the days of the month, all times 377,580, which 28, 29, 30 and 31 divide: nothing is rounded
                    * case {{ dbt.datediff('dim_dates.month_start_date', dbt.dateadd('month', 1, 'dim_dates.month_start_date'), 'day') }}
                        when 28 then 13485
                        when 29 then 13020
                        when 30 then 12586
                        else 12180
                    end
            else 1
        end as wanted_weight
    from measured
    inner join {{ ref('dim_dates') }} as dim_dates
        on case measured.period_grain
            when 'year' then dim_dates.year_start_date
            when 'quarter' then dim_dates.quarter_start_date
            when 'month' then dim_dates.month_start_date
            when 'week' then dim_dates.week_start_date
            else dim_dates.calendar_date
        end = measured.period_start_date
    -- left: a month that is missing sends the whole target back to calendar days
    left join monthly_values as last_year
        on
            measured.kpi_id = last_year.kpi_id
            and measured.scope_type = last_year.scope_type
            and measured.scope_id = last_year.scope_id
            and cast({{ dbt.dateadd('year', -1, 'dim_dates.month_start_date') }} as date) = last_year.period_start_date
    where measured.measured_value is not null
),

judged as (
    select
        *,
        count(*) over (partition by target_id, scope_id, measure) as days_count,
        count(wanted_weight) over (partition by target_id, scope_id, measure) as weighed_days_count,
        sum(wanted_weight) over (partition by target_id, scope_id, measure) as wanted_total
    from weighed
),

shared as (
    select
        *,
        case when weighed_days_count = days_count and wanted_total > 0 then phasing else 'linear' end as phasing_used,
        case when weighed_days_count = days_count and wanted_total > 0 then wanted_weight else 1 end as weight,
        case when weighed_days_count = days_count and wanted_total > 0 then wanted_total else days_count end as total_weight
    from judged
),

cumulated as (
    select
        *,
        sum(weight) over (
            partition by target_id, scope_id, measure
            order by calendar_date
            rows between unbounded preceding and current row
        ) as weight_so_far,
        max(calendar_date) over (partition by target_id, scope_id, measure) as last_date
    from shared
),

due as (
    select
        *,
        case
            -- a target may have more places than a cent
            when calendar_date = last_date then whole
            else {{ part_of_target('whole', 'weight_so_far', 'total_weight', 'target_phasing') }}
        end as due_so_far
    from cumulated
)

select
    target_id,
    kpi_id,
    scope_type,
    scope_id,
    period_grain,
    period_start_date,
    target_phasing,
    grains,
    is_for_all_scopes,
    phasing_used,
    measure,
    calendar_date,
    cast(
        case
            -- as high at any time as in the whole period
            when target_phasing = 'same' then whole
            else
                due_so_far
                - coalesce(
                    lag(due_so_far) over (partition by target_id, scope_id, measure order by calendar_date), 0
                )
        end as decimal(38, 10)
    ) as day_value
from due
