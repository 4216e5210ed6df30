-- The sign turns here, once: postings are signed by their effect on profit, a cost measure is
-- positive for a cost (and negative for a month in which more was credited than spent).
with by_meaning as (
    select
        posting_date,
        department,
        case when account_class = 'revenue' then profit_effect_amount else 0 end as revenue_amount,
        case when account_class = 'cost_of_goods_sold' then -profit_effect_amount else 0 end
            as cost_of_goods_sold_amount,
        case
            when account_class in ('operating_expense', 'depreciation', 'amortisation')
                then -profit_effect_amount
            else 0
        end as operating_expenses_amount,
        case when account_class = 'depreciation' then -profit_effect_amount else 0 end as depreciation_amount,
        case when account_class = 'amortisation' then -profit_effect_amount else 0 end as amortisation_amount,
        case when account_class = 'other_income' then profit_effect_amount else 0 end as other_income_amount,
        case when account_class = 'interest_income' then profit_effect_amount else 0 end
            as interest_income_amount,
        case when account_class = 'interest_expense' then -profit_effect_amount else 0 end
            as interest_expense_amount,
        case when account_class = 'tax' then -profit_effect_amount else 0 end as tax_amount,
        -- all of it, whatever the class: a class that is added later can't fall out of the result
        profit_effect_amount as net_income_amount,
        -- no cost with a function at all: the source can not tell, which is not the same as 0
        case
            when cost_function = 'marketing' then -profit_effect_amount
            when cost_function is not null then 0
        end as marketing_cost_amount,
        case
            when cost_function = 'sales' then -profit_effect_amount
            when cost_function is not null then 0
        end as sales_cost_amount
    from {{ ref('fct_postings') }}
)

select
    posting_date,
    department,
    cast(sum(revenue_amount) as decimal(38, 4)) as revenue_amount,
    cast(sum(cost_of_goods_sold_amount) as decimal(38, 4)) as cost_of_goods_sold_amount,
    cast(sum(operating_expenses_amount) as decimal(38, 4)) as operating_expenses_amount,
    cast(sum(depreciation_amount) as decimal(38, 4)) as depreciation_amount,
    cast(sum(amortisation_amount) as decimal(38, 4)) as amortisation_amount,
    cast(sum(other_income_amount) as decimal(38, 4)) as other_income_amount,
    cast(sum(interest_income_amount) as decimal(38, 4)) as interest_income_amount,
    cast(sum(interest_expense_amount) as decimal(38, 4)) as interest_expense_amount,
    cast(sum(tax_amount) as decimal(38, 4)) as tax_amount,
    cast(sum(net_income_amount) as decimal(38, 4)) as net_income_amount,
    cast(sum(marketing_cost_amount) as decimal(38, 4)) as marketing_cost_amount,
    cast(sum(sales_cost_amount) as decimal(38, 4)) as sales_cost_amount
from by_meaning
group by posting_date, department
