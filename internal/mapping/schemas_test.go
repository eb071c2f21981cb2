package mapping

import (
	"fmt"
	"strconv"
)

// schema is one warehouse as it might be found, and what a person would map.
type schema struct {
	name   string
	tables []Table
	paths  map[string]string // source -> path
	truth  map[string]string // "source.column" -> file column
}

// values is a set of ids with the sketch that a describer would make of it.
type values struct {
	all  []string
	keys []uint64
}

func made(n int, f func(i int) string) values {
	var v values
	var s Sketch
	for i := range n {
		v.all = append(v.all, f(i))
		s.Add(v.all[i])
	}
	v.keys = s.Keys()
	return v
}

// part is every k-th id: the accounts that happen to have rows.
func (v values) part(k int) values {
	return made(len(v.all)/k, func(i int) string { return v.all[i*k] })
}

func keyed(name, physical string, v values) Column {
	return Column{Name: name, Physical: physical, Distinct: int64(len(v.all)), Keys: v.keys, Samples: v.all[:min(5, len(v.all))], Min: v.all[0], Max: v.all[len(v.all)-1]}
}

func words(name string, samples ...string) Column {
	return Column{Name: name, Physical: "BYTE_ARRAY (STRING)", Distinct: int64(len(samples)), Samples: samples}
}

func numbers(name, physical string, lo, hi float64) Column {
	f := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	return Column{Name: name, Physical: physical, Distinct: 50, Min: f(lo), Max: f(hi), Samples: []string{f(lo), f(hi)}}
}

func dates(name string) Column {
	return Column{Name: name, Physical: "TIMESTAMP(MICROS,UTC)", Distinct: 400, Min: "2024-01-03T08:00:00Z", Max: "2026-06-30T17:00:00Z", Samples: []string{"2026-01-05T10:30:00Z", "2025-11-20T09:00:00Z"}}
}

func days(name string) Column {
	return Column{Name: name, Physical: "DATE", Distinct: 400, Min: "2024-01-03", Max: "2026-06-30", Samples: []string{"2026-01-05", "2025-11-20"}}
}

func flags(name string) Column {
	return Column{Name: name, Physical: "BOOLEAN", Distinct: 2, Samples: []string{"true", "false"}}
}

func empty(name, physical string, rows int64) Column {
	return Column{Name: name, Physical: physical, Nulls: rows}
}

