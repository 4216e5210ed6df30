-- The weighted mean of the scores that exist, a row for each perspective and one (`all`) over the perspectives. What
-- has no score is left out of the mean and lowers the coverage; it never counts as zero.
with perspectives as (
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
        max(case when status = 'no_target' then 1 else 0 end) as is_without_target
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
        is_without_target
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
        max(is_without_target) as is_without_target
    from weighted
    group by period_grain, period_start_date, scope_type, scope_id, period_end_date, period_status, scope_name
)

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
    cast(weight as decimal(38, 10)) as weight,
    -- six decimals: a mean of rounded thirds must not fall short of 20/3 or 10/3 by its rounding
    case
        when score is null and is_without_target = 1 then 'no_target'
        when score is null then 'no_data'
        when round(score, 6) >= 6.666667 and period_status = 'settled' then 'achieved'
        when round(score, 6) >= 6.666667 then 'on_track'
        when round(score, 6) >= 3.333333 then 'at_risk'
        else 'off_track'
    end as status,
    cast(kpis_count as integer) as kpis_count,
    cast(scored_kpis_count as integer) as scored_kpis_count
from with_all
