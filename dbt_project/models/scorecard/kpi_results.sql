{{ config(materialized='view') }}
-- What every KPI file computed, one line a file, in alphabetical order.
select * from {{ ref('absence_ratio') }}
union all
select * from {{ ref('active_customers_count') }}
union all
select * from {{ ref('average_order_value_amount') }}
union all
select * from {{ ref('budget_variance_amount') }}
union all
select * from {{ ref('budget_variance_ratio') }}
union all
select * from {{ ref('customer_acquisition_cost_amount') }}
union all
select * from {{ ref('customer_churn_ratio') }}
union all
select * from {{ ref('customer_lifetime_margin_amount') }}
union all
select * from {{ ref('customer_lifetime_value_amount') }}
union all
select * from {{ ref('customer_retention_ratio') }}
union all
select * from {{ ref('debt_to_equity_ratio') }}
union all
select * from {{ ref('ebitda_amount') }}
union all
select * from {{ ref('employee_retention_ratio') }}
union all
select * from {{ ref('gender_pay_gap_ratio') }}
union all
select * from {{ ref('gross_margin_ratio') }}
union all
select * from {{ ref('gross_profit_amount') }}
union all
select * from {{ ref('headcount') }}
union all
select * from {{ ref('hires_count') }}
union all
select * from {{ ref('inventory_turnover_ratio') }}
union all
select * from {{ ref('lead_conversion_ratio') }}
union all
select * from {{ ref('market_share_ratio') }}
union all
select * from {{ ref('net_income_amount') }}
union all
select * from {{ ref('net_margin_ratio') }}
union all
select * from {{ ref('new_customers_count') }}
union all
select * from {{ ref('new_product_revenue_share_ratio') }}
union all
select * from {{ ref('new_products_count') }}
union all
select * from {{ ref('observed_kpis') }}
union all
select * from {{ ref('on_time_delivery_ratio') }}
union all
select * from {{ ref('operating_expenses_amount') }}
union all
select * from {{ ref('order_fulfilment_days') }}
union all
select * from {{ ref('pipeline_value_amount') }}
union all
select * from {{ ref('quick_ratio') }}
union all
select * from {{ ref('revenue_amount') }}
union all
select * from {{ ref('revenue_growth_ratio') }}
union all
select * from {{ ref('revenue_per_customer_amount') }}
union all
select * from {{ ref('revenue_per_customer_growth_ratio') }}
union all
select * from {{ ref('sales_quota_attainment_ratio') }}
union all
select * from {{ ref('supplier_lead_time_days') }}
union all
select * from {{ ref('supplier_reject_ratio') }}
union all
select * from {{ ref('utilisation_ratio') }}
union all
select * from {{ ref('women_share_ratio') }}
