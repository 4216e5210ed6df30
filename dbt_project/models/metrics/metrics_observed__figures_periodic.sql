-- A figure that was measured for the period itself counts before anything rolled up. Otherwise the
-- parts of the period tell, by the KPI's additivity, if every part that has ended is there: a year
-- of eleven months is no year. Weeks are parts of nothing. (docs/decisions/observed-kpis.md)
with parts as (
    select
        periods.period_grain,
        periods.period_start_date,
        'day' as part_grain,
        dates.calendar_date as part_start_date
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_dates') }} as dates
        on dates.calendar_date between periods.period_start_date and periods.through_date
    where periods.period_grain <> 'day'
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        'month' as part_grain,
        dates.month_start_date as part_start_date
    from {{ ref('dim_periods') }} as periods
    -- the last day of a month: whoever finds it in the known part of the period has the whole month
    inner join {{ ref('dim_dates') }} as dates
        on
            dates.calendar_date between periods.period_start_date and periods.through_date
            and dates.calendar_date = {{ dbt.last_day('dates.calendar_date', 'month') }}
    where periods.period_grain in ('quarter', 'quarter_to_date', 'year', 'year_to_date')
    union all
    select
        periods.period_grain,
        periods.period_start_date,
        'quarter' as part_grain,
        dates.quarter_start_date as part_start_date
    from {{ ref('dim_periods') }} as periods
    -- not the quarters of dim_periods: the first year shown may have quarters that are not
    inner join {{ ref('dim_dates') }} as dates
        on
            dates.calendar_date between periods.period_start_date and periods.through_date
            and dates.calendar_date = cast(
                {{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, 'dates.quarter_start_date')) }} as date
            )
    where periods.period_grain in ('year', 'year_to_date')
),

numbered_parts as (
    select
        *,
        count(*) over (partition by period_grain, period_start_date, part_grain) as parts_count,
        max(part_start_date) over (partition by period_grain, period_start_date, part_grain) as last_part_start_date
    from parts
),

summed as (
    select
        figures.kpi_id,
        numbered_parts.period_grain,
        numbered_parts.period_start_date,
        figures.scope_type,
        figures.scope_id,
        numbered_parts.part_grain,
        max(kpis.additivity) as additivity,
        max(numbered_parts.parts_count) as parts_count,
        count(coalesce(figures.value, figures.numerator)) as values_count,
        count(figures.numerator + figures.denominator) as ratios_count,
        sum(coalesce(figures.value, figures.numerator)) as value,
        sum(figures.numerator) as numerator,
        sum(figures.denominator) as denominator,
        max(
            case
                when figures.period_start_date = numbered_parts.last_part_start_date
                    then coalesce(figures.value, figures.numerator)
            end
        ) as last_value
    from {{ ref('fct_observations') }} as figures
    inner join {{ ref('kpis') }} as kpis on figures.kpi_id = kpis.kpi_id
    inner join numbered_parts
        on
            figures.period_grain = numbered_parts.part_grain
            and figures.period_start_date = numbered_parts.part_start_date
    where kpis.additivity in ('additive', 'semi_additive', 'ratio')
    group by
        figures.kpi_id,
        numbered_parts.period_grain,
        numbered_parts.period_start_date,
        figures.scope_type,
        figures.scope_id,
        numbered_parts.part_grain
),

rolled_up as (
    select
        *,
        case additivity
            when 'semi_additive' then last_value is not null
            else values_count = parts_count
        end as is_complete,
        -- values without their parts can not be weighed
        additivity = 'ratio' and ratios_count = parts_count as is_divisible,
        -- the fewest parts first: quarters before months, months before days
        row_number() over (
            partition by kpi_id, period_grain, period_start_date, scope_type, scope_id
            order by case part_grain when 'quarter' then 1 when 'month' then 2 else 3 end
        ) as preference
    from summed
),

candidates as (
    select
        figures.kpi_id,
        periods.period_grain,
        periods.period_start_date,
        figures.scope_type,
        figures.scope_id,
        figures.numerator,
        figures.denominator,
        figures.value,
        false as is_incomplete,
        0 as preference
    from {{ ref('fct_observations') }} as figures
    -- inner, not left: a figure of a period that is not shown has no place; one that begins in the
    -- middle of a period stops at assert_observations__begin_with_their_period
    inner join {{ ref('dim_periods') }} as periods
        on
            figures.period_grain = periods.period_grain
            and figures.period_start_date = periods.period_start_date
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        case when is_divisible then numerator end as numerator,
        case when is_divisible then denominator end as denominator,
        case
            when is_complete and additivity = 'additive' then value
            when is_complete and additivity = 'semi_additive' then last_value
        end as value,
        not is_complete as is_incomplete,
        preference
    from rolled_up
),

chosen as (
    select
        *,
        row_number() over (
            partition by kpi_id, period_grain, period_start_date, scope_type, scope_id
            -- quarters with a gap do not stand in the way of months without one
            order by case when is_incomplete then 1 else 0 end, preference
        ) as choice
    from candidates
)

select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    cast(value as decimal(38, 10)) as value,
    is_incomplete
from chosen
where choice = 1
