-- From the month up: what closes with the month is booked on its last day.
select
    periods.period_grain,
    periods.period_start_date,
    case when grouping(ledger.department) = 1 then 'company' else 'department' end as scope_type,
    case when grouping(ledger.department) = 1 then 'all' else ledger.department end as scope_id,
    cast(sum(ledger.revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(ledger.cost_of_goods_sold_amount) as decimal(38, 4)) as cost_of_goods_sold_amount,
    cast(sum(ledger.operating_expenses_amount) as decimal(38, 4)) as operating_expenses_amount,
    cast(sum(ledger.depreciation_amount) as decimal(38, 4)) as depreciation_amount,
    cast(sum(ledger.amortisation_amount) as decimal(38, 4)) as amortisation_amount,
    cast(sum(ledger.other_income_amount) as decimal(38, 4)) as other_income_amount,
    cast(sum(ledger.interest_income_amount) as decimal(38, 4)) as interest_income_amount,
    cast(sum(ledger.interest_expense_amount) as decimal(38, 4)) as interest_expense_amount,
    cast(sum(ledger.tax_amount) as decimal(38, 4)) as tax_amount,
    cast(sum(ledger.net_income_amount) as decimal(38, 4)) as net_income_amount,
    cast(sum(ledger.marketing_cost_amount) as decimal(38, 4)) as marketing_cost_amount,
    cast(sum(ledger.sales_cost_amount) as decimal(38, 4)) as sales_cost_amount
from {{ ref('metrics_finance__ledger_daily') }} as ledger
inner join {{ ref('dim_periods') }} as periods
    on ledger.posting_date between periods.period_start_date and periods.through_date
where periods.period_grain not in ('day', 'week', 'week_to_date')
group by grouping sets (
    (periods.period_grain, periods.period_start_date),
    (periods.period_grain, periods.period_start_date, ledger.department)
)
