-- What is worth a second look in the plan and the catalogue. Warnings, not errors: nothing is held back for them. Each
-- rule is one CTE that gives its findings in words.
with settings as (
    select
        as_of_date,
        company,
        is_employee_scope_allowed
    from {{ source('audit', 'run_settings') }}
),

-- the KPIs on the scorecard of today
members as (
    select
        weights.perspective,
        weights.kpi_id,
        catalogue.perspective as catalogue_perspective,
        catalogue.title_en,
        catalogue.title_sv,
        catalogue.leading_lagging,
        catalogue.scopes
    from {{ ref('balanced_scorecard_weights') }} as weights
    inner join {{ ref('kpi_catalogue') }} as catalogue on weights.kpi_id = catalogue.kpi_id
    inner join settings
        on
            coalesce(weights.valid_from, settings.as_of_date) <= settings.as_of_date
            and (weights.valid_before is null or weights.valid_before > settings.as_of_date)
    where weights.weight > 0
),

perspectives as (
    select
        'financial' as perspective,
        'financial' as name_en,
        'ekonomi' as name_sv
    union all
    select
        'customer' as perspective,
        'customer' as name_en,
        'kund' as name_sv
    union all
    select
        'internal_process' as perspective,
        'internal process' as name_en,
        'interna processer' as name_sv
    union all
    select
        'learning_growth' as perspective,
        'learning and growth' as name_en,
        'lärande och tillväxt' as name_sv
),

objectives_per_period as (
    select
        'objectives_per_period' as rule_id,
        'scope' as subject_type,
        scope_type || ' / ' || scope_id as subject_id,
        'Objectives from ' || cast(period_start_date as varchar) || ' to ' || cast(period_end_date as varchar) || ': '
        || cast(count(*) as varchar) || '. Two to four can be kept in mind.' as message_en,
        'Mål från ' || cast(period_start_date as varchar) || ' till ' || cast(period_end_date as varchar) || ': '
        || cast(count(*) as varchar) || '. Två till fyra går att hålla i huvudet.' as message_sv
    from {{ ref('objectives') }}
    group by scope_type, scope_id, period_start_date, period_end_date
    having count(*) < 2 or count(*) > 4
),

key_results_per_objective as (
    select
        'key_results_per_objective' as rule_id,
        'objective' as subject_type,
        objective_id as subject_id,
        'Key results: ' || cast(key_results_count as varchar) || '. Three to five show whether it was reached.'
            as message_en,
        'Nyckelresultat: ' || cast(key_results_count as varchar) || '. Tre till fem visar om målet nåddes.'
            as message_sv
    from {{ ref('objectives') }}
    where key_results_count < 3 or key_results_count > 5
),

-- a scorecard has one list of KPIs for each type of scope
kpis_per_scorecard as (
    select
        'kpis_per_scorecard' as rule_id,
        'scope_type' as subject_type,
        scope_types.scope_type as subject_id,
        'Its balanced scorecard has ' || cast(count(*) as varchar) || ' KPIs: more than 15 are not followed.'
            as message_en,
        'Dess balanserade styrkort har ' || cast(count(*) as varchar) || ' nyckeltal: fler än 15 följs inte upp.'
            as message_sv
    from (select distinct scope_type from {{ ref('scopes') }}) as scope_types
    inner join members on ',' || members.scopes || ',' like '%,' || scope_types.scope_type || ',%'
    where scope_types.scope_type <> 'employee'
    group by scope_types.scope_type
    having count(*) > 15
),

only_lagging_kpis as (
    select
        'only_lagging_kpis' as rule_id,
        'perspective' as subject_type,
        members.perspective as subject_id,
        'Every KPI of the ' || perspectives.name_en || ' perspective tells what has been; none what is to come.'
            as message_en,
        'Alla nyckeltal i perspektivet ' || perspectives.name_sv || ' visar vad som varit; inget vad som väntar.'
            as message_sv
    from members
    inner join perspectives on members.perspective = perspectives.perspective
    group by members.perspective, perspectives.name_en, perspectives.name_sv
    having max(case when members.leading_lagging = 'leading' then 1 else 0 end) = 0
),

