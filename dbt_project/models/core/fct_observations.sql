-- What was known last counts: a figure that was measured again replaces the earlier one, here and not
-- in raw. A measurement after the as-of day has not happened yet.
with known as (
    select
        observations.*,
        row_number() over (
            partition by
                observations.kpi_id,
                observations.period_grain,
                observations.period_start_date,
                observations.scope_type,
                observations.scope_id
            -- two sources in the same second: the first by name, so that the answer is always the same
            order by observations.observed_at desc, observations.source asc
        ) as recency
    from {{ ref('stg_observed__observations') }} as observations
    cross join {{ source('audit', 'run_settings') }} as settings
    where cast(observations.observed_at as date) <= settings.as_of_date
)

select
    kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    numerator,
    denominator,
    value,
    observed_at,
    source,
    source_system
from known
where recency = 1
