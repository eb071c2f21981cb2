package mapping

import "fmt"

// The schemas of this file are not tuned for: no name of the vocabulary was added
// because of them. They measure what a stranger's warehouse may expect.

func chargebee() schema {
	acc := made(700, func(i int) string { return fmt.Sprintf("AzZlW%05dTq", i*13) })
	const s, n = "BYTE_ARRAY (STRING)", "INT64 (INT(64,true))"
	return schema{
		name: "chargebee and totango",
		tables: []Table{
			{Path: "cb_customer", Files: 1, Rows: 700, Columns: []Column{
				keyed("id", s, acc), words("company", "Acme Corp", "Globex"), words("first_name", "Jane"), words("email", "ap@acme.com"), words("preferred_currency_code", "EUR", "USD"), dates("created_at"), words("cf_account_tier", "Gold"), words("cf_csm", "Ana Berg"), flags("deleted"),
			}},
			{Path: "cb_subscription", Files: 1, Rows: 900, Columns: []Column{
				keyed("id", s, made(900, func(i int) string { return fmt.Sprintf("SubX%05d", i) })), keyed("customer_id", s, acc), words("plan_code", "pro-yearly"), dates("started_at"), dates("current_term_start"), dates("current_term_end"), dates("cancelled_at"), dates("next_billing_at"), numbers("billing_period_months", n, 1, 12), numbers("arr_cents", n, 0, 90000000), words("status", "active", "cancelled"),
			}},
			{Path: "totango_daily_activity", Files: 90, Rows: 60000, Columns: []Column{
				keyed("account_ref", s, acc.part(1)), days("activity_day"), numbers("unique_users", n, 0, 200), numbers("activities", n, 0, 90000), numbers("user_licenses", n, 0, 300), numbers("modules_used", n, 0, 9), dates("last_touch_at"),
			}},
			{Path: "freshdesk_ticket_dump", Files: 1, Rows: 9000, Columns: []Column{
				keyed("id", n, made(3000, func(i int) string { return fmt.Sprint(i + 1) })), keyed("cust_id", s, acc.part(2)), dates("created_time"), dates("resolved_time"), flags("is_escalated"), words("type", "Question", "Incident"), numbers("survey_rating", n, 1, 5),
			}},
			{Path: "gone_customers", Files: 1, Rows: 60, Columns: []Column{keyed("customer_id", s, acc.part(10)), days("decision_dt"), days("last_service_day"), words("why", "price")}},
		},
		paths: map[string]string{"accounts": "cb_customer", "subscriptions": "cb_subscription", "usage": "totango_daily_activity", "tickets": "freshdesk_ticket_dump", "churn": "gone_customers"},
		truth: map[string]string{
			"accounts.account_id": "id", "accounts.account_name": "company", "accounts.currency": "preferred_currency_code", "accounts.start_date": "created_at", "accounts.tier": "cf_account_tier", "accounts.owner": "cf_csm",
			"subscriptions.account_id": "customer_id", "subscriptions.subscription_id": "id", "subscriptions.product": "plan_code", "subscriptions.start": "started_at", "subscriptions.end": "cancelled_at", "subscriptions.renewal_date": "current_term_end", "subscriptions.term_months": "billing_period_months",
			"usage.account_id": "account_ref", "usage.date": "activity_day", "usage.active_users": "unique_users", "usage.licensed_seats": "user_licenses", "usage.features_used": "modules_used",
			"tickets.account_id": "cust_id", "tickets.ticket_id": "id", "tickets.opened_at": "created_time", "tickets.closed_at": "resolved_time", "tickets.escalated": "is_escalated", "tickets.category": "type", "tickets.csat": "survey_rating",
			"churn.account_id": "customer_id", "churn.decision_date": "decision_dt", "churn.end_date": "last_service_day", "churn.reason": "why",
		},
	}
}

func wideSheet() schema {
	acc := made(140, func(i int) string { return fmt.Sprintf("K-%04d", i+1000) })
	const path = "kunden/cs_master.parquet"
	return schema{
		name: "wide sheet",
		tables: []Table{{Path: path, Files: 1, Rows: 140, Columns: []Column{
			keyed("AccountID", "STRING", acc), words("AccountName", "Acme Corp"), words("Seg", "ENT"), numbers("CurrentARR", "DOUBLE", 0, 2e5), days("NextRenewal"), words("CustomerSuccessMgr", "Ana Berg"), numbers("SeatsLicensed", "INT64", 1, 400), numbers("SeatsActive", "INT64", 0, 390), numbers("DaysSinceLogin", "INT64", 0, 120),
			numbers("NPSLatest", "INT64", 0, 10), numbers("CSATAvg", "DOUBLE", 1, 5), words("SponsorStatus", "active", "gone"), words("ChampionStatus", "engaged", "left"), words("EscalationStatus", "none", "open"), numbers("OverdueDays", "INT64", 0, 80), numbers("FeatureAdoption", "DOUBLE", 0, 1), words("QBRs", "regular", "none"),
		}}},
		paths: map[string]string{"accounts": path, "usage": path, "signals": path},
		truth: map[string]string{
			"accounts.account_id": "AccountID", "accounts.account_name": "AccountName", "accounts.segment": "Seg", "accounts.arr": "CurrentARR", "accounts.renewal_date": "NextRenewal", "accounts.owner": "CustomerSuccessMgr",
			"usage.account_id": "AccountID", "usage.licensed_seats": "SeatsLicensed", "usage.active_users": "SeatsActive",
			"signals.account_id": "AccountID", "signals.days_since_login": "DaysSinceLogin", "signals.nps": "NPSLatest", "signals.csat": "CSATAvg", "signals.sponsor": "SponsorStatus", "signals.champion": "ChampionStatus", "signals.escalations": "EscalationStatus", "signals.payment": "OverdueDays", "signals.feature_adoption": "FeatureAdoption", "signals.qbr": "QBRs",
		},
	}
}

func unseen() []schema { return []schema{chargebee(), wideSheet(), recurly(), starSchema()} }
