{{ staging_contract('purchase_orders') }}