kpi_without_owner_or_goal as (
    select
        'kpi_without_owner_or_goal' as rule_id,
        'kpi' as subject_type,
        kpi_id as subject_id,
        title_en || ' has no '
        || case
            when coalesce(owner_role, '') <> '' then 'goal'
            when coalesce(goal, '') <> '' then 'owner'
            else 'owner and no goal'
        end || ' in the catalogue.' as message_en,
        title_sv || ' saknar '
        || case
            when coalesce(owner_role, '') <> '' then 'mål'
            when coalesce(goal, '') <> '' then 'ägare'
            else 'ägare och mål'
        end || ' i katalogen.' as message_sv
    from {{ ref('kpi_catalogue') }}
    where coalesce(owner_role, '') = '' or coalesce(goal, '') = ''
),

-- the plan's targets for this company; a person is named only where the company allows it
own_targets as (
    select targets.*
    from {{ source('plan', 'targets') }} as targets
    inner join settings on coalesce(targets.company, settings.company) = settings.company
    where targets.scope_type <> 'employee' or settings.is_employee_scope_allowed
),

-- of a standing target's versions only the newest is open: the others end where the next begins
standing_targets as (
    select
        targets.kpi_id,
        targets.scope_type,
        targets.scope_id,
        targets.valid_from,
        targets.valid_to,
        row_number() over (
            partition by targets.kpi_id, targets.scope_type, targets.scope_id, targets.period_grain
            -- as in kpi_targets: no later row for every company supersedes the company's own
            order by case when targets.company is null then 1 else 0 end, targets.valid_from desc
        ) as choice
    from own_targets as targets
    where targets.period_start_date is null
),

target_without_end as (
    select
        'target_without_end' as rule_id,
        'kpi' as subject_type,
        standing_targets.kpi_id as subject_id,
        'A target of ' || catalogue.title_en || ' (' || standing_targets.scope_type
        || coalesce(' / ' || standing_targets.scope_id, '') || ', from '
        || cast(min(standing_targets.valid_from) as varchar) || ') names no period and has no valid_to.' as message_en,
        'Ett målvärde för ' || catalogue.title_sv || ' (' || standing_targets.scope_type
        || coalesce(' / ' || standing_targets.scope_id, '') || ', från '
        || cast(min(standing_targets.valid_from) as varchar) || ') har varken period eller valid_to.' as message_sv
    from standing_targets
    inner join {{ ref('kpi_catalogue') }} as catalogue on standing_targets.kpi_id = catalogue.kpi_id
    where standing_targets.choice = 1 and standing_targets.valid_to is null
    group by
        standing_targets.kpi_id,
        standing_targets.scope_type,
        standing_targets.scope_id,
        catalogue.title_en,
        catalogue.title_sv
),

key_result_without_period as (
    select
        'key_result_without_period' as rule_id,
        'key_result' as subject_type,
        key_result_id as subject_id,
        cast(period_start_date as varchar) || ' to ' || cast(period_end_date as varchar)
        || ' is no month, quarter or fiscal year of the company, so the KPI has no value for it.' as message_en,
        cast(period_start_date as varchar) || ' till ' || cast(period_end_date as varchar)
        || ' är ingen månad, inget kvartal och inget räkenskapsår, så nyckeltalet har inget värde för tiden.'
            as message_sv
    from {{ ref('key_results') }}
    where period_grain is null
),

-- what the plan has for a part of the company; whose role an objective is of, no data say
scoped_plan as (
    select distinct
        'kpi' as subject_type,
        targets.kpi_id as subject_id,
        targets.scope_type,
        targets.scope_id,
        'A target of ' || catalogue.title_en || ' is for ' as what_en,
        'Ett målvärde för ' || catalogue.title_sv || ' gäller ' as what_sv
    from own_targets as targets
    inner join {{ ref('kpi_catalogue') }} as catalogue on targets.kpi_id = catalogue.kpi_id
    where targets.scope_id is not null
    union all
    select
        'objective' as subject_type,
        objective_id as subject_id,
        scope_type,
        scope_id,
        'The objective ' || objective_id || ' is for ' as what_en,
        'Målet ' || objective_id || ' gäller ' as what_sv
    from {{ ref('objectives') }}
    where scope_type <> 'role'
    union all
    select
        'key_result' as subject_type,
        key_results.key_result_id as subject_id,
        key_results.scope_type,
        key_results.scope_id,
        'The key result ' || key_results.key_result_id || ' reads ' || catalogue.title_en || ' for ' as what_en,
        'Nyckelresultatet ' || key_results.key_result_id || ' läser ' || catalogue.title_sv || ' för ' as what_sv
    from {{ ref('key_results') }} as key_results
    inner join {{ ref('kpi_catalogue') }} as catalogue on key_results.kpi_id = catalogue.kpi_id
),

