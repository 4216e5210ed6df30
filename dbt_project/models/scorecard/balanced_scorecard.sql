-- The weighted mean of the scores that exist, a row for each perspective and one (`all`) over the perspectives. What
-- has no score is left out of the mean and lowers the coverage; it never counts as zero.
with borders as (
    -- where on_track ends for one KPI, on the scale of scores: 6 with the default tolerances
    select 20.0 / 3 - 10.0 / 3 * on_track_tolerance / at_risk_tolerance as on_track_score
    from {{ ref('tolerances') }}
    where kpi_id = 'default'
),

perspectives as (
    select
        perspective,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        period_end_date,
        period_status,
        scope_name,
        {{ safe_divide('sum(weight * score)', 'sum(case when score is not null then weight end)') }} as score,
        {{ safe_divide('sum(case when score is not null then weight else 0 end)', 'sum(weight)') }} as coverage,
        count(*) as kpis_count,
        count(score) as scored_kpis_count,
        max(case when status = 'no_target' then 1 else 0 end) as is_without_target,
        max(case when status = 'held' then 1 else 0 end) as is_held
    from {{ ref('balanced_scorecard_kpis') }}
    group by
        perspective, period_grain, period_start_date, scope_type, scope_id, period_end_date, period_status, scope_name
),

weighted as (
    select
        perspectives.*,
        weights.weight
    from perspectives
    inner join {{ ref('balanced_scorecard_weights') }} as weights
        on
            perspectives.perspective = weights.perspective
            and weights.kpi_id is null
            and perspectives.period_start_date >= coalesce(weights.valid_from, perspectives.period_start_date)
            and (weights.valid_before is null or perspectives.period_start_date < weights.valid_before)
),

with_all as (
    select
        perspective,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        period_end_date,
        period_status,
        scope_name,
        score,
        coverage,
        weight,
        kpis_count,
        scored_kpis_count,
        is_without_target,
        is_held
    from weighted
    union all
    select
        'all' as perspective,
        period_grain,
        period_start_date,
        scope_type,
        scope_id,
        period_end_date,
        period_status,
        scope_name,
        {{ safe_divide('sum(weight * score)', 'sum(case when score is not null then weight end)') }} as score,
        {{ safe_divide('sum(weight * coverage)', 'sum(weight)') }} as coverage,
        sum(weight) as weight,
        sum(kpis_count) as kpis_count,
        sum(scored_kpis_count) as scored_kpis_count,
        max(is_without_target) as is_without_target,
        max(is_held) as is_held
    from weighted
    group by period_grain, period_start_date, scope_type, scope_id, period_end_date, period_status, scope_name
)

select
    with_all.perspective,
    with_all.period_grain,
    with_all.period_start_date,
    with_all.scope_type,
    with_all.scope_id,
    with_all.period_end_date,
    with_all.period_status,
    with_all.scope_name,
    with_all.score,
    with_all.coverage,
    cast(with_all.weight as decimal(38, 10)) as weight,
    -- six decimals: a mean of rounded thirds must not fall short of 20/3 or 10/3 by its rounding
    case
        when with_all.score is null and with_all.is_held = 1 then 'held'
        when with_all.score is null and with_all.is_without_target = 1 then 'no_target'
        when with_all.score is null then 'no_data'
        when round(with_all.score, 6) >= 6.666667 and with_all.period_status = 'settled' then 'achieved'
        when round(with_all.score, 6) >= round(borders.on_track_score, 6) then 'on_track'
        when round(with_all.score, 6) >= 3.333333 then 'at_risk'
        else 'off_track'
    end as status,
    cast(with_all.kpis_count as integer) as kpis_count,
    cast(with_all.scored_kpis_count as integer) as scored_kpis_count
from with_all
cross join borders
