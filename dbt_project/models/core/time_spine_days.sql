-- Not dim_dates itself, which knows days to come: a comparison with last year would have rows for them.
select
    dates.calendar_date,
    dates.quarter_start_date,
    dates.year_start_date,
    {{ dbt.datediff('dates.month_start_date', dbt.dateadd('month', 1, 'dates.month_start_date'), 'day') }} as days_in_month
from {{ ref('dim_dates') }} as dates
inner join {{ source('audit', 'run_settings') }} as settings on dates.calendar_date <= settings.as_of_date
