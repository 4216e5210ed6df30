{{ staging_contract('orders') }}
