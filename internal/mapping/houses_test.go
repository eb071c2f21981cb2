package mapping

import "fmt"

// A Snowflake star schema without value sketches; a house with names of its own
// over several tools; a file sent by mail, written by pandas.

func snowflake() schema {
	acc := made(4000, func(i int) string { return fmt.Sprintf("%07d", 1000000+i*3) })
	const s, n = "BYTE_ARRAY (STRING)", "DECIMAL(38,0)"
	bare := func(c Column) Column { c.Keys = nil; return c } // a describer without sketches
	return schema{
		name: "snowflake",
		tables: []Table{
			{Path: "DIM_ACCOUNT", Files: 3, Rows: 4000, Columns: []Column{
				bare(keyed("ACCOUNT_SK", n, made(4000, func(i int) string { return fmt.Sprint(i + 1) }))), bare(keyed("ACCOUNT_NUMBER", s, acc)), words("ACCOUNTNAME", "Acme Corp", "Globex"), words("CUST_SEGMENT", "ENT", "MM"),
				words("SUPPORT_TIER", "PREMIER", "BASIC"), words("GEO", "EMEA", "AMER"), numbers("CURRENT_ARR_USD", "DECIMAL(18,2)", 0, 2000000), days("ORIGINAL_CONTRACT_DATE"), days("CONTRACT_END_DT"), words("CUSTOMER_SUCCESS_MANAGER", "Ana Berg", "Bo Li"), words("CUST_STATUS", "ACTIVE", "CHURNED"),
			}},
			{Path: "FCT_PRODUCT_USAGE_DAILY", Files: 400, Rows: 2_000_000, Columns: []Column{
				bare(keyed("ACCOUNT_NUMBER", s, acc)), days("USAGE_DT"), numbers("DAILY_ACTIVE_USERS", n, 0, 900), numbers("LICENSED_USERS", n, 1, 2000), numbers("NUM_LOGINS", n, 0, 9000), numbers("FEATURES_USED_CNT", n, 0, 30),
			}},
			{Path: "FCT_SUPPORT_CASES", Files: 12, Rows: 60000, Columns: []Column{
				bare(keyed("CASE_ID", n, made(6000, func(i int) string { return fmt.Sprint(500000 + i) }))), bare(keyed("ACCOUNT_NUMBER", s, acc)), dates("OPENED_TS"), dates("RESOLVED_TS"), numbers("ESCALATION_FLAG", n, 0, 1), numbers("CSAT_RATING", n, 1, 5), words("CASE_CATEGORY", "BUG", "HOWTO"),
			}},
			{Path: "FCT_AR_INVOICES", Files: 5, Rows: 30000, Columns: []Column{
				words("INVOICE_NBR", "INV-10001", "INV-10002"), bare(keyed("ACCOUNT_NUMBER", s, acc)), days("INVOICE_DT"), days("PAYMENT_DUE_DT"), days("PAYMENT_RECEIVED_DT"), numbers("INVOICE_AMT", "DECIMAL(18,2)", -900, 400000),
			}},
			{Path: "CHURNED_ACCOUNTS", Files: 1, Rows: 210, Columns: []Column{
				bare(keyed("ACCOUNT_NUMBER", s, acc.part(20))), days("NOTICE_DT"), days("CHURN_DT"), words("CHURN_TYPE", "LOGO", "DOWNSELL"), words("PRIMARY_REASON", "PRICE", "PRODUCT"), numbers("LOST_ARR", "DECIMAL(18,2)", 100, 300000),
			}},
			{Path: "FX_RATES_DAILY", Files: 1, Rows: 9000, Columns: []Column{words("FROM_CURRENCY", "EUR", "GBP"), words("TO_CURRENCY", "USD"), days("RATE_DATE"), numbers("EXCHANGE_RATE", "DOUBLE", 0.006, 1.4)}},
			{Path: "QBR_MEETINGS", Files: 1, Rows: 3000, Columns: []Column{bare(keyed("ACCOUNT_NUMBER", s, acc.part(2))), dates("MEETING_DT"), words("MEETING_TYPE", "QBR", "EBR"), words("CUSTOMER_ATTENDED", "Y", "N")}},
		},
		paths: map[string]string{"accounts": "DIM_ACCOUNT", "usage": "FCT_PRODUCT_USAGE_DAILY", "tickets": "FCT_SUPPORT_CASES", "invoices": "FCT_AR_INVOICES", "churn": "CHURNED_ACCOUNTS", "fx_rates": "FX_RATES_DAILY", "meetings": "QBR_MEETINGS"},
		truth: map[string]string{
			"accounts.account_id": "ACCOUNT_NUMBER", "accounts.account_name": "ACCOUNTNAME", "accounts.segment": "CUST_SEGMENT", "accounts.tier": "SUPPORT_TIER", "accounts.region": "GEO", "accounts.arr": "CURRENT_ARR_USD",
			"accounts.start_date": "ORIGINAL_CONTRACT_DATE", "accounts.renewal_date": "CONTRACT_END_DT", "accounts.owner": "CUSTOMER_SUCCESS_MANAGER", "accounts.lifecycle_stage": "CUST_STATUS",
			"usage.account_id": "ACCOUNT_NUMBER", "usage.date": "USAGE_DT", "usage.active_users": "DAILY_ACTIVE_USERS", "usage.licensed_seats": "LICENSED_USERS", "usage.logins": "NUM_LOGINS", "usage.features_used": "FEATURES_USED_CNT",
			"tickets.account_id": "ACCOUNT_NUMBER", "tickets.ticket_id": "CASE_ID", "tickets.opened_at": "OPENED_TS", "tickets.closed_at": "RESOLVED_TS", "tickets.escalated": "ESCALATION_FLAG", "tickets.csat": "CSAT_RATING", "tickets.category": "CASE_CATEGORY",
			"invoices.account_id": "ACCOUNT_NUMBER", "invoices.invoice_id": "INVOICE_NBR", "invoices.due_date": "PAYMENT_DUE_DT", "invoices.paid_at": "PAYMENT_RECEIVED_DT", "invoices.amount": "INVOICE_AMT",
			"churn.account_id": "ACCOUNT_NUMBER", "churn.notice_date": "NOTICE_DT", "churn.decision_date": "CHURN_DT", "churn.kind": "CHURN_TYPE", "churn.reason": "PRIMARY_REASON", "churn.arr_lost": "LOST_ARR",
			"fx_rates.currency": "FROM_CURRENCY", "fx_rates.date": "RATE_DATE", "fx_rates.rate": "EXCHANGE_RATE",
			"meetings.account_id": "ACCOUNT_NUMBER", "meetings.held_at": "MEETING_DT", "meetings.kind": "MEETING_TYPE", "meetings.attended": "CUSTOMER_ATTENDED",
		},
	}
}

