package mapping

import "fmt"

// A success platform beside finance exports; dbt marts with ready-made signals; a
// second wide file, abbreviated.

func gainsight() schema {
	acc := made(1800, func(i int) string { return fmt.Sprintf("1P02%04d%s", i, "QWERTZ") })
	const s, n = "BYTE_ARRAY (STRING)", "INT64"
	return schema{
		name: "gainsight and finance",
		tables: []Table{
			{Path: "company", Files: 1, Rows: 1800, Columns: []Column{
				keyed("gsid", s, acc), words("company_name", "Acme Corp", "Globex"), words("sfdc_id", "0015g01", "0015g02"), words("csm_name", "Ana Berg", "Bo Li"), words("csm_mail", "ana@v.com"), numbers("arr_eur", "DECIMAL(16,2)", 0, 500000),
				words("lifecycle", "Onboarding", "Adoption", "Churned"), days("original_start"), days("next_renewal"), words("industry_vertical", "Retail"), words("sales_region", "DACH"), words("size_band", "Mid", "Large"), numbers("licenses_bought", n, 1, 900), flags("strategic_flag"),
			}},
			{Path: "day_agg_usage", Files: 60, Rows: 500000, Columns: []Column{
				keyed("company_gsid", s, acc), days("agg_date"), numbers("active_user_cnt", n, 0, 700), numbers("mau", n, 0, 900), numbers("provisioned_seats", n, 1, 900), numbers("features_touched", n, 0, 30), numbers("login_events", n, 0, 5000), dates("max_login_ts"),
			}},
			{Path: "zendesk_tickets_export", Files: 2, Rows: 30000, Columns: []Column{
				keyed("ticket_id", n, made(3000, func(i int) string { return fmt.Sprint(70000 + i) })), keyed("organization_external_id", s, acc.part(2)), dates("created_at"), dates("solved_at"), words("tags", "escalated,vip"), numbers("csat_numeric", n, 1, 5), words("escalated_yn", "Y", "N"), words("ticket_form", "Bug", "How-to"), words("sentiment_ml", "negative", "positive"),
			}},
			{Path: "netsuite_ar", Files: 1, Rows: 15000, Columns: []Column{
				words("document_no", "INV1001", "INV1002"), keyed("customer_external_id", s, acc), days("posting_date"), days("due_dt"), days("cleared_date"), numbers("gross_amt", "DECIMAL(16,2)", -500, 90000), words("doc_ccy", "EUR"),
			}},
			{Path: "relationship_persons", Files: 1, Rows: 4000, Columns: []Column{
				keyed("person_id", s, made(4000, func(i int) string { return fmt.Sprintf("1P01%05d", i) })), keyed("company_gsid", s, acc), words("person_name", "Jane Doe"), words("role_type", "Sponsor", "Champion"), words("engagement", "active", "passive"), days("valid_from"), days("valid_to"),
			}},
			{Path: "timeline_ebr", Files: 1, Rows: 2500, Columns: []Column{keyed("company_gsid", s, acc), words("activity_type", "EBR", "QBR"), dates("activity_date"), flags("customer_present")}},
			{Path: "lost_customers", Files: 1, Rows: 140, Columns: []Column{keyed("company_gsid", s, acc.part(12)), days("notification_date"), days("termination_effective"), words("loss_reason", "Price"), numbers("arr_before_loss", "DECIMAL(16,2)", 100, 90000), numbers("lost_arr_eur", "DECIMAL(16,2)", 100, 90000)}},
			{Path: "survey_nps_answers", Files: 1, Rows: 900, Columns: []Column{keyed("company_gsid", s, acc.part(3)), dates("answer_ts"), numbers("nps_answer", n, 0, 10), words("comment", "ok")}},
		},
		paths: map[string]string{"accounts": "company", "usage": "day_agg_usage", "tickets": "zendesk_tickets_export", "invoices": "netsuite_ar", "contacts": "relationship_persons", "meetings": "timeline_ebr", "churn": "lost_customers", "nps": "survey_nps_answers"},
		truth: map[string]string{
			"accounts.account_id": "gsid", "accounts.account_name": "company_name", "accounts.crm_id": "sfdc_id", "accounts.owner": "csm_name", "accounts.owner_email": "csm_mail", "accounts.arr": "arr_eur", "accounts.lifecycle_stage": "lifecycle",
			"accounts.start_date": "original_start", "accounts.renewal_date": "next_renewal", "accounts.industry": "industry_vertical", "accounts.region": "sales_region", "accounts.segment": "size_band", "accounts.strategic": "strategic_flag",
			"usage.account_id": "company_gsid", "usage.date": "agg_date", "usage.active_users": "active_user_cnt", "usage.monthly_active_users": "mau", "usage.licensed_seats": "provisioned_seats", "usage.features_used": "features_touched", "usage.logins": "login_events", "usage.last_login_at": "max_login_ts",
			"tickets.account_id": "organization_external_id", "tickets.ticket_id": "ticket_id", "tickets.opened_at": "created_at", "tickets.closed_at": "solved_at", "tickets.csat": "csat_numeric", "tickets.escalated": "escalated_yn", "tickets.category": "ticket_form", "tickets.sentiment": "sentiment_ml",
			"invoices.account_id": "customer_external_id", "invoices.invoice_id": "document_no", "invoices.due_date": "due_dt", "invoices.paid_at": "cleared_date", "invoices.amount": "gross_amt",
			"contacts.account_id": "company_gsid", "contacts.contact_id": "person_id", "contacts.name": "person_name", "contacts.role": "role_type", "contacts.status": "engagement", "contacts.since": "valid_from", "contacts.left_at": "valid_to",
			"meetings.account_id": "company_gsid", "meetings.kind": "activity_type", "meetings.held_at": "activity_date", "meetings.attended": "customer_present",
			"churn.account_id": "company_gsid", "churn.notice_date": "notification_date", "churn.end_date": "termination_effective", "churn.reason": "loss_reason", "churn.arr_before": "arr_before_loss", "churn.arr_lost": "lost_arr_eur",
			"nps.account_id": "company_gsid", "nps.responded_at": "answer_ts", "nps.score": "nps_answer",
		},
	}
}

