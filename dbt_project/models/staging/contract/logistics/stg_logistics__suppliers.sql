{{ staging_contract('suppliers') }}
