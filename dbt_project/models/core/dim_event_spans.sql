-- From when to when each entity that tells what the data covers has events. What a table that failed the gate says of
-- its dates counts no more than its rows do: the dates of the last edition that it was good in stand in
-- (docs/decisions/holding-by-lineage.md). Where it was as new as the run then, it counts as new now.
with settings as (
    select as_of_date from {{ source('audit', 'run_settings') }}
),

events as (
    select
        'stg_sales__orders' as entity,
        'sales' as domain,
        min(order_date) as first_date,
        max(order_date) as last_date
    from {{ ref('stg_sales__orders') }}
    union all
    select
        'stg_sales__leads' as entity,
        'sales' as domain,
        min(created_date) as first_date,
        max(created_date) as last_date
    from {{ ref('stg_sales__leads') }}
    union all
    select
        'stg_marketing__campaign_days' as entity,
        'marketing' as domain,
        min(activity_date) as first_date,
        max(activity_date) as last_date
    from {{ ref('stg_marketing__campaign_days') }}
    union all
    select
        'stg_marketing__web_sessions' as entity,
        'marketing' as domain,
        min(session_date) as first_date,
        max(session_date) as last_date
    from {{ ref('stg_marketing__web_sessions') }}
    union all
    select
        'stg_service__tickets' as entity,
        'service' as domain,
        cast(min(opened_at) as date) as first_date,
        cast(max(opened_at) as date) as last_date
    from {{ ref('stg_service__tickets') }}
    union all
    select
        'stg_service__survey_answers' as entity,
        'service' as domain,
        min(answered_date) as first_date,
        max(answered_date) as last_date
    from {{ ref('stg_service__survey_answers') }}
    union all
    -- figures speak for their own periods, whenever they come: the domain knows no gaps of its own
    select
        'stg_observed__observations' as entity,
        'observed' as domain,
        min(observations.period_start_date) as first_date,
        max(settings.as_of_date) as last_date
    from {{ ref('stg_observed__observations') }} as observations
    cross join settings
    union all
    select
        'stg_finance__postings' as entity,
        'finance' as domain,
        min(posting_date) as first_date,
        max(posting_date) as last_date
    from {{ ref('stg_finance__postings') }}
    union all
    -- people are employed until they leave, so the staff list speaks to the as-of day
    select
        'stg_hr__employees' as entity,
        'hr' as domain,
        min(employees.hire_date) as first_date,
        max(settings.as_of_date) as last_date
    from {{ ref('stg_hr__employees') }} as employees
    cross join settings
    union all
    select
        'stg_logistics__deliveries' as entity,
        'logistics' as domain,
        min(promised_date) as first_date,
        max(delivered_date) as last_date
    from {{ ref('stg_logistics__deliveries') }}
    union all
    select
        'stg_logistics__purchase_orders' as entity,
        'logistics' as domain,
        min(ordered_date) as first_date,
        max(received_date) as last_date
    from {{ ref('stg_logistics__purchase_orders') }}
    union all
    select
        'stg_logistics__stock' as entity,
        'logistics' as domain,
        min(stock_date) as first_date,
        max(stock_date) as last_date
    from {{ ref('stg_logistics__stock') }}
    union all
    select
        'stg_logistics__production_orders' as entity,
        'logistics' as domain,
        min(started_date) as first_date,
        max(finished_date) as last_date
    from {{ ref('stg_logistics__production_orders') }}
    union all
    -- no domain of its own: up to which month the ledger is closed (dim_coverage)
    select
        'stg_finance__balances' as entity,
        'ledger_close' as domain,
        min(balances.balance_date) as first_date,
        max(balances.balance_date) as last_date
    from {{ ref('stg_finance__balances') }} as balances
    inner join settings on balances.balance_date <= settings.as_of_date
)

select
    events.entity,
    events.domain,
    case when tainted.model_name is null then events.first_date else remembered.first_date end as first_date,
    case
        when tainted.model_name is null then events.last_date
        when
            events.domain <> 'ledger_close'
            and {{ dbt.datediff('remembered.last_date', 'remembered.as_of_date', 'day') }} <= {{ var('quiet_days_allowed', 7) }}
            then settings.as_of_date
        else remembered.last_date
    end as last_date,
    tainted.model_name is not null as is_remembered
from events
cross join settings
left join {{ source('audit', 'tainted_models') }} as tainted on events.entity = tainted.model_name
-- left: it may never have been good
left join {{ source('audit', 'event_spans') }} as remembered on events.entity = remembered.entity
