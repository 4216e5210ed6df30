{{ staging_contract('stock') }}
