-- What this run withholds, by the day, month or year that it was judged by. Publishing an edition adds it
-- to audit.withheld_days (docs/decisions/small-groups.md). Nothing of a table that failed: the memory is for ever, and
-- held figures are those of editions that have remembered already.
with tainted as (
    select model_name
    from {{ source('audit', 'tainted_models') }}
)

select
    'people' as subject,
    scope_type,
    scope_id,
    calendar_date as withheld_date
from {{ ref('metrics_hr__small_groups_daily') }}
where
    is_people_withheld
    and 'metrics_hr__small_groups_daily' not in (select tainted.model_name from tainted)
union all
select
    'leaders' as subject,
    scope_type,
    scope_id,
    calendar_date as withheld_date
from {{ ref('metrics_hr__small_groups_daily') }}
where
    is_leaders_withheld
    and scope_type in ('company', 'department')
    and 'metrics_hr__small_groups_daily' not in (select tainted.model_name from tainted)
union all
select
    survey as subject,
    scope_type,
    scope_id,
    answered_date as withheld_date
from {{ ref('metrics_hr__survey_rounds_daily') }}
where
    is_withheld
    and 'metrics_hr__survey_rounds_daily' not in (select tainted.model_name from tainted)
union all
select
    'timesheets' as subject,
    scope_type,
    scope_id,
    month_start_date as withheld_date
from {{ ref('metrics_hr__timesheet_groups_monthly') }}
where
    is_withheld
    and 'metrics_hr__timesheet_groups_monthly' not in (select tainted.model_name from tainted)
union all
select
    'sellers' as subject,
    scope_type,
    scope_id,
    month_start_date as withheld_date
from {{ ref('metrics_sales__seller_groups_monthly') }}
where
    is_withheld
    and 'metrics_sales__seller_groups_monthly' not in (select tainted.model_name from tainted)
union all
select distinct
    'gender_pay' as subject,
    scope_type,
    scope_id,
    through_date as withheld_date
from {{ ref('metrics_hr__pay_periodic') }}
where
    is_pay_gap_withheld
    and 'metrics_hr__pay_periodic' not in (select tainted.model_name from tainted)
union all
select
    'role_groups' as subject,
    scope_type,
    scope_id,
    period_start_date as withheld_date
from {{ ref('metrics_hr__role_groups_periodic') }}
where
    is_group_withheld
    and is_settled
    and 'metrics_hr__role_groups_periodic' not in (select tainted.model_name from tainted)
union all
select
    'ethnic_group_pay' as subject,
    scope_type,
    scope_id,
    period_start_date as withheld_date
from {{ ref('metrics_hr__ethnic_group_pay_periodic') }}
where
    is_pay_gap_withheld
    and is_settled
    and 'metrics_hr__ethnic_group_pay_periodic' not in (select tainted.model_name from tainted)
