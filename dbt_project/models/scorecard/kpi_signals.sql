-- Which changes are news: an individuals chart (XmR) of every KPI's settled weeks, months and quarters. The limits are
-- centre line -+ 2.66 times the mean moving range of a declared baseline (seeds/reference/signal_baselines.csv), which lies
-- before the fiscal year of the point, so that limits stand still for a year and never move with what they judge
-- (docs/decisions/signals.md).
with run_settings as (
    select
        edition_id,
        as_of_date
    from {{ source('audit', 'run_settings') }}
),

-- one row per KPI and grain; a KPI's own row counts column by column before the default's
declared as (
    select
        catalogue.kpi_id,
        defaults.period_grain,
        catalogue.direction,
        catalogue.final_after_days,
        coalesce(own.baseline_periods, defaults.baseline_periods) as baseline_periods,
        coalesce(own.minimum_periods, defaults.minimum_periods) as minimum_periods,
        own.baseline_from,
        own.baseline_to,
        -- a level goes on from where it was: only how it moves can be steady
        coalesce(
            own.judged_on,
            case when catalogue.period_basis = 'flow' then 'value' else 'change_from_previous' end
        ) as judged_on
    from {{ ref('kpi_catalogue') }} as catalogue
    inner join {{ ref('signal_baselines') }} as defaults on defaults.kpi_id = 'default'
    -- left: few KPIs have a row of their own
    left join {{ ref('signal_baselines') }} as own
        on catalogue.kpi_id = own.kpi_id and defaults.period_grain = own.period_grain
),

years as (
    select distinct year_start_date from {{ ref('dim_dates') }}
),

settled_to as (
    select
        period_grain,
        max(period_end_date) as settled_to_date
    from {{ ref('dim_periods') }}
    where period_status = 'settled'
    group by period_grain
),

-- the baseline of each fiscal year's points, and those that owners have declared by dates; until_date lies after the last day
windows as (
    select
        declared.kpi_id,
        declared.period_grain,
        years.year_start_date as counts_from_date,
        false as is_by_dates,
        cast(
            case declared.period_grain
                when 'week' then {{ dbt.dateadd('day', '-7 * declared.baseline_periods', 'years.year_start_date') }}
                when 'month' then {{ dbt.dateadd('month', '-declared.baseline_periods', 'years.year_start_date') }}
                else {{ dbt.dateadd('month', '-3 * declared.baseline_periods', 'years.year_start_date') }}
            end as date
        ) as from_date,
        years.year_start_date as until_date
    from declared
    cross join years
    union all
    select
        kpi_id,
        period_grain,
        baseline_from as counts_from_date,
        true as is_by_dates,
        baseline_from as from_date,
        cast({{ dbt.dateadd('day', 1, 'baseline_to') }} as date) as until_date
    from declared
    where baseline_from is not null
),

