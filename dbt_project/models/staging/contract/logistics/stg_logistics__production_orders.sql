{{ staging_contract('production_orders') }}
