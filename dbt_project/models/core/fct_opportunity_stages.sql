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
    opportunities.salesperson_id,
    -- the value of a deal in another currency is as good as the day's rate
    case
        when changes.currency_code is null then changes.amount
        else cast(changes.amount * rates.rate as decimal(18, 4))
    end as amount
from {{ ref('stg_sales__opportunity_stages') }} as changes
-- left, not inner: the value is in the stage; the opportunity's record only says where it is worked
left join {{ ref('stg_sales__opportunities') }} as opportunities
    on changes.opportunity_id = opportunities.opportunity_id
-- left: a missing rate must stop the build by name, not drop the deal
left join {{ ref('dim_exchange_rates') }} as rates
    on
        changes.currency_code = rates.currency_code
        and changes.changed_date between rates.valid_from and rates.valid_to
