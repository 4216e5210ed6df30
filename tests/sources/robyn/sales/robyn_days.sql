-- The weeks spread over their days, to the cent: what rounding leaves over belongs to the Sunday. Quarters and years
-- do not begin on Mondays, and an amount that crosses a border would belong to neither side.
with day_numbers as (
    select 1 as day_number
    union all
    select 2 as day_number
    union all
    select 3 as day_number
    union all
    select 4 as day_number
    union all
    select 5 as day_number
    union all
    select 6 as day_number
    union all
    select 7 as day_number
),

weeks as (
    select
        date as monday,
        cast(revenue as decimal(18, 4)) as revenue_amount,
        cast(revenue / 7 as decimal(18, 4)) as daily_revenue_amount,
        cast(revenue + competitor_sales_b as decimal(18, 4)) as market_amount,
        cast((revenue + competitor_sales_b) / 7 as decimal(18, 4)) as daily_market_amount
    from {{ source('robyn', 'weekly_marketing') }}
)

select
    cast({{ dbt.dateadd('day', 'day_numbers.day_number - 1', 'weeks.monday') }} as date) as calendar_date,
    case
        when day_numbers.day_number < 7 then weeks.daily_revenue_amount
        else weeks.revenue_amount - 6 * weeks.daily_revenue_amount
    end as revenue_amount,
    case
        when day_numbers.day_number < 7 then weeks.daily_market_amount
        else weeks.market_amount - 6 * weeks.daily_market_amount
    end as market_amount
from weeks
cross join day_numbers
