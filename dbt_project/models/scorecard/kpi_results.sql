{{ config(materialized='view') }}
-- What every KPI file computed, one line a file, in alphabetical order.
select * from {{ ref('absence_occasions_per_employee') }}
union all
select * from {{ ref('absence_ratio') }}
union all
select * from {{ ref('active_customers_count') }}
union all
select * from {{ ref('advertising_cost_amount') }}
union all
select * from {{ ref('annual_recurring_revenue_amount') }}
union all
select * from {{ ref('average_order_value_amount') }}
union all
select * from {{ ref('backorder_ratio') }}
union all
select * from {{ ref('booked_meetings_count') }}
union all
select * from {{ ref('budget_lines_overrun_ratio') }}
union all
select * from {{ ref('budget_variance_amount') }}
union all
select * from {{ ref('budget_variance_ratio') }}
union all
select * from {{ ref('carbon_per_order_kg') }}
union all
select * from {{ ref('cash_balance_amount') }}
union all
select * from {{ ref('click_through_ratio') }}
union all
select * from {{ ref('clicks_per_visitor_ratio') }}
union all
select * from {{ ref('cost_per_lead_amount') }}
union all
select * from {{ ref('current_ratio') }}
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
select * from {{ ref('customer_satisfaction_ratio') }}
union all
select * from {{ ref('cycle_time_days') }}
union all
select * from {{ ref('days_sales_outstanding_days') }}
union all
select * from {{ ref('debt_ratio') }}
union all
select * from {{ ref('debt_to_equity_ratio') }}
union all
select * from {{ ref('delivery_lateness_days') }}
union all
select * from {{ ref('ebitda_amount') }}
union all
select * from {{ ref('ebitda_margin_ratio') }}
union all
select * from {{ ref('employee_engagement_score') }}
union all
select * from {{ ref('employee_retention_ratio') }}
union all
select * from {{ ref('employee_satisfaction_ratio') }}
union all
select * from {{ ref('employee_turnover_ratio') }}
union all
select * from {{ ref('escalation_ratio') }}
union all
select * from {{ ref('ethnic_group_share_ratio') }}
union all
select * from {{ ref('ethnicity_pay_gap_ratio') }}
union all
select * from {{ ref('first_contact_resolution_ratio') }}
union all
select * from {{ ref('first_response_minutes') }}
union all
select * from {{ ref('gender_pay_gap_median_ratio') }}
union all
select * from {{ ref('gender_pay_gap_ratio') }}
union all
select * from {{ ref('gross_burn_amount') }}
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
select * from {{ ref('late_payment_days') }}
union all
select * from {{ ref('lead_conversion_ratio') }}
union all
select * from {{ ref('lead_to_opportunity_ratio') }}
union all
select * from {{ ref('market_share_ratio') }}
union all
select * from {{ ref('marketing_revenue_amount') }}
union all
select * from {{ ref('monthly_recurring_revenue_amount') }}
union all
select * from {{ ref('net_burn_amount') }}
union all
select * from {{ ref('net_income_amount') }}
union all
select * from {{ ref('net_margin_ratio') }}
union all
select * from {{ ref('net_promoter_score') }}
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
select * from {{ ref('operating_cash_flow_amount') }}
union all
select * from {{ ref('operating_expenses_amount') }}
union all
select * from {{ ref('order_fulfilment_days') }}
union all
select * from {{ ref('order_fulfilment_ratio') }}
union all
select * from {{ ref('paid_web_sessions_count') }}
union all
select * from {{ ref('pipeline_value_amount') }}
union all
select * from {{ ref('production_cost_per_unit_amount') }}
union all
select * from {{ ref('qualified_leads_count') }}
union all
select * from {{ ref('quick_ratio') }}
union all
select * from {{ ref('resolution_hours') }}
union all
select * from {{ ref('return_on_ad_spend_ratio') }}
union all
select * from {{ ref('return_on_investment_ratio') }}
union all
select * from {{ ref('revenue_amount') }}
union all
select * from {{ ref('revenue_growth_ratio') }}
union all
select * from {{ ref('revenue_per_customer_amount') }}
union all
select * from {{ ref('revenue_per_customer_growth_ratio') }}
union all
select * from {{ ref('revenue_per_employee_amount') }}
union all
select * from {{ ref('runway_months') }}
union all
select * from {{ ref('sales_cycle_days') }}
union all
select * from {{ ref('sales_cycle_median_days') }}
union all
select * from {{ ref('sales_per_employee_amount') }}
union all
select * from {{ ref('sales_quota_attainment_ratio') }}
union all
select * from {{ ref('supplier_fill_ratio') }}
union all
select * from {{ ref('supplier_lead_time_days') }}
union all
select * from {{ ref('supplier_on_time_ratio') }}
union all
select * from {{ ref('supplier_reject_ratio') }}
union all
select * from {{ ref('training_cost_per_employee_amount') }}
union all
select * from {{ ref('training_hours_per_employee') }}
union all
select * from {{ ref('unplanned_absence_days') }}
union all
select * from {{ ref('utilisation_ratio') }}
union all
select * from {{ ref('waiting_minutes') }}
union all
select * from {{ ref('web_sessions_count') }}
union all
select * from {{ ref('weighted_pipeline_value_amount') }}
union all
select * from {{ ref('win_ratio') }}
union all
select * from {{ ref('women_in_leadership_share_ratio') }}
union all
select * from {{ ref('women_share_ratio') }}
