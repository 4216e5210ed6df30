select
    quotas.quota_id,
    quotas.salesperson_id,
    quotas.channel,
    dates.quarter_start_date,
    quotas.quota_amount
from {{ ref('stg_sales__quotas') }} as quotas
-- inner, not left: a quota outside the calendar belongs to no period that is ever shown
inner join {{ ref('dim_dates') }} as dates on quotas.period_start_date = dates.calendar_date
