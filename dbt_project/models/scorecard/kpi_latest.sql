{{ config(materialized='view') }}
-- The scorecard as most people want it first: each KPI at its latest settled period, in words, and since when
-- it has been in the state it is in.
-- No database name in the references, so that the view reads the same inside the published file.
with settled as (
    select
        kpi_id,
        period_grain,
        scope_type,
        scope_id,
        max(period_start_date) as period_start_date
    from {{ ref('kpi_scorecard').include(database=false) }}
    where period_status = 'settled'
    group by kpi_id, period_grain, scope_type, scope_id
)

select
    scorecard.*,
    catalogue.title_en,
    catalogue.title_sv,
    catalogue.unit,
    catalogue.direction,
    catalogue.perspective,
    catalogue.department,
    statuses.label_en as status_en,
    statuses.label_sv as status_sv,
    events.to_status as steady_status,
    -- every period of a held KPI is held, and only since then
    coalesce(scorecard.held_since, events.period_start_date) as status_since_date
from {{ ref('kpi_scorecard').include(database=false) }} as scorecard
inner join settled
    on
        scorecard.kpi_id = settled.kpi_id
        and scorecard.period_grain = settled.period_grain
        and scorecard.scope_type = settled.scope_type
        and scorecard.scope_id = settled.scope_id
        and scorecard.period_start_date = settled.period_start_date
inner join {{ ref('kpi_catalogue').include(database=false) }} as catalogue on scorecard.kpi_id = catalogue.kpi_id
inner join {{ ref('statuses').include(database=false) }} as statuses on scorecard.status = statuses.status
-- left: days and weeks of the parts of the company have no status history
left join {{ ref('kpi_status_events').include(database=false) }} as events
    on
        events.is_current
        and scorecard.kpi_id = events.kpi_id
        and scorecard.period_grain = events.period_grain
        and scorecard.scope_type = events.scope_type
        and scorecard.scope_id = events.scope_id
