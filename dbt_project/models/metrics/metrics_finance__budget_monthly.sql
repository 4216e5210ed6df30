-- Actual and budget side by side at the level on which they can be compared: account,
-- department, month. What is compared with what is decided by the models that read this one.
with month_parts as (
    select
        period_start_date as month_start_date,
        period_end_date as month_end_date,
        through_date,
        period_status as month_status
    from {{ ref('dim_periods') }}
    where period_grain = 'month'
    union
    -- last year's windows end in the middle of a month, which stands here a second time, up to that day
    select
        cast({{ dbt.date_trunc('month', 'through_date') }} as date) as month_start_date,
        cast({{ dbt.last_day('through_date', 'month') }} as date) as month_end_date,
        through_date,
        'open' as month_status
    from {{ ref('dim_periods') }}
    where
        period_grain in ('month_to_date', 'quarter_to_date', 'year_to_date')
        and through_date < {{ dbt.last_day('through_date', 'month') }}
),

months as (
    select
        month_start_date,
        through_date,
        month_status,
        {{ dbt.datediff('month_start_date', 'through_date', 'day') }} + 1 as elapsed_days,
        {{ dbt.datediff('month_start_date', 'month_end_date', 'day') }} + 1 as month_days
    from month_parts
),

lines as (
    select
        months.month_start_date,
        months.through_date,
        months.month_status,
        postings.department,
        postings.account_id,
        postings.account_class,
        postings.profit_effect_amount as actual_amount,
        cast(null as decimal(38, 10)) as budget_amount
    from {{ ref('fct_postings') }} as postings
    inner join months on postings.posting_date between months.month_start_date and months.through_date
    union all
    select
        months.month_start_date,
        months.through_date,
        months.month_status,
        budget_lines.department,
        budget_lines.account_id,
        budget_lines.account_class,
        cast(null as decimal(18, 4)) as actual_amount,
        -- the actual of an open month runs to the as-of day, so the budget does too, by elapsed days; a
        -- settled month is not divided at all and stays exact
        case
            when months.month_status = 'settled'
                then cast(budget_lines.profit_effect_amount as decimal(38, 10))
            else cast(
                cast(budget_lines.profit_effect_amount * months.elapsed_days as double)
                / cast(months.month_days as double) as decimal(38, 10)
            )
        end as budget_amount
    from {{ ref('fct_budget_lines') }} as budget_lines
    inner join months on budget_lines.month_start_date = months.month_start_date
),

summed as (
    select
        month_start_date,
        through_date,
        month_status,
        department,
        account_id,
        account_class,
        cast(sum(actual_amount) as decimal(38, 4)) as actual_profit_effect_amount,
        cast(sum(budget_amount) as decimal(38, 10)) as budget_profit_effect_amount
    from lines
    group by month_start_date, through_date, month_status, department, account_id, account_class
)

select
    month_start_date,
    through_date,
    month_status,
    department,
    account_id,
    account_class,
    actual_profit_effect_amount,
    budget_profit_effect_amount,
    max(case when budget_profit_effect_amount is null then 0 else 1 end)
        over (partition by month_start_date, through_date, account_id)
    = 1 as is_account_budgeted,
    max(case when actual_profit_effect_amount is null then 0 else 1 end)
        over (partition by month_start_date, through_date)
    = 1 as is_month_posted
from summed
