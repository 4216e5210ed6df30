{{ config(meta={'dagster': {'ref': {'name': 'tolerances'}}}) }}
-- The margin of the status history is smaller than the distances between the borders: otherwise a KPI could meet its
-- target and still not be on track again, or skip at_risk on its way back.
select
    tolerances.*,
    coalesce(tolerances.hysteresis_tolerance, defaults.hysteresis_tolerance) as margin
from {{ ref('tolerances') }} as tolerances
inner join {{ ref('tolerances') }} as defaults on defaults.kpi_id = 'default'
where
    tolerances.on_track_tolerance is null
    or tolerances.at_risk_tolerance is null
    or coalesce(tolerances.hysteresis_tolerance, defaults.hysteresis_tolerance) is null
    or coalesce(tolerances.hysteresis_tolerance, defaults.hysteresis_tolerance) < 0
    or coalesce(tolerances.hysteresis_tolerance, defaults.hysteresis_tolerance) > tolerances.on_track_tolerance
    or coalesce(tolerances.hysteresis_tolerance, defaults.hysteresis_tolerance)
    >= tolerances.at_risk_tolerance - tolerances.on_track_tolerance
