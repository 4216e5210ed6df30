-- Which groups of salespeople are too small to tell a mean of, by whole months: by the day nearly all
-- are (docs/decisions/sales-by-person.md). Nothing is withheld where single salespeople are shown.
with sellers as (
    select distinct
        cast({{ dbt.date_trunc('month', 'daily.order_date') }} as date) as month_start_date,
        daily.region,
        daily.channel,
        daily.salesperson_id
    from {{ ref('metrics_sales__order_lines_daily') }} as daily
    cross join {{ ref('dim_settings') }} as settings
    where
        daily.salesperson_id is not null
        and not settings.is_employee_scope_allowed
        and {{ dbt.dateadd('day', -1, dbt.dateadd('month', 1, dbt.date_trunc('month', 'daily.order_date'))) }}
        <= settings.as_of_date
),

placed as (
    select distinct
        month_start_date,
        'company' as scope_type,
        'all' as scope_id,
        salesperson_id
    from sellers
    union all
    select distinct
        month_start_date,
        'region' as scope_type,
        region as scope_id,
        salesperson_id
    from sellers
    union all
    select distinct
        month_start_date,
        'channel' as scope_type,
        channel as scope_id,
        salesperson_id
    from sellers
),

sized as (
    select
        month_start_date,
        scope_type,
        scope_id,
        count(*) as people_count
    from placed
    group by month_start_date, scope_type, scope_id
),

remembered as (
    select
        sized.*,
        withheld_before.scope_id is not null as was_withheld
    from sized
    left join {{ ref('fct_withheld_before') }} as withheld_before
        on
            withheld_before.subject = 'sellers'
            and sized.scope_type = withheld_before.scope_type
            and sized.scope_id = withheld_before.scope_id
            and sized.month_start_date = withheld_before.withheld_date
),

-- in the order in which groups are withheld
ranked as (
    select
        *,
        row_number() over (
            partition by month_start_date, scope_type
            order by
                case when people_count < {{ var('minimum_group_size', 5) }} or was_withheld then 0 else 1 end,
                people_count,
                scope_id
        ) as place
    from remembered
),

-- who sells in two regions is one person behind both
first_places as (
    select
        placed.month_start_date,
        placed.scope_type,
        placed.salesperson_id,
        min(ranked.place) as place
    from placed
    inner join ranked
        on
            placed.month_start_date = ranked.month_start_date
            and placed.scope_type = ranked.scope_type
            and placed.scope_id = ranked.scope_id
    group by placed.month_start_date, placed.scope_type, placed.salesperson_id
),

new_people as (
    select
        month_start_date,
        scope_type,
        place,
        count(*) as new_people_count
    from first_places
    group by month_start_date, scope_type, place
),

joined as (
    select
        ranked.*,
        coalesce(new_people.new_people_count, 0) as new_people_count
    from ranked
    left join new_people
        on
            ranked.month_start_date = new_people.month_start_date
            and ranked.scope_type = new_people.scope_type
            and ranked.place = new_people.place
),

flagged as (
    select
        *,
        {{ is_withheld(
            'people_count',
            period='month_start_date',
            withheld_before='was_withheld',
            new_people_count='new_people_count'
        ) }} as is_flagged
    from joined
)

select
    flagged.month_start_date,
    flagged.scope_type,
    flagged.scope_id,
    cast(flagged.people_count as bigint) as people_count,
    flagged.is_flagged or companies.is_flagged as is_withheld
from flagged
inner join flagged as companies
    on companies.scope_type = 'company' and flagged.month_start_date = companies.month_start_date
