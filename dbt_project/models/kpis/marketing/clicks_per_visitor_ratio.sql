-- clicks on campaigns / daily visitors of the web site
with kpi as (
    select
        sessions.period_grain,
        sessions.period_start_date,
        sessions.scope_type,
        sessions.scope_id,
        case when campaigns.campaign_days_count > 0 then campaigns.clicks_count else 0 end as numerator,
        sessions.visitors_count as denominator
    from {{ ref('metrics_marketing__web_sessions_periodic') }} as sessions
    -- left, not inner: where no campaign ran, nobody clicked on one
    left join {{ ref('metrics_marketing__campaigns_periodic') }} as campaigns
        on
            sessions.period_grain = campaigns.period_grain
            and sessions.period_start_date = campaigns.period_start_date
            and sessions.scope_type = campaigns.scope_type
            and sessions.scope_id = campaigns.scope_id
    where
        sessions.visitors_count is not null
        -- a source that never counts clicks does not say that there were none
        and (select max(counted.clicks_count) from {{ ref('metrics_marketing__campaigns_periodic') }} as counted) is not null
)

select
    'clicks_per_visitor_ratio' as kpi_id,
    period_grain,
    period_start_date,
    scope_type,
    scope_id,
    cast(numerator as decimal(38, 10)) as numerator,
    cast(denominator as decimal(38, 10)) as denominator,
    {{ safe_divide('numerator', 'denominator') }} as actual_value,
    {{ no_ratio_reason('numerator', 'denominator') }} as no_value_reason
from kpi
