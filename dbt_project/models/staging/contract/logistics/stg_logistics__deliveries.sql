{{ staging_contract('deliveries') }}
