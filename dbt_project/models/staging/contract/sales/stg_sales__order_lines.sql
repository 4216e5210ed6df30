{{ staging_contract('order_lines') }}
