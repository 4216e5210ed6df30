{{ staging_contract('exchange_rates') }}
