-- What closed a deal is its last change that is known on the as-of day: one that was lost and then
-- taken up again is open.
select
    changes.opportunity_id,
    opportunities.created_date,
    changes.changed_date as closed_date,
    changes.region,
    changes.channel,
    changes.salesperson_id,
    changes.is_won,
    cast({{ dbt.datediff('opportunities.created_date', 'changes.changed_date', 'day') }} as bigint) as sales_cycle_days
from {{ ref('fct_opportunity_stages') }} as changes
cross join {{ source('audit', 'run_settings') }} as settings
-- left, not inner: a deal is won or lost also where nobody knows when it began
left join {{ ref('stg_sales__opportunities') }} as opportunities
    on changes.opportunity_id = opportunities.opportunity_id
where
    not changes.is_open
    and changes.changed_date <= settings.as_of_date
    and (changes.superseded_date > settings.as_of_date or changes.superseded_date is null)
