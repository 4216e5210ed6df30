-- The budget as targets: of the whole period, and of the part of it that was due by the as-of day.
-- A KPI gets one only where the budget speaks about everything that the KPI's actual contains (a
-- budget without taxes is no target for net income) and about every month of the period.
with kpis as (
    select 'operating_expenses_amount' as kpi_id
    union all
    select 'ebitda_amount' as kpi_id
    union all
    select 'net_income_amount' as kpi_id
),

-- to the as-of day, beside the actual: open months are scaled by the model that is read here
due_by_class as (
    select
        periods.period_grain,
        periods.period_start_date,
        cells.account_class,
        case when grouping(cells.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(cells.department) = 1 then 'all' else cells.department end as scope_id,
        max(case when cells.actual_profit_effect_amount is null then 0 else 1 end) as has_postings,
        max(case when cells.budget_profit_effect_amount is null then 0 else 1 end) as has_budget,
        sum(cells.budget_profit_effect_amount) as due_amount,
        cast(0 as decimal(38, 10)) as whole_amount
    from {{ ref('metrics_finance__budget_monthly') }} as cells
    inner join {{ ref('dim_periods') }} as periods
        on
            cells.month_start_date between periods.period_start_date and periods.through_date
            -- the part of the month that belongs to the period
            and cells.through_date
            = least(cast({{ dbt.last_day('cells.month_start_date', 'month') }} as date), periods.through_date)
    where cells.is_month_posted
    group by grouping sets (
        (periods.period_grain, periods.period_start_date, cells.account_class),
        (periods.period_grain, periods.period_start_date, cells.account_class, cells.department)
    )
),

whole_by_class as (
    select
        periods.period_grain,
        periods.period_start_date,
        lines.account_class,
        case when grouping(lines.department) = 1 then 'company' else 'department' end as scope_type,
        case when grouping(lines.department) = 1 then 'all' else lines.department end as scope_id,
        0 as has_postings,
        1 as has_budget,
        cast(null as decimal(38, 10)) as due_amount,
        cast(sum(lines.profit_effect_amount) as decimal(38, 10)) as whole_amount
    from {{ ref('fct_budget_lines') }} as lines
    inner join {{ ref('dim_periods') }} as periods
        on lines.month_start_date between periods.period_start_date and periods.period_end_date
    group by grouping sets (
        (periods.period_grain, periods.period_start_date, lines.account_class),
        (periods.period_grain, periods.period_start_date, lines.account_class, lines.department)
    )
),

budgeted_months as (
    select
        periods.period_grain,
        periods.period_start_date,
        count(distinct lines.month_start_date) as months_count
    from {{ ref('fct_budget_lines') }} as lines
    inner join {{ ref('dim_periods') }} as periods
        on lines.month_start_date between periods.period_start_date and periods.period_end_date
    group by periods.period_grain, periods.period_start_date
),

by_class as (
    select
        period_grain,
        period_start_date,
        account_class,
        scope_type,
        scope_id,
        max(has_postings) as has_postings,
        max(has_budget) as has_budget,
        sum(due_amount) as due_amount,
        sum(whole_amount) as whole_amount
    from (
        select * from due_by_class
        union all
        select * from whole_by_class
    ) as both_spans
    group by period_grain, period_start_date, account_class, scope_type, scope_id
)

select
    kpis.kpi_id,
    by_class.period_grain,
    by_class.period_start_date,
    by_class.scope_type,
    by_class.scope_id,
    cast(
        case when kpis.kpi_id = 'operating_expenses_amount' then -1 else 1 end * sum(by_class.whole_amount)
        as decimal(38, 10)
    ) as target_value,
    cast(
        case when kpis.kpi_id = 'operating_expenses_amount' then -1 else 1 end * sum(by_class.due_amount)
        as decimal(38, 10)
    ) as to_date_value
from by_class
-- the classes that each KPI's actual is made of
inner join kpis
    on
        (
            kpis.kpi_id = 'operating_expenses_amount'
            and by_class.account_class in ('operating_expense', 'depreciation', 'amortisation')
        )
        or (
            kpis.kpi_id = 'ebitda_amount'
            and by_class.scope_type = 'company'
            and by_class.account_class in (
                'revenue', 'cost_of_goods_sold', 'operating_expense', 'other_income'
            )
        )
        or (
            kpis.kpi_id = 'net_income_amount'
            and by_class.scope_type = 'company'
        )
inner join {{ ref('metrics_finance__budget_periodic') }} as compared
    on
        by_class.period_grain = compared.period_grain
        and by_class.period_start_date = compared.period_start_date
        and by_class.scope_type = compared.scope_type
        and by_class.scope_id = compared.scope_id
inner join budgeted_months
    on
        by_class.period_grain = budgeted_months.period_grain
        and by_class.period_start_date = budgeted_months.period_start_date
        and budgeted_months.months_count
        = case by_class.period_grain when 'month' then 1 when 'quarter' then 3 else 12 end
where not compared.is_partly_budgeted and by_class.period_grain in ('month', 'quarter', 'year')
group by
    kpis.kpi_id,
    by_class.period_grain,
    by_class.period_start_date,
    by_class.scope_type,
    by_class.scope_id
having
    max(case when by_class.has_postings = 1 and by_class.has_budget = 0 then 1 else 0 end) = 0
    and max(by_class.has_budget) = 1