func salesforce() schema {
	acc := made(3000, func(i int) string { return fmt.Sprintf("0015g00000%05dAAA", i) })
	kid := func(prefix string, n int) values {
		return made(n, func(i int) string { return fmt.Sprintf("%s5g00000%05dQAB", prefix, i) })
	}
	const s = "BYTE_ARRAY (STRING)"
	return schema{
		name: "salesforce",
		tables: []Table{
			{Path: "Account", Files: 4, Rows: 3000, Columns: []Column{
				keyed("Id", s, acc), words("Name", "Acme Corp", "Globex", "Initech"), keyed("ParentId", s, acc.part(30)),
				words("Type", "Customer", "Prospect", "Partner"), words("Industry", "Retail", "Energy"),
				numbers("AnnualRevenue", "DOUBLE", 0, 9e9), numbers("ARR__c", "DECIMAL(18,2)", 0, 900000),
				words("CurrencyIsoCode", "USD", "EUR"), keyed("OwnerId", s, kid("005", 40)), words("CSM_Email__c", "ana@vendor.com", "ben@vendor.com"),
				words("Segment__c", "Enterprise", "SMB"), words("Service_Tier__c", "Gold", "Silver"), words("BillingCountry", "US", "DE"),
				days("Customer_Since__c"), days("Next_Renewal_Date__c"), dates("CreatedDate"), dates("LastModifiedDate"), flags("IsDeleted"),
				flags("Strategic_Account__c"), empty("Fax", s, 3000),
			}},
			{Path: "Case", Files: 9, Rows: 41000, Columns: []Column{
				keyed("Id", s, kid("500", 41000)), keyed("CaseNumber", s, made(41000, func(i int) string { return fmt.Sprintf("%08d", i) })), keyed("AccountId", s, acc.part(2)), keyed("ContactId", s, kid("003", 9000)),
				dates("CreatedDate"), dates("ClosedDate"), flags("IsEscalated"), flags("IsClosed"), words("Priority", "High", "Low"), words("Status", "Closed", "New"),
				words("Reason", "Installation", "Performance"), numbers("CSAT__c", "DOUBLE", 1, 5), words("Sentiment__c", "Negative", "Neutral", "Positive"), dates("LastModifiedDate"),
			}},
			{Path: "Opportunity", Files: 2, Rows: 12000, Columns: []Column{
				keyed("Id", s, kid("006", 12000)), keyed("AccountId", s, acc.part(1)), words("Name", "Acme - upgrade", "Globex renewal"), words("Type", "Upgrade", "Renewal", "New Business"),
				words("StageName", "Closed Won", "Negotiation"), dates("CreatedDate"), days("CloseDate"), numbers("Amount", "DECIMAL(18,2)", 0, 400000), flags("IsWon"), flags("IsClosed"), numbers("Probability", "DOUBLE", 0, 100),
			}},
			{Path: "Contact", Files: 1, Rows: 9000, Columns: []Column{
				keyed("Id", s, kid("003", 9000)), keyed("AccountId", s, acc.part(1)), words("Name", "Jane Doe", "Bo Li"), words("Email", "jane@acme.com"), words("Title", "VP Ops"),
				words("Role__c", "Champion", "Sponsor", "User"), words("Relationship_Status__c", "Active", "Passive"), days("Role_Start_Date__c"), days("Left_Company_Date__c"), dates("CreatedDate"),
			}},
			{Path: "SBQQ__Subscription__c", Files: 1, Rows: 5200, Columns: []Column{
				keyed("Id", s, kid("a0S", 5200)), keyed("SBQQ__Account__c", s, acc.part(1)), words("SBQQ__ProductName__c", "Core", "Analytics"), days("SBQQ__StartDate__c"), days("SBQQ__EndDate__c"),
				numbers("SBQQ__SubscriptionTerm__c", "DOUBLE", 1, 36), numbers("ARR__c", "DECIMAL(18,2)", 0, 900000), words("CurrencyIsoCode", "USD", "EUR"), flags("Auto_Renew__c"),
			}},
			{Path: "NPS_Response__c", Files: 1, Rows: 2100, Columns: []Column{
				keyed("Id", s, kid("a1N", 2100)), keyed("Account__c", s, acc.part(3)), dates("Response_Date__c"), numbers("NPS_Score__c", "DOUBLE", 0, 10), words("Comment__c", "Great product", "Too slow"),
			}},
		},
		paths: map[string]string{"accounts": "Account", "tickets": "Case", "opportunities": "Opportunity", "contacts": "Contact", "subscriptions": "SBQQ__Subscription__c", "nps": "NPS_Response__c"},
		truth: map[string]string{
			"accounts.account_id": "Id", "accounts.account_name": "Name", "accounts.parent_id": "ParentId", "accounts.segment": "Segment__c", "accounts.tier": "Service_Tier__c",
			"accounts.industry": "Industry", "accounts.region": "BillingCountry", "accounts.owner": "OwnerId", "accounts.owner_email": "CSM_Email__c", "accounts.arr": "ARR__c",
			"accounts.currency": "CurrencyIsoCode", "accounts.start_date": "Customer_Since__c", "accounts.renewal_date": "Next_Renewal_Date__c", "accounts.lifecycle_stage": "Type", "accounts.strategic": "Strategic_Account__c",
			"tickets.account_id": "AccountId", "tickets.ticket_id": "CaseNumber", "tickets.opened_at": "CreatedDate", "tickets.closed_at": "ClosedDate", "tickets.escalated": "IsEscalated",
			"tickets.csat": "CSAT__c", "tickets.sentiment": "Sentiment__c", "tickets.category": "Reason",
			"opportunities.account_id": "AccountId", "opportunities.kind": "Type", "opportunities.stage": "StageName", "opportunities.opened_at": "CreatedDate", "opportunities.closed_at": "CloseDate", "opportunities.amount": "Amount",
			"contacts.account_id": "AccountId", "contacts.contact_id": "Id", "contacts.name": "Name", "contacts.role": "Role__c", "contacts.status": "Relationship_Status__c", "contacts.since": "Role_Start_Date__c", "contacts.left_at": "Left_Company_Date__c",
			"subscriptions.account_id": "SBQQ__Account__c", "subscriptions.subscription_id": "Id", "subscriptions.product": "SBQQ__ProductName__c", "subscriptions.start": "SBQQ__StartDate__c", "subscriptions.end": "SBQQ__EndDate__c",
			"subscriptions.term_months": "SBQQ__SubscriptionTerm__c", "subscriptions.arr": "ARR__c", "subscriptions.currency": "CurrencyIsoCode", "subscriptions.auto_renew": "Auto_Renew__c",
			"nps.account_id": "Account__c", "nps.responded_at": "Response_Date__c", "nps.score": "NPS_Score__c",
		},
	}
}

