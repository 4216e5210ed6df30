with coverage as (
    select min(covered_from) as first_date
    from {{ ref('dim_coverage') }}
),

settings as (
    select
        settings.as_of_date,
        coalesce(settings.history_from, coverage.first_date) as history_from,
        cast({{ dbt.dateadd('day', '-settings.days_shown', 'settings.as_of_date') }} as date) as days_shown_from
    from {{ source('audit', 'run_settings') }} as settings
    cross join coverage
),

periods as (
    select
        'day' as period_grain,
        calendar_date as period_start_date,
        calendar_date as period_end_date
    from {{ ref('dim_dates') }}
    union all
    select
        'week' as period_grain,
        week_start_date as period_start_date,
        -- not the last day the calendar knows: it may begin or end in the middle of a week
        cast({{ dbt.dateadd('day', 6, 'week_start_date') }} as date) as period_end_date
    from {{ ref('dim_dates') }}
    group by week_start_date
    union all
    select
        'month' as period_grain,
        month_start_date as period_start_date,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, 'month_start_date')) }} as date) as period_end_date
    from {{ ref('dim_dates') }}
    group by month_start_date
    union all
    select
        'quarter' as period_grain,
        quarter_start_date as period_start_date,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 3, 'quarter_start_date')) }} as date) as period_end_date
    from {{ ref('dim_dates') }}
    group by quarter_start_date
    union all
    select
        'year' as period_grain,
        year_start_date as period_start_date,
        cast({{ dbt.dateadd('day', -1, dbt.dateadd('month', 12, 'year_start_date')) }} as date) as period_end_date
    from {{ ref('dim_dates') }}
    group by year_start_date
),

shown as (
    select
        periods.period_grain,
        periods.period_start_date,
        periods.period_end_date,
        least(periods.period_end_date, settings.as_of_date) as through_date,
        case when settings.as_of_date < periods.period_end_date then 'open' else 'settled' end as period_status,
        case periods.period_grain
            when 'day' then cast({{ dbt.dateadd('day', -1, 'periods.period_start_date') }} as date)
            when 'week' then cast({{ dbt.dateadd('day', -7, 'periods.period_start_date') }} as date)
            when 'month' then cast({{ dbt.dateadd('month', -1, 'periods.period_start_date') }} as date)
            when 'quarter' then cast({{ dbt.dateadd('month', -3, 'periods.period_start_date') }} as date)
            else cast({{ dbt.dateadd('month', -12, 'periods.period_start_date') }} as date)
        end as previous_period_start_date,
        -- days and weeks compare with 52 weeks earlier, so that weekdays meet (docs/decisions/calendar.md)
        case
            when periods.period_grain in ('day', 'week')
                then cast({{ dbt.dateadd('day', -364, 'periods.period_start_date') }} as date)
            else cast({{ dbt.dateadd('year', -1, 'periods.period_start_date') }} as date)
        end as last_year_start_date,
        case
            when periods.period_grain in ('day', 'week')
                then cast({{ dbt.dateadd('day', -364, 'least(periods.period_end_date, settings.as_of_date)') }} as date)
            -- an open period compares like for like: to the same day of last year
            when settings.as_of_date < periods.period_end_date
                then cast({{ dbt.dateadd('year', -1, 'settings.as_of_date') }} as date)
            -- a settled one to the day before its successor began last year, so that a February is a
            -- whole February in leap years too
            else cast({{ dbt.dateadd('day', -1, dbt.dateadd('year', -1, dbt.dateadd('day', 1, 'periods.period_end_date'))) }} as date)
        end as last_year_through_date
    from periods
    cross join settings
    where
        periods.period_end_date >= settings.history_from
        and periods.period_start_date <= settings.as_of_date
        -- single days are for the operations of now: docs/decisions/calendar.md
        and (periods.period_grain <> 'day' or periods.period_start_date > settings.days_shown_from)
)

select * from shown
union all
-- What an open period is compared with: its namesake of last year, up to the same day
-- (docs/decisions/to-date-comparisons.md). Not shown; only measures are made of it.
select
    open_periods.period_grain || '_to_date' as period_grain,
    earlier.period_start_date,
    earlier.period_end_date,
    open_periods.last_year_through_date as through_date,
    'open' as period_status,
    earlier.previous_period_start_date,
    earlier.last_year_start_date,
    case
        when open_periods.period_grain = 'week'
            then cast({{ dbt.dateadd('day', -364, 'open_periods.last_year_through_date') }} as date)
        else cast({{ dbt.dateadd('year', -1, 'open_periods.last_year_through_date') }} as date)
    end as last_year_through_date
from shown as open_periods
-- inner: what lies before the shown history is no comparison
inner join shown as earlier
    on
        open_periods.period_grain = earlier.period_grain
        and open_periods.last_year_start_date = earlier.period_start_date
where open_periods.period_status = 'open'
