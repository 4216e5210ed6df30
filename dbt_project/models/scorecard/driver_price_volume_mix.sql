-- Revenue, gross profit and gross margin by price, volume, mix and cost, from what was sold of each product, by the
-- formulae of docs/decisions/drivers.md: of the two periods the mean is taken, so neither comes first and nothing is left.
-- Each product's term is rounded before it is added, so that the sum does not hang on the order of the rows.
with comparisons as (
    select *
    from {{ ref('driver_values') }}
    where
        kpi_id in ('revenue_amount', 'gross_profit_amount', 'gross_margin_ratio')
        and compared_with in ('last_year', 'previous')
        and scope_type = 'company'
),

sides as (
    select
        comparisons.kpi_id,
        comparisons.period_grain,
        comparisons.period_start_date,
        comparisons.compared_with,
        products.product_id,
        products.units_quantity,
        products.revenue_amount,
        products.cost_amount,
        cast(null as decimal(38, 4)) as base_units_quantity,
        cast(null as decimal(38, 4)) as base_revenue_amount,
        cast(null as decimal(38, 4)) as base_cost_amount
    from comparisons
    inner join {{ ref('metrics_sales__product_sales_periodic') }} as products
        on
            comparisons.period_grain = products.period_grain
            and comparisons.period_start_date = products.period_start_date
    union all
    select
        comparisons.kpi_id,
        comparisons.period_grain,
        comparisons.period_start_date,
        comparisons.compared_with,
        products.product_id,
        cast(null as decimal(38, 4)) as units_quantity,
        cast(null as decimal(38, 4)) as revenue_amount,
        cast(null as decimal(38, 4)) as cost_amount,
        products.units_quantity as base_units_quantity,
        products.revenue_amount as base_revenue_amount,
        products.cost_amount as base_cost_amount
    from comparisons
    inner join {{ ref('metrics_sales__product_sales_periodic') }} as products
        on
            comparisons.base_grain = products.period_grain
            and comparisons.base_start_date = products.period_start_date
),

products as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        product_id,
        case
            -- only what was sold in both periods has two prices
            when max(units_quantity) > 0 and max(base_units_quantity) > 0 then 'both'
            when max(units_quantity) > 0 and max(base_units_quantity) is null then 'new'
            when max(base_units_quantity) > 0 and max(units_quantity) is null then 'gone'
            -- nothing but returns, or an amount without units
            else 'unpriced'
        end as kind,
        cast(coalesce(max(units_quantity), 0) as double) as units,
        cast(coalesce(max(base_units_quantity), 0) as double) as base_units,
        coalesce(max(revenue_amount), 0) as revenue_amount,
        coalesce(max(base_revenue_amount), 0) as base_revenue_amount,
        coalesce(max(revenue_amount - cost_amount), 0) as profit_amount,
        coalesce(max(base_revenue_amount - base_cost_amount), 0) as base_profit_amount
    from sides
    group by kpi_id, period_grain, period_start_date, compared_with, product_id
),

-- the sums are of exact decimals; of the amounts only products of both periods count in volume and mix
wholes as (
    select
        products.kpi_id,
        products.period_grain,
        products.period_start_date,
        products.compared_with,
        cast(sum(cast(case when products.kind = 'both' then products.units end as decimal(38, 4))) as double) as units,
        cast(sum(cast(case when products.kind = 'both' then products.base_units end as decimal(38, 4))) as double)
            as base_units,
        cast(sum(case when products.kind = 'both' then products.revenue_amount end) as double) as revenue_amount,
        cast(sum(case when products.kind = 'both' then products.base_revenue_amount end) as double)
            as base_revenue_amount,
        cast(sum(case when products.kind = 'both' then products.profit_amount end) as double) as profit_amount,
        cast(sum(case when products.kind = 'both' then products.base_profit_amount end) as double)
            as base_profit_amount,
        cast(sum(cast(case when products.kind <> 'unpriced' then products.units end as decimal(38, 4))) as double)
            as all_units,
        cast(sum(cast(case when products.kind <> 'unpriced' then products.base_units end as decimal(38, 4))) as double)
            as all_base_units,
        sum(products.revenue_amount) as all_revenue_amount,
        sum(products.base_revenue_amount) as all_base_revenue_amount,
        sum(products.profit_amount) as all_profit_amount,
        sum(products.base_profit_amount) as all_base_profit_amount
    from products
    group by products.kpi_id, products.period_grain, products.period_start_date, products.compared_with
),

-- the lines behind the KPI must be the KPI
explained as (
    select
        wholes.*,
        (cast(comparisons.start_value as double) + cast(comparisons.end_value as double)) / 2 as mean_value,
        -- of the margin: revenue per unit, the mean of the two periods
        case
            when wholes.all_units > 0 and wholes.all_base_units > 0
                then
                    (
                        cast(wholes.all_revenue_amount as double) / wholes.all_units
                        + cast(wholes.all_base_revenue_amount as double) / wholes.all_base_units
                    ) / 2
        end as mean_revenue_per_unit
    from wholes
    inner join comparisons
        on
            wholes.kpi_id = comparisons.kpi_id
            and wholes.period_grain = comparisons.period_grain
            and wholes.period_start_date = comparisons.period_start_date
            and wholes.compared_with = comparisons.compared_with
    where
        comparisons.numerator
        = case comparisons.kpi_id when 'revenue_amount' then wholes.all_revenue_amount else wholes.all_profit_amount end
        and comparisons.base_numerator
        = case comparisons.kpi_id
            when 'revenue_amount' then wholes.all_base_revenue_amount
            else wholes.all_base_profit_amount
        end
        and (
            comparisons.kpi_id <> 'gross_margin_ratio'
            or (
                comparisons.denominator = wholes.all_revenue_amount
                and comparisons.base_denominator = wholes.all_base_revenue_amount
            )
        )
),

