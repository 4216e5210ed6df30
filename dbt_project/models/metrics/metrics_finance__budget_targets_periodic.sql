-- The budget as targets. A KPI gets one only where the budget speaks about everything that the
-- KPI's actual contains: a budget without taxes is no target for net income.
with kpis as (
    select 'operating_expenses_amount' as kpi_id
    union all
    select 'ebitda_amount' as kpi_id
    union all
    select 'net_income_amount' as kpi_id
),

class_sums as (
    select
        periods.period_grain,
        periods.period_start_date,
        cells.account_class,
        case when grouping(cells.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(cells.department) = 1 then 'all' else cells.department end as scope_id,
        max(case when cells.actual_profit_effect_amount is null then 0 else 1 end) as has_postings,
        max(case when cells.budget_profit_effect_amount is null then 0 else 1 end) as has_budget,
        sum(cells.budget_profit_effect_amount) as budget_amount
    from {{ ref('metrics_finance__budget_monthly') }} as cells
    inner join {{ ref('dim_periods') }} as periods
        on cells.month_start_date between periods.period_start_date and periods.through_date
    where cells.is_month_posted
    group by grouping sets (
        (periods.period_grain, periods.period_start_date, cells.account_class),
        (periods.period_grain, periods.period_start_date, cells.account_class, cells.department)
    )
)

select
    kpis.kpi_id,
    class_sums.period_grain,
    class_sums.period_start_date,
    class_sums.scope_type,
    class_sums.scope_id,
    cast(
        sum(
            case
                when kpis.kpi_id = 'operating_expenses_amount' then -class_sums.budget_amount
                else class_sums.budget_amount
            end
        ) as decimal(38, 10)
    ) as target_value
from class_sums
-- the classes that each KPI's actual is made of
inner join kpis
    on
        (
            kpis.kpi_id = 'operating_expenses_amount'
            and class_sums.account_class in ('operating_expense', 'depreciation', 'amortisation')
        )
        or (
            kpis.kpi_id = 'ebitda_amount'
            and class_sums.scope_type = 'company'
            and class_sums.account_class in (
                'revenue', 'cost_of_goods_sold', 'operating_expense', 'other_income'
            )
        )
        or (
            kpis.kpi_id = 'net_income_amount'
            and class_sums.scope_type = 'company'
        )
inner join {{ ref('metrics_finance__budget_periodic') }} as compared
    on
        class_sums.period_grain = compared.period_grain
        and class_sums.period_start_date = compared.period_start_date
        and class_sums.scope_type = compared.scope_type
        and class_sums.scope_id = compared.scope_id
where not compared.is_partly_budgeted
group by
    kpis.kpi_id,
    class_sums.period_grain,
    class_sums.period_start_date,
    class_sums.scope_type,
    class_sums.scope_id
having
    max(case when class_sums.has_postings = 1 and class_sums.has_budget = 0 then 1 else 0 end) = 0
    and max(class_sums.has_budget) = 1
