-- New for 12 months from the launch day: docs/decisions/new-products.md
select
    order_date,
    product_category,
    cast(sum(net_amount) as decimal(38, 4)) as revenue_amount,
    cast(
        sum(
            case
                -- of a product whose launch nobody knows, nobody can say that it was not new
                when launch_date is null then null
                when order_date >= launch_date and order_date < {{ dbt.dateadd('month', 12, 'launch_date') }}
                    then net_amount
                else 0
            end
        ) as decimal(38, 4)
    ) as new_product_revenue_amount
from {{ ref('fct_order_lines') }}
group by order_date, product_category