unknown_scope as (
    select
        'unknown_scope' as rule_id,
        scoped_plan.subject_type,
        scoped_plan.subject_id,
        scoped_plan.what_en || scoped_plan.scope_type || ' / ' || scoped_plan.scope_id
        || ', of which no KPI has a value. Is it spelled as in the data?' as message_en,
        scoped_plan.what_sv || scoped_plan.scope_type || ' / ' || scoped_plan.scope_id
        || ', som inget nyckeltal har ett värde för. Stavas det som i källan?' as message_sv
    from scoped_plan
    left join {{ ref('scopes') }} as scopes
        on scoped_plan.scope_type = scopes.scope_type and scoped_plan.scope_id = scopes.scope_id
    where scopes.scope_id is null
),

ratios as (
    select
        'kpi' as subject_type,
        targets.kpi_id as subject_id,
        targets.kpi_id,
        targets.scope_type || coalesce(' / ' || targets.scope_id, '') || ', ' || cast(targets.valid_from as varchar)
            as place,
        -- of a band one end tells as much as two
        coalesce(targets.target_value, targets.target_upper, targets.target_lower) as target_value
    from own_targets as targets
    union all
    select
        'key_result' as subject_type,
        key_result_id as subject_id,
        kpi_id,
        scope_type || ' / ' || scope_id || ', ' || cast(period_start_date as varchar) as place,
        target_value
    from {{ ref('key_results') }}
),

-- numbers as people write them, without the zeros at their end
worded_ratios as (
    select
        ratios.subject_type,
        ratios.subject_id,
        ratios.place,
        catalogue.title_en,
        catalogue.title_sv,
        rtrim(rtrim(cast(cast(ratios.target_value as decimal(38, 10)) as varchar), '0'), '.') as as_typed,
        rtrim(rtrim(cast(cast(ratios.target_value / 100 as decimal(38, 10)) as varchar), '0'), '.') as as_ratio
    from ratios
    inner join {{ ref('kpi_catalogue') }} as catalogue on ratios.kpi_id = catalogue.kpi_id
    where catalogue.display_format = 'percent' and abs(ratios.target_value) > 2
),

percent_typed_as_number as (
    select
        'percent_typed_as_number' as rule_id,
        subject_type,
        subject_id,
        'The target of ' || title_en || ' (' || place || ') is ' || as_typed || ', where 1 is 100 %. If ' || as_typed
        || ' % is meant, write ' || as_ratio || '.' as message_en,
        'Målvärdet för ' || title_sv || ' (' || place || ') är ' || replace(as_typed, '.', ',')
        || ', där 1 är 100 %. Om ' || replace(as_typed, '.', ',') || ' % avses, skriv '
        || replace(as_ratio, '.', ',') || '.' as message_sv
    from worded_ratios
),

kpi_of_another_perspective as (
    select
        'kpi_of_another_perspective' as rule_id,
        'kpi' as subject_type,
        members.kpi_id as subject_id,
        members.title_en || ' is weighed in the ' || perspectives.name_en || ' perspective; in the catalogue it is in '
        || own_perspectives.name_en || '.' as message_en,
        members.title_sv || ' viktas i perspektivet ' || perspectives.name_sv || '; i katalogen hör det till '
        || own_perspectives.name_sv || '.' as message_sv
    from members
    inner join perspectives on members.perspective = perspectives.perspective
    inner join perspectives as own_perspectives on members.catalogue_perspective = own_perspectives.perspective
    where members.perspective <> members.catalogue_perspective
)

select * from objectives_per_period
union all
select * from key_results_per_objective
union all
select * from kpis_per_scorecard
union all
select * from only_lagging_kpis
union all
select * from kpi_without_owner_or_goal
union all
select * from target_without_end
union all
select * from key_result_without_period
union all
select * from kpi_of_another_perspective
union all
select * from unknown_scope
union all
select * from percent_typed_as_number
