select
    period_grain,
    period_start_date,
    period_end_date,
    period_status,
    case period_grain
        when 'month' then substring(cast(period_start_date as varchar), 1, 7)
        when 'quarter'
            then
                substring(cast(period_start_date as varchar), 1, 4)
                || ' Q' || cast(extract(quarter from period_start_date) as varchar)
        else substring(cast(period_start_date as varchar), 1, 4)
    end as period_name,
    case when period_grain = 'month' then cast({{ dbt.date_trunc('quarter', 'period_start_date') }} as date) end
        as quarter_start_date,
    case when period_grain <> 'year' then cast({{ dbt.date_trunc('year', 'period_start_date') }} as date) end
        as year_start_date,
    previous_period_start_date,
    last_year_start_date
from {{ ref('dim_periods') }}
