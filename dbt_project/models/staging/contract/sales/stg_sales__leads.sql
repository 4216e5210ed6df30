{{ staging_contract('leads') }}
