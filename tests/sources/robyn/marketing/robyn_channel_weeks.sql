-- A column a channel in the file, a row a channel here. Impressions are counted on Facebook, clicks in search, and
-- neither counts the other.
select
    date as activity_date,
    'tv' as channel,
    cast(null as decimal(28, 13)) as impressions_count,
    cast(null as decimal(28, 13)) as clicks_count,
    tv_s as cost_amount
from {{ source('robyn', 'weekly_marketing') }}
union all
select
    date as activity_date,
    'outdoor' as channel,
    null as impressions_count,
    null as clicks_count,
    ooh_s as cost_amount
from {{ source('robyn', 'weekly_marketing') }}
union all
select
    date as activity_date,
    'print' as channel,
    null as impressions_count,
    null as clicks_count,
    print_s as cost_amount
from {{ source('robyn', 'weekly_marketing') }}
union all
select
    date as activity_date,
    'facebook' as channel,
    facebook_i as impressions_count,
    null as clicks_count,
    facebook_s as cost_amount
from {{ source('robyn', 'weekly_marketing') }}
union all
select
    date as activity_date,
    'search' as channel,
    null as impressions_count,
    search_clicks_p as clicks_count,
    search_s as cost_amount
from {{ source('robyn', 'weekly_marketing') }}
