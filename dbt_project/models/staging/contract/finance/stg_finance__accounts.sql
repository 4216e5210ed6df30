{{ staging_contract('accounts') }}
