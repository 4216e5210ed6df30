{{ staging_contract('balances') }}
