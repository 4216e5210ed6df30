-- What people sold, and whether it may be told of so few of them: docs/decisions/sales-by-person.md.
with periods as (
    select
        periods.period_grain,
        periods.period_start_date,
        periods.through_date,
        -- a mean that is told night by night tells what whoever sold last has sold
        settings.is_employee_scope_allowed
        or (periods.period_grain in ('month', 'quarter', 'year') and periods.period_status = 'settled') as is_told
    from {{ ref('dim_periods') }} as periods
    cross join {{ ref('dim_settings') }} as settings
    where periods.period_grain not in ('day', 'week')
),

withheld as (
    select distinct
        periods.period_grain,
        periods.period_start_date,
        months.scope_type,
        months.scope_id
    from {{ ref('metrics_sales__seller_groups_monthly') }} as months
    inner join periods on months.month_start_date between periods.period_start_date and periods.through_date
    where months.is_withheld
)

select
    sales.period_grain,
    sales.period_start_date,
    sales.scope_type,
    sales.scope_id,
    sales.salespeople_revenue_amount,
    sales.salespeople_count,
    periods.is_told,
    withheld.scope_id is not null as is_sellers_withheld
from {{ ref('metrics_sales__order_lines_periodic') }} as sales
inner join periods
    on sales.period_grain = periods.period_grain and sales.period_start_date = periods.period_start_date
left join withheld
    on
        sales.period_grain = withheld.period_grain
        and sales.period_start_date = withheld.period_start_date
        and sales.scope_type = withheld.scope_type
        and sales.scope_id = withheld.scope_id
-- people sell across categories and segments: whoever sold one bike is no bike seller
where sales.scope_type in ('company', 'region', 'channel')
