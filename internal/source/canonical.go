package source

import "math"

func id(name, help string) Column   { return Column{Name: name, Role: ID, Required: true, Help: help} }
func ref(name, help string) Column  { return Column{Name: name, Role: ID, Help: help} }
func text(name, help string) Column { return Column{Name: name, Role: Text, Help: help} }
func flag(name, help string) Column { return Column{Name: name, Role: Flag, Help: help} }
func when(name, help string) Column { return Column{Name: name, Role: Time, Help: help} }
func ahead(name, help string) Column {
	return Column{Name: name, Role: Time, Future: true, Help: help}
}

func money(name, help string) Column {
	return Column{Name: name, Role: Money, Bounded: true, Min: 0, Max: 1e12, Help: help}
}

func number(name string, lo, hi float64, help string) Column {
	return Column{Name: name, Role: Number, Bounded: true, Min: lo, Max: hi, Help: help}
}

// later is a column that is filled in some time after the row's own.
func later(c Column) Column { c.Later = true; return c }

func count(name, help string) Column { return number(name, 0, 1e9, help) }

func required(c Column) Column { c.Required = true; return c }

var accountID = id("account_id", "the account's key, exact text")

// canonical lists every source of the data contract. Ranges are those of a
// possible value, not of a likely one.
var canonical = []Contract{
	{
		Name: "accounts", Grain: "account", Layout: Current, Key: []string{"account_id"},
		Columns: []Column{
			accountID,
			text("account_name", "display name"),
			ref("parent_id", "key of the parent account"),
			ref("crm_id", "key in the CRM"),
			text("segment", "segment used for overrides and reports"),
			text("tier", "service tier"),
			text("industry", "industry"),
			text("region", "region"),
			text("owner", "customer-success owner"),
			text("owner_email", "the owner's e-mail"),
			money("arr", "annual recurring revenue today"),
			text("currency", "ISO currency of arr"),
			when("start_date", "first day as a customer"),
			ahead("renewal_date", "next renewal"),
			number("notice_days", 0, 730, "notice period in days"),
			number("contract_term_months", 0, 240, "contract term in months, today"),
			text("lifecycle_stage", "customer, trial, internal, churned, ..."),
			flag("strategic", "strategic account"),
			flag("legal_dispute", "in a legal or contract dispute"),
			flag("merger", "merger or acquisition under way"),
			number("products", 0, 1e6, "number of products owned"),
		},
	},
	{
		Name: "subscriptions", Grain: "subscription x term", Layout: Events, Key: []string{"subscription_id", "start"}, Time: "start",
		Columns: []Column{
			accountID, ref("subscription_id", "key of the subscription"), text("product", "product"),
			required(ahead("start", "first day of the term")), ahead("end", "first day after the term; null while open"),
			ahead("renewal_date", "date the term renews"), number("notice_days", 0, 730, "notice period in days"),
			flag("auto_renew", "renews by itself"), number("term_months", 0, 240, "length of the term in months"),
			money("arr", "annual recurring revenue of the term"), text("currency", "ISO currency of arr"),
		},
	},
	{
		Name: "usage", Grain: "account x day (or week)", Layout: Events, Key: []string{"account_id", "date"}, Time: "date",
		Columns: []Column{
			accountID, required(when("date", "the day or the week's first day")),
			count("active_users", "distinct users active that day"), count("monthly_active_users", "distinct users active in the month to that day"),
			count("licensed_seats", "seats paid for"), count("features_used", "distinct features used"),
			count("features_available", "features in the plan"), count("logins", "logins that day"),
			when("last_login_at", "newest login known that day"),
		},
	},
	{
		Name: "tickets", Grain: "ticket", Layout: Events, Key: []string{"ticket_id"}, Time: "opened_at",
		Columns: []Column{
			accountID, ref("ticket_id", "key of the ticket"), required(when("opened_at", "opened")), when("closed_at", "closed; null while open"),
			flag("escalated", "escalated"), later(number("csat", 1, 5, "satisfaction rating, 1 to 5")),
			text("sentiment", "positive, neutral or negative"), text("category", "what the ticket is about"),
		},
	},
	{
		Name: "invoices", Grain: "invoice", Layout: Events, Key: []string{"invoice_id"}, Time: "due_date",
		Columns: []Column{
			accountID, ref("invoice_id", "key of the invoice"), required(ahead("due_date", "due")),
			when("paid_at", "paid; null while unpaid"),
			{Name: "amount", Role: Money, Bounded: true, Min: -1e12, Max: 1e12, Help: "amount; credits are negative"},
		},
	},
	{
		Name: "opportunities", Grain: "opportunity", Layout: Events, Time: "opened_at",
		Columns: []Column{
			accountID, required(text("kind", "expansion, upgrade, downgrade or renewal")), text("stage", "open, won or lost"),
			required(when("opened_at", "opened")), when("closed_at", "won or lost; null while open"),
			{Name: "amount", Role: Money, Bounded: true, Min: -1e12, Max: 1e12, Help: "change of ARR"},
		},
	},
	{
		Name: "contacts", Grain: "contact x spell", Layout: Events, Key: []string{"contact_id", "since"}, Time: "since",
		Columns: []Column{
			accountID, ref("contact_id", "key of the contact"), text("name", "the contact's name"),
			required(text("role", "sponsor, champion or user")), text("status", "active, passive, engaged, strong or weak"),
			required(when("since", "first day in the role")), when("left_at", "last day in the role; null while held"),
		},
	},
	{
		Name: "nps", Grain: "response", Layout: Events, Time: "responded_at",
		Columns: []Column{accountID, required(when("responded_at", "answered")), number("score", 0, 10, "answer, 0 to 10")},
	},
	{
		Name: "meetings", Grain: "meeting", Layout: Events, Time: "held_at",
		Columns: []Column{
			accountID, text("kind", "qbr or another kind"), required(when("held_at", "held")),
			later(flag("attended", "the customer attended")),
		},
	},
	{
		Name: "pulse", Grain: "manual rating", Layout: Events, Time: "rated_at",
		Columns: []Column{
			accountID, required(when("rated_at", "rated")), text("author", "who rated"),
			text("sentiment", "positive, neutral or negative"),
		},
	},
	{
		Name: "churn", Grain: "loss", Layout: Events, Time: "decision_date",
		Columns: []Column{
			accountID, when("notice_date", "notice given"), when("decision_date", "decision taken"), ahead("end_date", "last day of service"),
			text("kind", "logo or downsell"), text("reason", "reason given"), money("arr_before", "ARR before the loss"),
			money("arr_lost", "ARR lost"), flag("counts", "the loss is a verdict on health"),
		},
	},
	{
		Name: "interventions", Grain: "play run", Layout: Events, Time: "started_at",
		Columns: []Column{
			accountID, text("play", "play"), required(when("started_at", "started")), text("owner", "who ran it"),
			text("outcome", "saved, lost or open"),
		},
	},
	{
		Name: "overrides", Grain: "manual note", Layout: Events, Time: "set_at",
		Columns: []Column{
			accountID, required(text("target", "pillar or signal")), required(text("value", "the value to use")),
			required(text("reason", "why")), required(text("author", "who")), required(when("set_at", "set")), ahead("expires_at", "expires"),
		},
	},
	{
		Name: "snoozes", Grain: "snoozed alert", Layout: Events, Time: "set_at",
		Columns: []Column{
			accountID, text("alert", "the alert's name; empty for every alert of the account"), required(when("set_at", "set")),
			required(ahead("until", "last day on which nothing is raised")), required(text("reason", "why")), required(text("author", "who")),
		},
	},
	{
		Name: "merged_ids", Grain: "account id that was merged", Layout: Events,
		Columns: []Column{
			required(ref("old_id", "the id that was merged away")), required(ref("new_id", "the id that its rows count for")),
			when("merged_at", "merged; empty: always"),
		},
	},
	{
		Name: "fx_rates", Grain: "currency x date", Layout: Events, Key: []string{"currency", "date"}, Time: "date",
		Columns: []Column{
			required(text("currency", "ISO currency")), required(when("date", "date of the rate")),
			{Name: "rate", Role: Number, Required: true, Bounded: true, Min: math.SmallestNonzeroFloat64, Max: 1e9, Help: "reporting currency per unit"},
		},
	},
	{
		// A framework's own signal columns come on top, one a signal.
		Name: "signals", Grain: "account x date", Layout: Snapshot, Time: "date",
		Columns: []Column{accountID, when("date", "as-of date of the row")},
	},
}