func dbtMart() schema {
	acc := made(5000, func(i int) string { return fmt.Sprintf("acct_%06d", i) })
	const s, n = "BYTE_ARRAY (STRING)", "INT32"
	return schema{
		name: "dbt marts",
		tables: []Table{
			{Path: "marts/dim_customers", Files: 1, Rows: 5000, Columns: []Column{
				keyed("customer_key", s, acc), words("customer_name", "Acme Corp"), words("segment", "Enterprise"), numbers("arr_usd", "DOUBLE", 0, 9e5), days("first_contract_start_date"), days("current_contract_end_date"), words("csm_owner_name", "Ana Berg"), dates("dbt_updated_at"),
			}},
			{Path: "marts/fct_account_health_signals_daily", Files: 30, Rows: 150000, Columns: []Column{
				keyed("customer_key", s, acc), days("snapshot_date"), numbers("seat_utilization", "DOUBLE", 0, 1.1), numbers("feature_adoption_rate", "DOUBLE", 0, 1), numbers("days_since_last_login", n, 0, 400), numbers("csat_avg_90d", "DOUBLE", 1, 5), numbers("latest_nps_score", n, 0, 10), words("champion_status", "engaged", "left"), words("exec_sponsor_status", "active", "none"), numbers("days_past_due", n, 0, 90),
			}},
			{Path: "marts/fct_churn_events", Files: 1, Rows: 260, Columns: []Column{keyed("customer_key", s, acc.part(20)), days("churn_decided_on"), words("churn_kind", "logo", "downsell"), words("churn_reason_primary", "price"), numbers("arr_lost_usd", "DOUBLE", 10, 9e4)}},
		},
		paths: map[string]string{"accounts": "marts/dim_customers", "signals": "marts/fct_account_health_signals_daily", "churn": "marts/fct_churn_events"},
		truth: map[string]string{
			"accounts.account_id": "customer_key", "accounts.account_name": "customer_name", "accounts.segment": "segment", "accounts.arr": "arr_usd", "accounts.start_date": "first_contract_start_date", "accounts.renewal_date": "current_contract_end_date", "accounts.owner": "csm_owner_name",
			"signals.account_id": "customer_key", "signals.date": "snapshot_date", "signals.activity": "seat_utilization", "signals.feature_adoption": "feature_adoption_rate", "signals.days_since_login": "days_since_last_login", "signals.csat": "csat_avg_90d", "signals.nps": "latest_nps_score", "signals.champion": "champion_status", "signals.sponsor": "exec_sponsor_status", "signals.payment": "days_past_due",
			"churn.account_id": "customer_key", "churn.decision_date": "churn_decided_on", "churn.kind": "churn_kind", "churn.reason": "churn_reason_primary", "churn.arr_lost": "arr_lost_usd",
		},
	}
}

func wideOther() schema {
	acc := made(210, func(i int) string { return fmt.Sprintf("%05d", i+17) })
	const n = "INT64"
	const path = "health_inputs_q2.parquet"
	return schema{
		name: "wide other",
		tables: []Table{{Path: path, Files: 1, Rows: 210, Columns: []Column{
			keyed("acct_no", "BYTE_ARRAY (STRING)", acc), words("acct_nm", "Acme Corp"), words("tier", "Gold"), numbers("annual_recurring_rev", "DOUBLE", 0, 3e5), days("contract_end"), days("customer_since"), numbers("dau", n, 0, 300), numbers("mau", n, 0, 600), numbers("features_used", n, 0, 12), numbers("features_avail", n, 12, 12),
			dates("last_login_ts"), numbers("nps_score", n, 0, 10), numbers("csat_avg", "DOUBLE", 1, 5), words("sponsor_status", "active", "passive"), words("champion_state", "engaged", "left"), numbers("invoice_days_overdue", n, 0, 90), numbers("term_in_months", n, 1, 36), words("open_notes", "call back"), words("am", "Ana Berg"),
		}}},
		paths: map[string]string{"accounts": path, "usage": path, "signals": path},
		truth: map[string]string{
			"accounts.account_id": "acct_no", "accounts.account_name": "acct_nm", "accounts.tier": "tier", "accounts.arr": "annual_recurring_rev", "accounts.renewal_date": "contract_end", "accounts.start_date": "customer_since", "accounts.contract_term_months": "term_in_months",
			"usage.account_id": "acct_no", "usage.active_users": "dau", "usage.monthly_active_users": "mau", "usage.features_used": "features_used", "usage.features_available": "features_avail", "usage.last_login_at": "last_login_ts",
			"signals.account_id": "acct_no", "signals.nps": "nps_score", "signals.csat": "csat_avg", "signals.sponsor": "sponsor_status", "signals.champion": "champion_state", "signals.payment": "invoice_days_overdue", "signals.contract_term": "term_in_months",
		},
	}
}

func platforms() []schema { return []schema{gainsight(), dbtMart(), wideOther()} }
