{{ staging_contract('cash_movements') }}
