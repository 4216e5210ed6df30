{{ staging_contract('opportunity_stages') }}