func stripe() schema {
	cus := made(800, func(i int) string { return fmt.Sprintf("cus_N%05xQ7r", i*7919) })
	sub := made(1100, func(i int) string { return fmt.Sprintf("sub_1M%05xKb", i*104729) })
	inv := made(9000, func(i int) string { return fmt.Sprintf("in_1M%06xZz", i*1299709) })
	const s = "BYTE_ARRAY (STRING)"
	return schema{
		name: "stripe",
		tables: []Table{
			{Path: "stripe/customers.parquet", Files: 1, Rows: 800, Columns: []Column{
				keyed("id", s, cus), words("name", "Acme Corp", "Globex"), words("email", "billing@acme.com", "ap@globex.com"), dates("created"), words("currency", "usd", "eur"),
				flags("delinquent"), flags("livemode"), words("description", "Acme main", "Globex US"), numbers("balance", "INT64", -90000, 40000),
			}},
			{Path: "stripe/subscriptions.parquet", Files: 1, Rows: 1100, Columns: []Column{
				keyed("id", s, sub), keyed("customer", s, cus.part(1)), words("status", "active", "canceled", "past_due"), dates("created"), dates("start_date"), dates("current_period_start"), dates("current_period_end"),
				flags("cancel_at_period_end"), dates("canceled_at"), dates("ended_at"), words("plan_id", "price_basic", "price_pro"), numbers("quantity", "INT64", 1, 400), words("currency", "usd", "eur"),
			}},
			{Path: "stripe/invoices.parquet", Files: 1, Rows: 9000, Columns: []Column{
				keyed("id", s, inv), keyed("customer", s, cus.part(1)), keyed("subscription", s, sub), words("number", "A1B2-0001", "A1B2-0002"), dates("created"), dates("due_date"),
				dates("status_transitions_paid_at"), numbers("amount_due", "INT64", 0, 9900000), numbers("amount_paid", "INT64", 0, 9900000), words("status", "paid", "open"), words("currency", "usd", "eur"),
			}},
		},
		paths: map[string]string{"accounts": "stripe/customers.parquet", "subscriptions": "stripe/subscriptions.parquet", "invoices": "stripe/invoices.parquet"},
		truth: map[string]string{
			"accounts.account_id": "id", "accounts.account_name": "name", "accounts.currency": "currency", "accounts.start_date": "created",
			"subscriptions.account_id": "customer", "subscriptions.subscription_id": "id", "subscriptions.product": "plan_id", "subscriptions.start": "start_date",
			"subscriptions.end": "ended_at", "subscriptions.renewal_date": "current_period_end", "subscriptions.currency": "currency",
			"invoices.account_id": "customer", "invoices.invoice_id": "id", "invoices.due_date": "due_date", "invoices.paid_at": "status_transitions_paid_at", "invoices.amount": "amount_due",
		},
	}
}