func mixed() schema {
	acc := made(2500, func(i int) string { return fmt.Sprintf("C%06d", i) })
	const s, n = "string", "int64"
	return schema{
		name: "mixed",
		tables: []Table{
			{Path: "clients", Files: 1, Rows: 2500, Columns: []Column{
				keyed("clientNo", s, acc), words("clientName", "Acme Corp", "Globex"), words("accountManager", "Ana Berg"), words("accountManagerEmail", "ana@v.com"), words("sector", "Retail"), numbers("annualRecurringRevenue", "double", 0, 4e5), words("ccy", "EUR", "USD"),
				days("clientSince"), days("renewalDue"), numbers("noticePeriodDays", n, 30, 90), words("isKeyAccount", "yes", "no"), words("groupParentNo", "C000001"),
			}},
			{Path: "zuora/contracts", Files: 1, Rows: 3100, Columns: []Column{
				keyed("contractNo", s, made(3100, func(i int) string { return fmt.Sprintf("K%06d", i) })), keyed("clientNo", s, acc.part(1)), words("sku", "CORE"), days("effectiveFrom"), days("expiresOn"), numbers("lengthMonths", n, 1, 48), numbers("acv", "double", 0, 4e5), words("autoRenewal", "Y", "N"),
			}},
			{Path: "intercom_conversations", Files: 1, Rows: 22000, Columns: []Column{
				keyed("conversation_id", s, made(2000, func(i int) string { return fmt.Sprintf("9%09d", i) })), keyed("client_ref", s, acc.part(2)), dates("createdTime"), dates("closedTime"), numbers("csatScore", n, 1, 5), words("mood", "positive", "negative"), flags("wasEscalated"),
			}},
			{Path: "stakeholders", Files: 1, Rows: 5000, Columns: []Column{
				keyed("personId", s, made(5000, func(i int) string { return fmt.Sprintf("P%06d", i) })), keyed("client", s, acc.part(1)), words("fullName", "Jane Doe"), words("stakeholderRole", "Champion", "Executive Sponsor"), words("engagementLevel", "strong", "weak"), days("validFrom"), days("departedOn"),
			}},
			{Path: "csm_pulse", Files: 1, Rows: 800, Columns: []Column{keyed("clientNo", s, acc.part(4)), words("rating", "green", "red", "yellow"), words("enteredBy", "Ana Berg"), dates("enteredAt")}},
			{Path: "success_plays", Files: 1, Rows: 300, Columns: []Column{keyed("clientNo", s, acc.part(9)), words("playbook", "Rescue", "Onboard"), days("startedOn"), words("assignee", "Ana Berg"), words("result", "saved", "lost")}},
			{Path: "tickets_archive_2023", Files: 1, Rows: 9000, Columns: []Column{
				keyed("ticket_id", s, made(2000, func(i int) string { return fmt.Sprintf("8%09d", i) })), keyed("client_ref", s, acc.part(2)), dates("opened_at"), dates("closed_at"), numbers("csat", n, 1, 5),
			}},
		},
		paths: map[string]string{"accounts": "clients", "subscriptions": "zuora/contracts", "tickets": "intercom_conversations", "contacts": "stakeholders", "pulse": "csm_pulse", "interventions": "success_plays"},
		truth: map[string]string{
			"accounts.account_id": "clientNo", "accounts.account_name": "clientName", "accounts.owner": "accountManager", "accounts.owner_email": "accountManagerEmail", "accounts.industry": "sector", "accounts.arr": "annualRecurringRevenue", "accounts.currency": "ccy",
			"accounts.start_date": "clientSince", "accounts.renewal_date": "renewalDue", "accounts.notice_days": "noticePeriodDays", "accounts.strategic": "isKeyAccount", "accounts.parent_id": "groupParentNo",
			"subscriptions.account_id": "clientNo", "subscriptions.subscription_id": "contractNo", "subscriptions.product": "sku", "subscriptions.start": "effectiveFrom", "subscriptions.end": "expiresOn", "subscriptions.term_months": "lengthMonths", "subscriptions.arr": "acv", "subscriptions.auto_renew": "autoRenewal",
			"tickets.account_id": "client_ref", "tickets.ticket_id": "conversation_id", "tickets.opened_at": "createdTime", "tickets.closed_at": "closedTime", "tickets.csat": "csatScore", "tickets.sentiment": "mood", "tickets.escalated": "wasEscalated",
			"contacts.account_id": "client", "contacts.contact_id": "personId", "contacts.name": "fullName", "contacts.role": "stakeholderRole", "contacts.status": "engagementLevel", "contacts.since": "validFrom", "contacts.left_at": "departedOn",
			"pulse.account_id": "clientNo", "pulse.sentiment": "rating", "pulse.author": "enteredBy", "pulse.rated_at": "enteredAt",
			"interventions.account_id": "clientNo", "interventions.play": "playbook", "interventions.started_at": "startedOn", "interventions.owner": "assignee", "interventions.outcome": "result",
		},
	}
}

