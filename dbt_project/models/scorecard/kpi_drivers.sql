-- What moved a KPI, each cause a row: its parts, price, volume and mix, or what it is made of. The contributions of a
-- comparison add up to the whole change, to the last place: what rounding leaves is put to the largest of them.
with causes as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        dimension,
        driver_type,
        driver_id,
        cast(null as bigint) as fixed_order,
        base_value,
        actual_value,
        contribution
    from {{ ref('driver_parts') }}
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'price_volume_mix' as dimension,
        driver_type,
        driver_type as driver_id,
        cast(null as bigint) as fixed_order,
        base_value,
        actual_value,
        contribution
    from {{ ref('driver_price_volume_mix') }}
    union all
    select
        kpi_id,
        period_grain,
        period_start_date,
        compared_with,
        'kpi_tree' as dimension,
        driver_type,
        driver_id,
        driver_order as fixed_order,
        base_value,
        actual_value,
        contribution
    from {{ ref('driver_tree') }}
),

summed as (
    select
        causes.*,
        wholes.direction,
        wholes.start_value,
        wholes.end_value,
        wholes.end_value - wholes.start_value - sum(causes.contribution) over (
            partition by
                causes.kpi_id, causes.period_grain, causes.period_start_date, causes.compared_with, causes.dimension
        ) as rounding,
        row_number() over (
            partition by
                causes.kpi_id, causes.period_grain, causes.period_start_date, causes.compared_with, causes.dimension
            order by
                -- what products brought in all is known to the cent
                case when causes.driver_type in ('new', 'gone', 'unpriced', 'not_planned') then 1 else 0 end asc,
                abs(causes.contribution) desc,
                causes.driver_type asc,
                causes.driver_id asc
        ) as place,
        -- a part's ratio and share stand together
        sum(causes.contribution) over (
            partition by
                causes.kpi_id,
                causes.period_grain,
                causes.period_start_date,
                causes.compared_with,
                causes.dimension,
                causes.driver_id
        ) as driver_contribution
    from causes
    inner join {{ ref('driver_values') }} as wholes
        on
            causes.kpi_id = wholes.kpi_id
            and causes.period_grain = wholes.period_grain
            and causes.period_start_date = wholes.period_start_date
            and causes.compared_with = wholes.compared_with
            and wholes.scope_type = 'company'
),

settled as (
    select
        *,
        contribution + case when place = 1 then rounding else 0 end as exact_contribution
    from summed
),

components as (
    select distinct
        kpi_id,
        component_id,
        title_en,
        title_sv
    from {{ ref('kpi_tree') }}
),

named as (
    select
        settled.*,
        coalesce(settled.fixed_order, labels.driver_order, 100) as rough_order,
        coalesce(labels.name_en, components.title_en, scopes.scope_name, settled.driver_id) as driver_name_en,
        coalesce(labels.name_sv, components.title_sv, scopes.scope_name, settled.driver_id) as driver_name_sv
    from settled
    -- left, all three: a driver is a part, a component or a cause with a label
    left join {{ ref('driver_labels') }} as labels
        on
            case
                when settled.dimension = 'price_volume_mix' or settled.driver_type = 'not_planned' then settled.driver_type
                when settled.dimension <> 'kpi_tree' and settled.driver_id = 'unassigned' then settled.driver_id
            end = labels.driver_id
    left join components
        on
            settled.kpi_id = components.kpi_id
            and settled.driver_id = components.component_id
            and settled.dimension = 'kpi_tree'
    left join {{ ref('scopes') }} as scopes
        on settled.dimension = scopes.scope_type and settled.driver_id = scopes.scope_id
)

select
    named.kpi_id,
    named.period_grain,
    named.period_start_date,
    'company' as scope_type,
    'all' as scope_id,
    named.compared_with,
    named.dimension,
    named.driver_type,
    named.driver_id,
    named.driver_name_en,
    named.driver_name_sv,
    row_number() over (
        partition by named.kpi_id, named.period_grain, named.period_start_date, named.compared_with, named.dimension
        order by
            named.rough_order asc,
            abs(named.driver_contribution) desc,
            named.driver_id asc,
            -- the ratio before the share
            named.driver_type desc
    ) as driver_order,
    named.base_value,
    named.actual_value,
    cast(named.exact_contribution as decimal(38, 10)) as contribution,
    cast(
        case named.direction when 'higher' then named.exact_contribution when 'lower' then -named.exact_contribution end
        as decimal(38, 10)
    ) as favourable_contribution,
    named.start_value,
    named.end_value,
    settings.edition_id
from named
cross join {{ source('audit', 'run_settings') }} as settings
