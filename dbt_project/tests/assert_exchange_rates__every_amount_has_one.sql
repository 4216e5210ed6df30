{{ config(meta={
    'dagster': {'ref': {'name': 'dim_exchange_rates'}},
    'needs': 'exchange_rates',
    'what_to_do': 'Deliver the rates of these days and run again. Where an amount is in the reporting currency already, '
    ~ 'its currency_code is NULL.',
}) }}
-- Every amount in another currency has an exchange rate: quoted on its day, or up to six days before. Without one it
-- has no value, and neither has anything that it is part of.
with amounts as (
    select
        'order_lines' as entity,
        order_lines.source_system,
        order_lines.currency_code,
        orders.order_date as amount_date
    from {{ ref('stg_sales__order_lines') }} as order_lines
    inner join {{ ref('stg_sales__orders') }} as orders on order_lines.order_id = orders.order_id
    union all
    select
        'opportunity_stages' as entity,
        source_system,
        currency_code,
        changed_date as amount_date
    from {{ ref('stg_sales__opportunity_stages') }}
    union all
    select
        'subscriptions' as entity,
        source_system,
        currency_code,
        start_date as amount_date
    from {{ ref('stg_sales__subscriptions') }}
    union all
    select
        'campaign_days' as entity,
        source_system,
        currency_code,
        activity_date as amount_date
    from {{ ref('stg_marketing__campaign_days') }}
)

select
    amounts.entity,
    amounts.source_system,
    amounts.currency_code,
    count(*) as amounts_without_rate,
    count(distinct amounts.amount_date) as days_without_rate,
    min(amounts.amount_date) as first_day,
    max(amounts.amount_date) as last_day
from amounts
-- what is dated later has not happened, and nobody can know its rate
inner join {{ source('audit', 'run_settings') }} as settings on amounts.amount_date <= settings.as_of_date
left join {{ ref('dim_exchange_rates') }} as rates
    on
        amounts.currency_code = rates.currency_code
        and amounts.amount_date between rates.valid_from and rates.valid_to
where amounts.currency_code is not null and rates.currency_code is null
group by amounts.entity, amounts.source_system, amounts.currency_code
order by amounts.entity, amounts.source_system, amounts.currency_code
