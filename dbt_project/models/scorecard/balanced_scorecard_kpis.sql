-- The KPIs on the balanced scorecard of each scope and period, with what each weighs and scores. A KPI belongs there
-- with or without a value: what is missing lowers the coverage.
with chosen as (
    select
        weights.perspective,
        weights.kpi_id,
        weights.weight,
        weights.valid_from,
        weights.valid_before,
        catalogue.grains
    from {{ ref('balanced_scorecard_weights') }} as weights
    inner join {{ ref('kpi_catalogue') }} as catalogue on weights.kpi_id = catalogue.kpi_id
    where weights.weight > 0
),

-- where at least one of them has a row; nobody is put on a scorecard alone
shown as (
    select distinct
        scorecard.period_grain,
        scorecard.period_start_date,
        scorecard.period_end_date,
        scorecard.period_status,
        scorecard.scope_type,
        scorecard.scope_id,
        scorecard.scope_name
    from {{ ref('kpi_scorecard') }} as scorecard
    inner join chosen on scorecard.kpi_id = chosen.kpi_id
    where scorecard.period_grain in ('month', 'quarter', 'year') and scorecard.scope_type <> 'employee'
),

-- a channel that brings leads sells nothing: a KPI that never has a row of a scope is none of its own
spoken_of as (
    select distinct
        kpi_id,
        scope_type,
        scope_id
    from {{ ref('kpi_scorecard') }}
)

select
    chosen.perspective,
    chosen.kpi_id,
    shown.period_grain,
    shown.period_start_date,
    shown.scope_type,
    shown.scope_id,
    shown.period_end_date,
    shown.period_status,
    shown.scope_name,
    chosen.weight,
    scorecard.score,
    coalesce(scorecard.status, 'no_data') as status
from shown
inner join chosen
    on
        shown.period_start_date >= coalesce(chosen.valid_from, shown.period_start_date)
        and (chosen.valid_before is null or shown.period_start_date < chosen.valid_before)
        and ',' || chosen.grains || ',' like '%,' || shown.period_grain || ',%'
inner join spoken_of
    on
        chosen.kpi_id = spoken_of.kpi_id
        and shown.scope_type = spoken_of.scope_type
        and shown.scope_id = spoken_of.scope_id
-- left: a KPI without a row of this period is missing in it
left join {{ ref('kpi_scorecard') }} as scorecard
    on
        chosen.kpi_id = scorecard.kpi_id
        and shown.period_grain = scorecard.period_grain
        and shown.period_start_date = scorecard.period_start_date
        and shown.scope_type = scorecard.scope_type
        and shown.scope_id = scorecard.scope_id
