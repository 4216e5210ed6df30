-- A fiscal year that is not the calendar year carries both years' numbers.
with settings as (
    select fiscal_year_start_month from {{ source('audit', 'run_settings') }}
),

named as (
    select
        periods.*,
        dates.week_start_date,
        dates.month_start_date,
        dates.quarter_start_date,
        dates.year_start_date,
        -- the Thursday decides to which year an ISO week belongs
        {{ dbt.dateadd('day', 3, 'dates.week_start_date') }} as thursday,
        substring(cast(dates.year_start_date as varchar), 1, 4)
        || case
            when settings.fiscal_year_start_month = 1 then ''
            else '/' || substring(cast(extract(year from dates.year_start_date) + 1 as varchar), 3, 2)
        end as year_name,
        -- the first day of a quarter lies 0, 3, 6 or 9 months into its year
        {{ dbt.datediff('dates.year_start_date', 'dates.quarter_start_date', 'month') }} / 3 + 1 as quarter_number
    from {{ ref('dim_periods') }} as periods
    inner join {{ ref('dim_dates') }} as dates on periods.through_date = dates.calendar_date
    cross join settings
    where periods.period_grain not like '%_to_date'
)

select
    period_grain,
    period_start_date,
    period_end_date,
    period_status,
    case period_grain
        when 'day' then cast(period_start_date as varchar)
        when 'week'
            then
                cast(extract(year from thursday) as varchar)
                || ' W' || {{ dbt.right("'0' || cast(extract(week from period_start_date) as varchar)", 2) }}
        when 'month' then substring(cast(period_start_date as varchar), 1, 7)
        when 'quarter' then year_name || ' Q' || cast(cast(quarter_number as integer) as varchar)
        else year_name
    end as period_name,
    -- a week belongs to no month: most of them lie in two
    case when period_grain = 'day' then week_start_date end as week_start_date,
    case when period_grain = 'day' then month_start_date end as month_start_date,
    case when period_grain in ('day', 'month') then quarter_start_date end as quarter_start_date,
    case when period_grain in ('day', 'month', 'quarter') then year_start_date end as year_start_date,
    previous_period_start_date,
    last_year_start_date
from named
