{{ staging_contract('purchase_order_lines') }}
