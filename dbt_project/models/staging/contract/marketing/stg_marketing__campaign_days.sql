{{ staging_contract('campaign_days') }}
