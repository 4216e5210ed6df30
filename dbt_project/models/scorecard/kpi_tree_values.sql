-- What each KPI of the tree is made of, in figures, for every month, quarter and year of the company, and for last year to
-- the same day. A component is the value, numerator or denominator of a KPI, or an amount of sales or of the ledger.
with figures as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        numerator,
        denominator,
        actual_value
    from {{ ref('kpi_values') }}
    where scope_type = 'company' and period_grain in ('month', 'quarter', 'year')
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        numerator,
        denominator,
        actual_value
    from {{ ref('kpi_results') }}
    where scope_type = 'company' and period_grain in ('month_to_date', 'quarter_to_date', 'year_to_date')
),

sales as (
    select
        period_grain,
        period_start_date,
        cost_amount
    from {{ ref('metrics_sales__order_lines_periodic') }}
    where scope_type = 'company' and period_grain not in ('day', 'week', 'week_to_date')
),

ledger as (
    select *
    from {{ ref('metrics_finance__ledger_periodic') }}
    where scope_type = 'company'
),

amounts as (
    select
        'cost_of_goods_sold_amount' as amount_id,
        period_grain,
        period_start_date,
        cost_amount as amount
    from sales
    union all
    select
        'ledger_revenue_amount' as amount_id,
        period_grain,
        period_start_date,
        revenue_amount as amount
    from ledger
    union all
    select
        'other_income_amount' as amount_id,
        period_grain,
        period_start_date,
        other_income_amount as amount
    from ledger
    union all
    select
        'ledger_cost_of_goods_sold_amount' as amount_id,
        period_grain,
        period_start_date,
        cost_of_goods_sold_amount as amount
    from ledger
    union all
    select
        'depreciation_and_amortisation_amount' as amount_id,
        period_grain,
        period_start_date,
        depreciation_amount + amortisation_amount as amount
    from ledger
    union all
    select
        'net_interest_amount' as amount_id,
        period_grain,
        period_start_date,
        interest_expense_amount - interest_income_amount as amount
    from ledger
    union all
    select
        'tax_amount' as amount_id,
        period_grain,
        period_start_date,
        tax_amount as amount
    from ledger
)

select
    tree.kpi_id,
    tree.component_order,
    tree.component_id,
    tree.source_kpi_id,
    tree.operation,
    figures.period_grain,
    figures.period_start_date,
    cast(
        case tree.source_part
            when 'numerator' then figures.numerator
            when 'denominator' then figures.denominator
            else figures.actual_value
        end as decimal(38, 10)
    ) as component_value
from {{ ref('kpi_tree_components') }} as tree
inner join figures on tree.source_kpi_id = figures.kpi_id
union all
select
    tree.kpi_id,
    tree.component_order,
    tree.component_id,
    tree.source_kpi_id,
    tree.operation,
    amounts.period_grain,
    amounts.period_start_date,
    cast(amounts.amount as decimal(38, 10)) as component_value
from {{ ref('kpi_tree_components') }} as tree
inner join amounts on tree.source_part = amounts.amount_id
