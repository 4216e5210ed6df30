select
    changes.opportunity_id,
    changes.change_number,
    changes.changed_date,
    -- The earliest day of any later change, not just of the next one: where a source numbers its
    -- changes against their dates, no two rows of an opportunity ever hold on the same day.
    min(changes.changed_date) over (
        partition by changes.opportunity_id
        order by changes.change_number asc nulls last
        rows between 1 following and unbounded following
    ) as superseded_date,
    coalesce(opportunities.region, 'unassigned') as region,
    coalesce(opportunities.channel, 'unassigned') as channel,
    changes.stage_name,
    changes.stage_probability,
    changes.is_open,
    changes.is_won,
    changes.amount
from {{ ref('stg_sales__opportunity_stages') }} as changes
-- left, not inner: the value is in the stage; the opportunity's record only says where it is worked
left join {{ ref('stg_sales__opportunities') }} as opportunities
    on changes.opportunity_id = opportunities.opportunity_id