settled as (
    select
        kpi_values.kpi_id,
        kpi_values.period_grain,
        kpi_values.period_start_date,
        kpi_values.period_end_date,
        kpi_values.previous_period_start_date,
        kpi_values.scope_type,
        kpi_values.scope_id,
        kpi_values.actual_value,
        evidence.quality_status = 'held' as is_held,
        declared.direction,
        declared.minimum_periods,
        declared.judged_on,
        -- a week belongs to the year in which it begins
        coalesce(kpi_values.period_start_date >= declared.baseline_from, false) as is_by_dates,
        case
            when kpi_values.period_start_date >= declared.baseline_from then declared.baseline_from
            else dates.year_start_date
        end as counts_from_date,
        coalesce(
            kpi_values.period_start_date >= declared.baseline_from
            and declared.baseline_to > settled_to.settled_to_date,
            false
        ) as is_baseline_open,
        -- what is still counted into it would look like a fall
        coalesce(
            {{ dbt.dateadd('day', 'declared.final_after_days', 'kpi_values.period_end_date') }} > run_settings.as_of_date,
            false
        ) as is_rising,
        coalesce(
            lag(kpi_values.period_start_date) over (
                partition by kpi_values.kpi_id, kpi_values.period_grain, kpi_values.scope_type, kpi_values.scope_id
                order by kpi_values.period_start_date
            ) = kpi_values.previous_period_start_date,
            false
        ) as follows_directly,
        lag(kpi_values.actual_value) over (
            partition by kpi_values.kpi_id, kpi_values.period_grain, kpi_values.scope_type, kpi_values.scope_id
            order by kpi_values.period_start_date
        ) as value_before
    from {{ ref('kpi_values') }} as kpi_values
    inner join declared
        on kpi_values.kpi_id = declared.kpi_id and kpi_values.period_grain = declared.period_grain
    inner join {{ ref('kpi_evidence') }} as evidence on kpi_values.kpi_id = evidence.kpi_id
    -- the first week may begin before the calendar does
    left join {{ ref('dim_dates') }} as dates on kpi_values.period_start_date = dates.calendar_date
    inner join settled_to on kpi_values.period_grain = settled_to.period_grain
    cross join run_settings
    where
        kpi_values.period_status = 'settled'
        -- single people are not watched, and who comes and goes has no steady state
        and kpi_values.scope_type not in ('employee', 'customer', 'campaign')
),

points as (
    select
        *,
        case
            when judged_on = 'value' then cast(0 as decimal(38, 10))
            when follows_directly then value_before
        end as reference_value,
        -- the first day that the point speaks about
        case when judged_on = 'value' then period_start_date else previous_period_start_date end as point_from_date
    from settled
),

measured as (
    select
        *,
        case when not is_held and not is_rising then actual_value - reference_value end as point
    from points
),

ranged as (
    select
        *,
        case
            when follows_directly
                then
                    abs(
                        point - lag(point) over (
                            partition by kpi_id, period_grain, scope_type, scope_id
                            order by period_start_date
                        )
                    )
        end as moving_range,
        lag(point_from_date) over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as range_from_date
    from measured
),

totalled as (
    select
        windows.kpi_id,
        windows.period_grain,
        windows.counts_from_date,
        windows.is_by_dates,
        ranged.scope_type,
        ranged.scope_id,
        min(ranged.point_from_date) as baseline_from_date,
        max(ranged.period_end_date) as baseline_to_date,
        count(*) as points_count,
        sum(ranged.point) as points_total,
        count(case when ranged.range_from_date >= windows.from_date then ranged.moving_range end) as ranges_count,
        sum(case when ranged.range_from_date >= windows.from_date then ranged.moving_range end) as ranges_total
    from windows
    inner join ranged
        on
            windows.kpi_id = ranged.kpi_id
            and windows.period_grain = ranged.period_grain
            and windows.from_date <= ranged.point_from_date
            and windows.until_date > ranged.period_start_date
    where ranged.point is not null
    group by
        windows.kpi_id,
        windows.period_grain,
        windows.counts_from_date,
        windows.is_by_dates,
        ranged.scope_type,
        ranged.scope_id
),

-- Means of large amounts have more digits than a double: what it leaves over is divided once more.
roughly as (
    select
        *,
        cast(cast(points_total as double) / points_count as decimal(38, 10)) as rough_mean,
        cast(cast(ranges_total as double) / nullif(ranges_count, 0) as decimal(38, 10)) as rough_range
    from totalled
),

baselines as (
    select
        *,
        rough_mean
        + cast(cast(points_total - rough_mean * points_count as double) / points_count as decimal(38, 10))
            as mean_point,
        rough_range
        + cast(
            cast(ranges_total - rough_range * ranges_count as double) / nullif(ranges_count, 0) as decimal(38, 10)
        ) as mean_range
    from roughly
),