func hubspot() schema {
	com := made(1500, func(i int) string { return strconv.Itoa(8_100_000_000 + i*37) })
	const s, n = "BYTE_ARRAY (STRING)", "INT64"
	return schema{
		name: "hubspot",
		tables: []Table{
			{Path: "hubspot_companies", Files: 1, Rows: 1500, Columns: []Column{
				keyed("hs_object_id", n, com), words("name", "Acme Corp", "Globex"), words("domain", "acme.com", "globex.com"), words("industry", "RETAIL", "ENERGY"), words("hubspot_owner_id", "123456", "223344"),
				words("lifecyclestage", "customer", "lead", "opportunity"), dates("createdate"), numbers("annualrevenue", "DOUBLE", 0, 5e9), numbers("property_arr", "DOUBLE", 0, 400000),
				words("hs_parent_company_id", "8100000037"), days("contract_renewal_date"), words("country", "US", "France"), dates("hs_lastmodifieddate"),
			}},
			{Path: "hubspot_deals", Files: 1, Rows: 4000, Columns: []Column{
				keyed("hs_object_id", n, made(4000, func(i int) string { return strconv.Itoa(9_900_000_000 + i) })), keyed("associated_company_id", n, com.part(2)), words("dealname", "Acme upsell"),
				words("dealtype", "newbusiness", "existingbusiness"), words("dealstage", "closedwon", "contractsent"), dates("createdate"), dates("closedate"), numbers("amount", "DOUBLE", 0, 90000), words("pipeline", "default"),
			}},
			{Path: "hubspot_tickets", Files: 1, Rows: 8000, Columns: []Column{
				keyed("hs_ticket_id", n, made(8000, func(i int) string { return strconv.Itoa(7_700_000_000 + i) })), keyed("company_id", n, com.part(2)), words("subject", "Cannot log in", "Export fails"),
				dates("createdate"), dates("closed_date"), words("hs_ticket_category", "BILLING_ISSUE", "PRODUCT_ISSUE"), words("hs_ticket_priority", "HIGH", "LOW"), words("satisfaction_rating", "good", "bad"),
			}},
			{Path: "hubspot_feedback_submissions", Files: 1, Rows: 900, Columns: []Column{
				keyed("hs_object_id", n, made(900, func(i int) string { return strconv.Itoa(6_600_000_000 + i) })), keyed("company_id", n, com.part(3)), dates("hs_submission_timestamp"), numbers("nps_score", n, 0, 10), words("hs_response_group", "Promoter", "Detractor"),
			}},
		},
		paths: map[string]string{"accounts": "hubspot_companies", "opportunities": "hubspot_deals", "tickets": "hubspot_tickets", "nps": "hubspot_feedback_submissions"},
		truth: map[string]string{
			"accounts.account_id": "hs_object_id", "accounts.account_name": "name", "accounts.parent_id": "hs_parent_company_id", "accounts.industry": "industry", "accounts.region": "country",
			"accounts.owner": "hubspot_owner_id", "accounts.arr": "property_arr", "accounts.start_date": "createdate", "accounts.renewal_date": "contract_renewal_date", "accounts.lifecycle_stage": "lifecyclestage",
			"opportunities.account_id": "associated_company_id", "opportunities.kind": "dealtype", "opportunities.stage": "dealstage", "opportunities.opened_at": "createdate", "opportunities.closed_at": "closedate", "opportunities.amount": "amount",
			"tickets.account_id": "company_id", "tickets.ticket_id": "hs_ticket_id", "tickets.opened_at": "createdate", "tickets.closed_at": "closed_date", "tickets.category": "hs_ticket_category",
			"nps.account_id": "company_id", "nps.responded_at": "hs_submission_timestamp", "nps.score": "nps_score",
		},
	}
}

