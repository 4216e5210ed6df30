{{ config(meta={'dagster': {'ref': {'name': 'kpi_scorecard'}}}) }}
-- Where a comparison in kpi_scorecard is empty, one of the rules of docs/scoring.md says why; where none does, it is
-- filled. A row comes back for each row with a column that is empty without a reason, or filled in spite of one.
with rankable as (
    select
        scorecard.*,
        catalogue.direction,
        catalogue.period_basis,
        catalogue.benchmark_value as catalogue_benchmark_value,
        coalesce(scorecard.target_value, scorecard.target_lower, scorecard.target_upper) is not null as has_target,
        scorecard.actual_value is not null
        and scorecard.status <> 'held'
        and scorecard.scope_type not in ('company', 'employee', 'customer', 'ethnic_group', 'role_group')
        and scorecard.scope_id <> 'unassigned'
        and scorecard.scope_id not like '% / unassigned'
        and (
            catalogue.direction <> 'band'
            or scorecard.target_lower is not null
            or scorecard.target_upper is not null
        ) as is_rankable
    from {{ ref('kpi_scorecard') }} as scorecard
    inner join {{ ref('kpi_catalogue') }} as catalogue on scorecard.kpi_id = catalogue.kpi_id
),

ranked as (
    select
        kpi_id,
        period_grain,
        period_start_date,
        scope_type,
        count(*) as scopes_count
    from rankable
    where is_rankable
    group by kpi_id, period_grain, period_start_date, scope_type
),

-- last year to the same day, as the KPI files gave it
last_year_so_far as (
    select
        kpi_id,
        replace(period_grain, '_to_date', '') as period_grain,
        period_start_date,
        scope_type,
        scope_id,
        actual_value
    from {{ ref('kpi_results') }}
    where period_grain like '%_to_date' and no_value_reason is null
),

seen as (
    select
        rankable.*,
        coalesce(rankable.is_rankable and ranked.scopes_count > 1, false) as has_place,
        -- with a band it takes the band to tell better from worse
        rankable.actual_value is not null
        -- a held figure is compared with nothing
        and rankable.status <> 'held'
        and (rankable.direction <> 'band' or rankable.has_target) as can_change,
        rankable.period_status = 'open' and rankable.period_basis = 'flow' as is_so_far,
        previous.actual_value as value_before,
        last_year.actual_value as value_last_year,
        last_year.kpi_id is null
        or coalesce(last_year.no_value_reason, '') = 'incomplete_period' as is_last_year_incomplete,
        last_year_so_far.actual_value as value_to_date
    from rankable
    inner join {{ ref('periods') }} as periods
        on
            rankable.period_grain = periods.period_grain
            and rankable.period_start_date = periods.period_start_date
    left join ranked
        on
            rankable.kpi_id = ranked.kpi_id
            and rankable.period_grain = ranked.period_grain
            and rankable.period_start_date = ranked.period_start_date
            and rankable.scope_type = ranked.scope_type
    -- left, all three: before the first period, before last year's and before the data there is nothing
    left join {{ ref('kpi_scorecard') }} as previous
        on
            rankable.kpi_id = previous.kpi_id
            and rankable.period_grain = previous.period_grain
            and periods.previous_period_start_date = previous.period_start_date
            and rankable.scope_type = previous.scope_type
            and rankable.scope_id = previous.scope_id
    left join {{ ref('kpi_scorecard') }} as last_year
        on
            rankable.kpi_id = last_year.kpi_id
            and rankable.period_grain = last_year.period_grain
            and periods.last_year_start_date = last_year.period_start_date
            and rankable.scope_type = last_year.scope_type
            and rankable.scope_id = last_year.scope_id
    left join last_year_so_far
        on
            rankable.kpi_id = last_year_so_far.kpi_id
            and rankable.period_grain = last_year_so_far.period_grain
            and periods.last_year_start_date = last_year_so_far.period_start_date
            and rankable.scope_type = last_year_so_far.scope_type
            and rankable.scope_id = last_year_so_far.scope_id
),

judged as (
    select
        *,
        case
            when (actual_value is null) <> (no_value_reason is not null) then 'actual_value'
            when (variance is null) <> (actual_value is null or not has_target or status = 'held') then 'variance'
            when (remaining_to_target is null) <> (variance is null) then 'remaining_to_target'
            when (favourable_variance is null) <> (variance is null) then 'favourable_variance'
            when (is_met is null) <> (variance is null) then 'is_met'
            when (no_comparison_reason is null) <> (variance_ratio is not null and progress_ratio is not null)
                then 'no_comparison_reason'
            when (coalesce(no_comparison_reason, '') in ('held', 'no_data', 'no_target', 'no_last_year')) <> (variance is null)
                then 'no_comparison_reason'
            when
                variance_ratio is null
                and variance is not null
                and coalesce(target_value, 0) <> 0
                then 'variance_ratio'
            when
                variance_ratio is null
                and variance is not null
                and target_lower <> 0
                and target_upper <> 0
                then 'variance_ratio'
            when
                progress_ratio is null
                and variance is not null
                and (direction = 'band' or baseline_value is not null or (actual_value > 0 and target_value > 0))
                then 'progress_ratio'
            when (score is null) <> (variance is null) then 'score'
            when (previous_value is null) <> (is_so_far or value_before is null or status = 'held') then 'previous_value'
            when (previous_favourable_change is null) <> (previous_value is null or not can_change)
                then 'previous_favourable_change'
            when
                comparison_basis = 'whole_period'
                and (last_year_value is null) <> (value_last_year is null or status = 'held')
                then 'last_year_value'
            when
                comparison_basis = 'to_date'
                and (no_value_reason in ('incomplete_period', 'no_data') or status = 'held')
                and last_year_value is not null
                then 'last_year_value'
            when
                comparison_basis = 'to_date'
                and status <> 'held'
                and last_year_value is null
                and value_to_date is not null
                and not is_last_year_incomplete
                and coalesce(no_value_reason, '') not in ('incomplete_period', 'no_data')
                then 'last_year_value'
            when (last_year_favourable_change is null) <> (last_year_value is null or not can_change)
                then 'last_year_favourable_change'
            when comparison_basis is null or (comparison_basis = 'to_date') <> (period_status = 'open')
                then 'comparison_basis'
            when (benchmark_value is null) <> (catalogue_benchmark_value is null) then 'benchmark_value'
            when (benchmark_favourable_change is null) <> (benchmark_value is null or not can_change)
                then 'benchmark_favourable_change'
            when (status = 'held') <> (held_since is not null and held_check is not null) then 'held_since'
            when (status = 'held') <> (coalesce(no_comparison_reason, '') = 'held') then 'no_comparison_reason'
            when (value_edition_id is null) <> (status = 'held' and coalesce(no_value_reason, '') = 'held')
                then 'value_edition_id'
            when (value_as_of_date is null) <> (value_edition_id is null) then 'value_as_of_date'
            when (scope_rank is null) = has_place then 'scope_rank'
            when (ranked_scopes_count is null) <> (scope_rank is null) then 'ranked_scopes_count'
        end as unexplained
    from seen
)

select
    unexplained,
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id
from judged
where unexplained is not null
