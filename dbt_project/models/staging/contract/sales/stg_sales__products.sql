{{ staging_contract('products') }}