func wideMail() schema {
	acc := made(320, func(i int) string { return fmt.Sprintf("%d", 40000+i) })
	const s, n = "large_string", "int64"
	const path = "Export for Bob (final).parquet"
	return schema{
		name: "wide mail",
		tables: []Table{{Path: path, Files: 1, Rows: 320, Columns: []Column{
			{Name: "__index_level_0__", Physical: "int64", Distinct: 320, Min: "0", Max: "319", Samples: []string{"0", "1"}},
			keyed("Company ID", n, acc), words("Company", "Acme Corp", "Globex"), words("Account Owner", "Ana Berg"), numbers("ARR ($)", "double", 0, 2e5), days("Renews On"), words("Vertical", "Retail"),
			numbers("Seats", "double", 1, 500), numbers("Active Users (30d)", "double", 0, 480), dates("Last Login"), numbers("NPS", "double", 0, 10), numbers("CSAT", "double", 2, 5), words("Exec Sponsor", "active", "none", "passive"),
			words("Champion", "left", "strong", "none"), words("Escalations", "none", "open", "resolved"), numbers("Adoption %", "double", 4, 97), words("Payment Status", "current", "late"), numbers("MRR", "double", 0, 17000),
		}}},
		paths: map[string]string{"accounts": path, "usage": path, "signals": path},
		truth: map[string]string{
			"accounts.account_id": "Company ID", "accounts.account_name": "Company", "accounts.owner": "Account Owner", "accounts.arr": "ARR ($)", "accounts.renewal_date": "Renews On", "accounts.industry": "Vertical",
			"usage.account_id": "Company ID", "usage.licensed_seats": "Seats", "usage.active_users": "Active Users (30d)", "usage.last_login_at": "Last Login",
			"signals.account_id": "Company ID", "signals.nps": "NPS", "signals.csat": "CSAT", "signals.sponsor": "Exec Sponsor", "signals.champion": "Champion", "signals.escalations": "Escalations",
		},
	}
}

func houses() []schema { return []schema{snowflake(), mixed(), wideMail()} }