func saas() schema {
	org := made(600, func(i int) string { return fmt.Sprintf("%08x-5b1c-4c7e-9d3a-%012x", i*2654435761%4294967295, i) })
	usr := made(9000, func(i int) string { return fmt.Sprintf("u%07d", i) })
	const s, n = "BYTE_ARRAY (STRING)", "INT32"
	return schema{
		name: "saas",
		tables: []Table{
			{Path: "public.organizations", Files: 1, Rows: 600, Columns: []Column{
				keyed("id", s, org), words("display_name", "Acme Corp", "Globex"), words("plan", "pro", "free", "enterprise"), dates("created_at"), dates("updated_at"), dates("deleted_at"),
				words("status", "active", "trialing", "churned"), numbers("mrr", "DECIMAL(10,2)", 0, 40000), keyed("sfdc_account_id", s, made(600, func(i int) string { return fmt.Sprintf("0015g00000%05dAAA", i) })), words("csm_email", "ana@vendor.com"), words("vertical", "Retail", "Media"),
			}},
			{Path: "public.users", Files: 1, Rows: 9000, Columns: []Column{
				keyed("id", s, usr), keyed("org_id", s, org.part(1)), words("email", "jane@acme.com"), words("full_name", "Jane Doe"), words("role", "admin", "member"), dates("created_at"), dates("last_sign_in_at"),
			}},
			{Path: "analytics.org_usage_daily", Files: 30, Rows: 400000, Columns: []Column{
				keyed("tenant_id", s, org.part(1)), days("day"), numbers("dau", n, 0, 900), numbers("mau", n, 0, 2000), numbers("seats_purchased", n, 1, 3000), numbers("distinct_features_used", n, 0, 20), numbers("features_enabled", n, 5, 24),
				numbers("session_count", n, 0, 4000), dates("last_seen_at"),
			}},
			{Path: "public.events", Files: 90, Rows: 80_000_000, Columns: []Column{
				keyed("event_id", s, made(2000, func(i int) string { return fmt.Sprintf("ev%09d", i) })), keyed("org_id", s, org.part(1)), keyed("user_id", s, usr), words("event_name", "click", "export"), dates("occurred_at"), words("payload", "{}"),
			}},
			{Path: "public.support_tickets", Files: 1, Rows: 7000, Columns: []Column{
				keyed("id", "INT64", made(7000, func(i int) string { return strconv.Itoa(i + 1) })), keyed("org_id", s, org.part(2)), dates("created_at"), dates("resolved_at"), numbers("rating", n, 1, 5), words("escalated", "Y", "N"), words("topic", "billing", "bug"),
			}},
			{Path: "public.nps_surveys", Files: 1, Rows: 1200, Columns: []Column{
				keyed("workspace_id", s, org.part(3)), keyed("user_id", s, usr.part(9)), numbers("answer", n, 0, 10), dates("answered_at"),
			}},
			{Path: "public.cancellations", Files: 1, Rows: 80, Columns: []Column{
				keyed("org_id", s, org.part(8)), dates("cancelled_at"), days("service_end_date"), words("cancellation_reason", "price", "missing feature"), numbers("arr_lost", "DOUBLE", 500, 90000),
			}},
			{Path: "public.audit_log", Files: 12, Rows: 900000, Columns: []Column{
				keyed("id", "INT64", made(2000, func(i int) string { return strconv.Itoa(i + 1) })), keyed("org_id", s, org.part(1)), words("action", "login", "update"), dates("created_at"),
			}},
		},
		paths: map[string]string{"accounts": "public.organizations", "usage": "analytics.org_usage_daily", "tickets": "public.support_tickets", "nps": "public.nps_surveys", "churn": "public.cancellations"},
		truth: map[string]string{
			"accounts.account_id": "id", "accounts.account_name": "display_name", "accounts.crm_id": "sfdc_account_id", "accounts.tier": "plan", "accounts.start_date": "created_at", "accounts.lifecycle_stage": "status",
			"accounts.owner_email": "csm_email", "accounts.industry": "vertical",
			"usage.account_id": "tenant_id", "usage.date": "day", "usage.active_users": "dau", "usage.monthly_active_users": "mau", "usage.licensed_seats": "seats_purchased", "usage.features_used": "distinct_features_used",
			"usage.features_available": "features_enabled", "usage.logins": "session_count", "usage.last_login_at": "last_seen_at",
			"tickets.account_id": "org_id", "tickets.ticket_id": "id", "tickets.opened_at": "created_at", "tickets.closed_at": "resolved_at", "tickets.csat": "rating", "tickets.escalated": "escalated", "tickets.category": "topic",
			"nps.account_id": "workspace_id", "nps.responded_at": "answered_at", "nps.score": "answer",
			"churn.account_id": "org_id", "churn.decision_date": "cancelled_at", "churn.end_date": "service_end_date", "churn.reason": "cancellation_reason", "churn.arr_lost": "arr_lost",
		},
	}
}

