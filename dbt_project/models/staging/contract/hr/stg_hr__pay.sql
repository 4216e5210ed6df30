{{ staging_contract('pay') }}
