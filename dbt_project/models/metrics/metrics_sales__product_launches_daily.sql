-- Every day, of every category of which a launch date is known: where launches are recorded, a day without
-- any has 0 of them.
with launches as (
    select
        launch_date,
        product_category
    from {{ ref('dim_products') }}
    where launch_date is not null
),

categories as (
    select distinct product_category
    from launches
),

known_days as (
    select
        min(period_start_date) as first_date,
        max(through_date) as last_date
    from {{ ref('dim_periods') }}
),

counted as (
    select
        launch_date,
        product_category,
        1 as launched_count
    from launches
    union all
    select
        dates.calendar_date as launch_date,
        categories.product_category,
        0 as launched_count
    from {{ ref('dim_dates') }} as dates
    inner join known_days on dates.calendar_date between known_days.first_date and known_days.last_date
    cross join categories
)

select
    launch_date,
    product_category,
    cast(sum(launched_count) as bigint) as new_products_count
from counted
group by launch_date, product_category