func wideFile() schema {
	acc := made(950, func(i int) string { return fmt.Sprintf("ACC-%05d", i) })
	const s, n = "BYTE_ARRAY (STRING)", "INT64"
	const path = "customers_for_health.parquet"
	return schema{
		name: "wide",
		tables: []Table{{Path: path, Files: 1, Rows: 950, Columns: []Column{
			keyed("CUSTOMER_ID", s, acc), words("CUSTOMER_NAME", "Acme Corp", "Globex"), words("CSM", "Ana Berg", "Ben Cole"), words("SEGMENT", "Enterprise", "SMB"), numbers("ARR", "DOUBLE", 0, 800000), days("RENEWALDATE"),
			numbers("CONTRACT_TERM_MONTHS", n, 1, 36), numbers("ACTIVE_USERS", "DOUBLE", 0, 800), numbers("LICENSED_SEATS", "DOUBLE", 5, 1000), numbers("FEATURE_ADOPTION_RATE", "DOUBLE", 0.02, 0.98),
			numbers("DAYS_SINCE_LAST_LOGIN", n, 0, 190), numbers("AVG_CSAT", "DOUBLE", 1.2, 5), numbers("OPEN_ESCALATIONS", n, 0, 6), numbers("LATEST_NPS", n, 0, 10), words("EXEC_SPONSOR_STATUS", "active", "passive", "none"),
			words("CHAMPION_STATUS", "strong", "left", "weak"), numbers("DAYS_PAST_DUE", n, 0, 120), words("QBR_ATTENDANCE", "regular", "sporadic", "none"), words("USAGE_TREND", "up", "down", "stable"), flags("DOWNGRADE_RISK"),
			words("ACCOUNT_STATUS", "active", "churned"),
		}}},
		paths: map[string]string{"accounts": path, "usage": path, "signals": path},
		truth: map[string]string{
			"accounts.account_id": "CUSTOMER_ID", "accounts.account_name": "CUSTOMER_NAME", "accounts.owner": "CSM", "accounts.segment": "SEGMENT", "accounts.arr": "ARR", "accounts.renewal_date": "RENEWALDATE",
			"accounts.contract_term_months": "CONTRACT_TERM_MONTHS", "accounts.lifecycle_stage": "ACCOUNT_STATUS",
			"usage.account_id": "CUSTOMER_ID", "usage.active_users": "ACTIVE_USERS", "usage.licensed_seats": "LICENSED_SEATS",
			"signals.account_id": "CUSTOMER_ID", "signals.feature_adoption": "FEATURE_ADOPTION_RATE", "signals.days_since_login": "DAYS_SINCE_LAST_LOGIN", "signals.csat": "AVG_CSAT", "signals.nps": "LATEST_NPS",
			"signals.sponsor": "EXEC_SPONSOR_STATUS", "signals.champion": "CHAMPION_STATUS", "signals.payment": "DAYS_PAST_DUE", "signals.qbr": "QBR_ATTENDANCE", "signals.usage_trend": "USAGE_TREND",
			"signals.downgrade_risk": "DOWNGRADE_RISK", "signals.contract_term": "CONTRACT_TERM_MONTHS",
		},
	}
}

func schemas() []schema { return []schema{salesforce(), stripe(), hubspot(), saas(), wideFile()} }