priced as (
    select
        products.*,
        explained.mean_value,
        explained.mean_revenue_per_unit,
        -- an amount each; of the margin an amount per unit sold, so that volume alone moves nothing
        case when products.kpi_id = 'gross_margin_ratio' then explained.all_units else 1 end as scale,
        case when products.kpi_id = 'gross_margin_ratio' then explained.all_base_units else 1 end as base_scale,
        case when products.kind = 'both' then cast(products.revenue_amount as double) / products.units end as price,
        case when products.kind = 'both' then cast(products.base_revenue_amount as double) / products.base_units end
            as base_price,
        case when products.kind = 'both' then cast(products.profit_amount as double) / products.units end as margin,
        case when products.kind = 'both' then cast(products.base_profit_amount as double) / products.base_units end
            as base_margin
    from products
    inner join explained
        on
            products.kpi_id = explained.kpi_id
            and products.period_grain = explained.period_grain
            and products.period_start_date = explained.period_start_date
            and products.compared_with = explained.compared_with
    where products.kpi_id <> 'gross_margin_ratio' or explained.mean_revenue_per_unit > 0
),

moved as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        kind,
        units,
        base_units,
        revenue_amount,
        base_revenue_amount,
        profit_amount,
        base_profit_amount,
        mean_value,
        mean_revenue_per_unit,
        -- at the mean quantity the price moved, and so did the cost
        (units / scale + base_units / base_scale) / 2 * (price - base_price) as by_price,
        (units / scale + base_units / base_scale) / 2 * ((margin - price) - (base_margin - base_price)) as by_cost,
        -- the quantity moved, at the mean price or profit per unit
        (units / scale - base_units / base_scale) * (price + base_price) / 2 as revenue_by_quantity,
        (units / scale - base_units / base_scale) * (margin + base_margin) / 2 as profit_by_quantity,
        cast(revenue_amount as double) / scale - cast(base_revenue_amount as double) / base_scale as revenue_change,
        cast(profit_amount as double) / scale - cast(base_profit_amount as double) / base_scale as profit_change
    from priced
),

-- volume: all units sold more or less, at the mean price (profit) of a unit; the rest of what quantities did is mix
volumes as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        base_units,
        units,
        (units - base_units)
        * case kpi_id
            when 'revenue_amount' then revenue_amount / units + base_revenue_amount / base_units
            else profit_amount / units + base_profit_amount / base_units
        end / 2 as contribution
    from explained
    where kpi_id <> 'gross_margin_ratio' and units is not null
),

drivers as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'volume' as driver_type,
        cast(base_units as decimal(38, 10)) as base_value,
        cast(units as decimal(38, 10)) as actual_value,
        cast(contribution as decimal(38, 10)) as contribution
    from volumes
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'mix' as driver_type,
        cast(null as decimal(38, 10)) as base_value,
        cast(null as decimal(38, 10)) as actual_value,
        -cast(contribution as decimal(38, 10)) as contribution
    from volumes
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'mix' as driver_type,
        cast(null as decimal(38, 10)) as base_value,
        cast(null as decimal(38, 10)) as actual_value,
        cast(
            case kpi_id
                when 'revenue_amount' then revenue_by_quantity
                when 'gross_profit_amount' then profit_by_quantity
                else (profit_by_quantity - mean_value * revenue_by_quantity) / mean_revenue_per_unit
            end as decimal(38, 10)
        ) as contribution
    from moved
    where kind = 'both'
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'price' as driver_type,
        cast(null as decimal(38, 10)) as base_value,
        cast(null as decimal(38, 10)) as actual_value,
        cast(
            case kpi_id
                when 'gross_margin_ratio' then by_price * (1 - mean_value) / mean_revenue_per_unit
                else by_price
            end as decimal(38, 10)
        ) as contribution
    from moved
    where kind = 'both'
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'unit_cost' as driver_type,
        cast(null as decimal(38, 10)) as base_value,
        cast(null as decimal(38, 10)) as actual_value,
        cast(
            case kpi_id when 'gross_margin_ratio' then by_cost / mean_revenue_per_unit else by_cost end
            as decimal(38, 10)
        ) as contribution
    from moved
    where kind = 'both' and kpi_id <> 'revenue_amount'
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        kind as driver_type,
        cast(
            case
                when kind = 'new' then null
                when kpi_id = 'revenue_amount' then base_revenue_amount
                else base_profit_amount
            end as decimal(38, 10)
        ) as base_value,
        cast(
            case
                when kind = 'gone' then null
                when kpi_id = 'revenue_amount' then revenue_amount
                else profit_amount
            end as decimal(38, 10)
        ) as actual_value,
        cast(
            case kpi_id
                when 'revenue_amount' then revenue_amount - base_revenue_amount
                when 'gross_profit_amount' then profit_amount - base_profit_amount
                else (profit_change - mean_value * revenue_change) / mean_revenue_per_unit
            end as decimal(38, 10)
        ) as contribution
    from moved
    where kind <> 'both'
)

select
    kpi_id,
    period_grain,
    period_start_date,
    compared_with,
    driver_type,
    cast(sum(base_value) as decimal(38, 10)) as base_value,
    cast(sum(actual_value) as decimal(38, 10)) as actual_value,
    -- amounts in whole cents
    case
        when kpi_id = 'gross_margin_ratio' then cast(sum(contribution) as decimal(38, 10))
        else cast(round(sum(contribution), 2) as decimal(38, 10))
    end as contribution
from drivers
group by kpi_id, period_grain, period_start_date, compared_with, driver_type
