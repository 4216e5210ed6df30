-- Best and worst of the units of a type, wherever kpi_scorecard ranks at least two. Of several that share the
-- first place the first by id is named, of several that share the last place the last by id.
with ranked as (
    select
        scorecard.*,
        catalogue.direction,
        row_number() over (
            partition by scorecard.kpi_id, scorecard.period_grain, scorecard.period_start_date, scorecard.scope_type
            order by scorecard.scope_rank, scorecard.scope_id
        ) as place
    from {{ ref('kpi_scorecard') }} as scorecard
    inner join {{ ref('kpi_catalogue') }} as catalogue on scorecard.kpi_id = catalogue.kpi_id
    where scorecard.scope_rank is not null
)

select
    best.kpi_id,
    best.period_grain,
    best.period_start_date,
    best.scope_type,
    best.ranked_scopes_count,
    best.scope_id as best_scope_id,
    best.scope_name as best_scope_name,
    best.actual_value as best_value,
    worst.scope_id as worst_scope_id,
    worst.scope_name as worst_scope_name,
    worst.actual_value as worst_value,
    -- inside a band two values are equally good however far apart
    case best.direction
        when 'higher' then best.actual_value - worst.actual_value
        when 'lower' then worst.actual_value - best.actual_value
        else best.favourable_variance - worst.favourable_variance
    end as spread
from ranked as best
inner join ranked as worst
    on
        best.kpi_id = worst.kpi_id
        and best.period_grain = worst.period_grain
        and best.period_start_date = worst.period_start_date
        and best.scope_type = worst.scope_type
        and best.ranked_scopes_count = worst.place
where best.place = 1