based as (
    select
        ranged.*,
        baselines.baseline_from_date,
        baselines.baseline_to_date,
        baselines.mean_point,
        baselines.mean_range,
        coalesce(baselines.points_count, 0) as points_count,
        case
            when ranged.is_held then 'held'
            when ranged.actual_value is null then 'no_value'
            when ranged.is_rising then 'not_final'
            when ranged.point is null then 'no_previous'
            when ranged.is_baseline_open then 'baseline_open'
            -- points among gaps tell little of how far a value moves from one period to the next
            when
                coalesce(baselines.points_count, 0) < ranged.minimum_periods
                or baselines.ranges_count * 2 < ranged.minimum_periods
                then 'too_few_points'
        end as no_limits_reason
    from ranged
    -- left: before the second year there is no baseline
    left join baselines
        on
            ranged.kpi_id = baselines.kpi_id
            and ranged.period_grain = baselines.period_grain
            and ranged.counts_from_date = baselines.counts_from_date
            and ranged.is_by_dates = baselines.is_by_dates
            and ranged.scope_type = baselines.scope_type
            and ranged.scope_id = baselines.scope_id
),

limited as (
    select
        *,
        case when no_limits_reason is null then reference_value + mean_point end as centre_line,
        case when no_limits_reason is null then cast(2.66 * mean_range as decimal(38, 10)) end as reach
    from based
),

sided as (
    select
        *,
        case
            when no_limits_reason is not null then null
            when actual_value > centre_line + reach then 'above_limits'
            when actual_value < centre_line - reach then 'below_limits'
        end as limits_rule,
        -- a level that did not move is on no side
        case
            when no_limits_reason is not null then 0
            when judged_on = 'change_from_previous' and point = 0 then 0
            when actual_value > centre_line then 1
            when actual_value < centre_line then -1
            else 0
        end as side
    from limited
),

-- a run begins where the point before it lies on another side, on none, or is missing
begun as (
    select
        *,
        case
            when
                follows_directly
                and side <> 0
                and side = lag(side) over (
                    partition by kpi_id, period_grain, scope_type, scope_id
                    order by period_start_date
                )
                then 0
            else 1
        end as begins,
        row_number() over (
            partition by kpi_id, period_grain, scope_type, scope_id
            order by period_start_date
        ) as place
    from sided
),

run as (
    select
        *,
        case
            when side = 0 then 0
            else
                place + 1 - max(case when begins = 1 then place end) over (
                    partition by kpi_id, period_grain, scope_type, scope_id
                    order by period_start_date
                    rows between unbounded preceding and current row
                )
        end as run_length
    from begun
),

ruled as (
    select
        *,
        case
            when limits_rule is not null then limits_rule
            when run_length >= 8 and side = 1 then 'run_above'
            when run_length >= 8 then 'run_below'
        end as signal_rule
    from run
)

select
    ruled.kpi_id,
    ruled.period_grain,
    ruled.period_start_date,
    ruled.scope_type,
    ruled.scope_id,
    ruled.period_end_date,
    ruled.actual_value,
    ruled.judged_on,
    ruled.centre_line,
    ruled.centre_line - ruled.reach as lower_limit,
    ruled.centre_line + ruled.reach as upper_limit,
    case when ruled.no_limits_reason is null then ruled.mean_range end as mean_moving_range,
    case when ruled.no_limits_reason is null then ruled.baseline_from_date end as baseline_from_date,
    case when ruled.no_limits_reason is null then ruled.baseline_to_date end as baseline_to_date,
    cast(ruled.points_count as bigint) as baseline_points_count,
    case when ruled.no_limits_reason is null then ruled.signal_rule is not null end as is_signal,
    ruled.signal_rule,
    case
        when ruled.direction = 'higher' then ruled.signal_rule in ('above_limits', 'run_above')
        when ruled.direction = 'lower' then ruled.signal_rule in ('below_limits', 'run_below')
    end as is_favourable,
    case when ruled.no_limits_reason is null then cast(ruled.run_length as bigint) end as run_length,
    ruled.no_limits_reason,
    run_settings.edition_id
from ruled
cross join run_settings
