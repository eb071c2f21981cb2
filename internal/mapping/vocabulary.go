package mapping

import (
	"strconv"
	"strings"
	"sync"
)

// concepts are groups of words that mean the same in a column's name; the first
// names the group.
var concepts = []string{
	"account acct organization organisation org company customer cust client tenant workspace",
	"date at on time timestamp datetime dt ts day utc",
	"id key uuid guid uid pk sk identifier ref reference",
	"count num number nbr cnt qty total nb no nr",
	"create created creation opened open submitted submission received",
	"close closed resolved solved completed",
	"end ended ends expire expires expiry expiration expired until",
	"start started starts begin effective from activated activation",
	"cancel canceled cancelled cancellation",
	"churn churned attrition",
	"term contractterm",
	"amount amt",
	"currency curr ccy",
	"license licensed licence licenced seat entitled provisioned",
	"feature module capability",
	"user usr member",
	"login logins signin logon",
	"subscription subscr sub contract",
	"opportunity opp oppty deal",
	"ticket case incident",
	"invoice bill",
	"contact person",
	"owner csm",
	"renewal renew renews",
	"response respond responded reply answered answer",
	"sentiment mood",
	"segment segmentation",
	"sponsor executivesponsor",
	"name nm",
	"average avg mean",
	"percent pct rate ratio share utilization utilisation",
	"available purchased",
}

// filler words say next to nothing about a column.
var filler = set("is has the of in my our current latest value c v by field custom hs hubspot salesforce sfdc sf stripe zendesk gainsight user's for a raw flag agg aggregate yn ind indicator usd eur gbp")

// vague words are in many names that mean different things.
var vague = set("name type status number code value level")

// storage words are dropped from names altogether.
var storage = set("property properties attributes fields")

// qualifier words change what a column is about.
var qualifier = set("parent previous prior old former new next first last modified updated deleted expected target planned ultimate billing shipping external by monthly weekly yearly non not un pending requested website domain archive archived backup old tmp temp test")

// mustSay are the words without which a name cannot mean the column.
var mustSay = map[string]map[string]bool{
	"accounts.crm_id":          set("crm salesforce sfdc sf hubspot hs dynamics external"),
	"accounts.parent_id":       set("parent ultimate group holding"),
	"usage.features_available": set("available avail total enabled entitled plan licensed count purchased limit"),
	"accounts.owner_email":     set("owner csm manager success am"),
}

// housing words say how or where a table is stored, not what it holds.
var housing = set("dim fct fact stg raw prod export exported dump public table tbl data all full latest current snapshot sfdc salesforce stripe hubspot zendesk hs sf analytics dwh warehouse csv parquet v final copy mart src source hist history intermediate extract unload sbqq mv vw view file base daily dly netsuite zuora chargebee gainsight intercom freshdesk pendo mixpanel amplitude totango planhat vitally")

func set(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[w] = true
	}
	return m
}

// tableNames are the names that a source's table goes by, "name:strength".
var tableNames = map[string]string{
	"accounts":      "account|customer|company|organization|tenant|workspace|client|account health:.8|customer health:.8|customer 360:.9|account signal:.6|customer list|portfolio:.8",
	"subscriptions": "subscription|contract|subscription term|contract line|agreement|subscription item:.8|order:.6|entitlement:.6|plan:.5",
	"usage":         "usage|account usage|product usage|activity|account activity|usage daily|product activity|engagement:.8|telemetry:.8|metric:.6|product metric:.9|account metric:.8|login:.5",
	"tickets":       "ticket|case|support ticket|support case|issue:.9|conversation:.8|support request|incident|helpdesk|support:.8",
	"invoices":      "invoice|bill|billing|billing invoice|receivable|ar aging:.8|account receivable",
	"opportunities": "opportunity|deal|sale opportunity|pipeline:.8|crm opportunity",
	"contacts":      "contact|person|stakeholder|account contact|crm contact|contact role|champion|user:.4",
	"nps":           "nps|nps response|nps survey|net promoter|survey response:.8|survey:.7|delighted:.8|feedback:.5",
	"meetings":      "meeting|qbr|ebr|business review|calendar event:.8|event:.4|engagement meeting|customer meeting|call:.5",
	"pulse":         "pulse|csm pulse|csm sentiment|customer pulse|account sentiment|health rating:.8|executive sentiment|manual rating",
	"churn":         "churn|cancellation|churn event|churned account|loss|lost customer|attrition|offboarding|churn log|termination",
	"interventions": "intervention|play|playbook|play run|save play|cta:.8|call to action|save|success play",
	"snoozes":       "snooze|snoozed alert|alert snooze",
	"overrides":     "override|score override|manual override|health override",
	"merged_ids":    "merged id|merge|account merge|merged account|id merge|merge history|id change|merge log",
	"fx_rates":      "fx rate|exchange rate|currency rate|fx|conversion rate|rate:.7|dated conversion rate",
	"signals":       "signal|account signal|health signal|signal daily|health metric|health input|health feature",
}

// entry is what is known about one canonical column: how much it tells about its
// table (0: nothing), and the names it goes by, "name:strength", 1 by default.
type entry struct {
	column string // "source.column"
	weight float64
	names  string
}

// entries is in no particular order of importance; source.All gives the order
// of sources and columns.
var entries = []entry{
	{"accounts.account_id", 1, "account id|id|account|object id|company id|customer id|account key|account number:.8|account code:.8|account ref:.8|internal id:.7"},
	{"accounts.account_name", 1, "account name|name|company name|customer|display name|legal name:.8|company:.9|account:.8|client:.9|title:.5"},
	{"accounts.parent_id", .3, "parent id|parent account id|parent account|parent company id|parent|ultimate parent id:.8|group id:.5"},
	{"accounts.crm_id", .3, "crm id|crm account id|salesforce id|salesforce account id|sfdc id|sfdc account id|sf account id|hubspot id|hubspot company id|external crm id|external id:.5"},
	{"accounts.segment", .6, "segment|account segment|market segment|customer segment|size segment|segment name|sales segment|company size:.6"},
	{"accounts.tier", .5, "tier|service tier|support tier|account tier|customer tier|plan tier:.9|plan:.6|plan name:.6|success tier"},
	{"accounts.industry", .5, "industry|vertical|sector|industry name|account industry"},
	{"accounts.region", .4, "region|geo|territory|area:.6|sales region|country:.6|billing country:.6|geography"},
	{"accounts.owner", .5, "owner|csm|csm name|owner name|account owner|customer success manager|success manager|account manager:.9|owner id:.8|hubspot owner id:.8|csm id:.8|csm owner"},
	{"accounts.owner_email", .4, "owner email|csm email|account owner email|success manager email|account manager email:.9|csm owner email"},
	{"accounts.arr", 1, "arr|annual recurring revenue|account arr|current arr|total arr|arr amount|acv:.7|annual contract value:.7"},
	{"accounts.currency", .3, "currency|currency code|iso code:.7|currency iso code|default currency|arr currency|company currency:.8"},
	{"accounts.start_date", .5, "start date|customer since|became customer date|customer since date|contract start date:.9|lifecycle stage customer date|customer start date|original contract date|first contract date:.9|first paid at:.8|signup date:.7|onboard date:.7|create date:.6|close date:.5"},
	{"accounts.renewal_date", .7, "renewal date|next renewal date|contract end date:.8|renews on|contract renewal date|current term end:.8|renewal"},
	{"accounts.notice_days", .4, "notice days|notice period days|notice period|cancellation notice days"},
	{"accounts.contract_term_months", .5, "contract term months|contract term|term months|contract length months|contract months|contract duration months|contract length:.8|term:.6"},
	{"accounts.lifecycle_stage", .5, "lifecycle stage|account status|status|customer stage|account type:.8|stage:.8|type:.7|customer status|lifecycle|account stage"},
	{"accounts.strategic", .3, "strategic|is strategic|strategic account|key account:.9|is key account:.9|named account:.6"},
	{"accounts.legal_dispute", .3, "legal dispute|in dispute|contract dispute|has legal dispute|litigation:.8|dispute:.8"},
	{"accounts.merger", .3, "merger|merger acquisition|in merger|acquisition:.8|m and a:.8|acquired:.6"},
	{"accounts.products", .3, "products|product count|number of products|products owned|num products|product:.5"},

	{"subscriptions.account_id", 0, childID},
	{"subscriptions.subscription_id", .5, "subscription id|id|contract id|subscription|subscription number|contract number"},
	{"subscriptions.product", .5, "product|product name|plan|plan name|plan id:.8|product id:.9|product code:.9|sku|price id:.6"},
	{"subscriptions.start", 2, "start|start date|subscription start date|term start|contract start date|effective date|current period start:.8|activated at:.9|started at"},
	{"subscriptions.end", 1, "end|end date|subscription end date|term end|contract end date|ended at|terminated date:.8|expiry date:.9|canceled at:.6|cancel at:.6"},
	{"subscriptions.renewal_date", 1, "renewal date|next renewal date|renews at|current period end:.9|next billing date:.5|current term end:.8"},
	{"subscriptions.notice_days", .5, "notice days|notice period|notice period days|renewal notice days"},
	{"subscriptions.auto_renew", 1, "auto renew|auto renewal|is auto renew|auto renews|automatic renewal|evergreen:.6"},
	{"subscriptions.term_months", 1, "term months|subscription term|term|contract term months|contract term|term length months|duration months|months|term length:.8"},
	{"subscriptions.arr", 2, "arr|annual recurring revenue|annual amount|annual value|acv:.8|annual contract value:.8|arr amount|subscription arr"},
	{"subscriptions.currency", .3, "currency|currency code|currency iso code"},

	{"usage.account_id", 0, childID},
	{"usage.date", 2, "date|day|usage date|activity date|event date|metric date|week|week start|period start:.8|report date|snapshot date:.8|calendar date|ds|dt"},
	{"usage.active_users", 3, "active users|daily active users|dau|active user count|users active|unique users|distinct users|num active users|active members|weekly active users:.8|wau:.8|active seats:.7|unique logins:.6"},
	{"usage.monthly_active_users", 1.5, "monthly active users|mau|active users 30d:.9|active users month"},
	{"usage.licensed_seats", 1.5, "licensed seats|seats|seats licensed|seats purchased|license count|licenses|seat count|paid seats|total seats|licensed users|contracted seats|user limit:.7|seat limit:.8|licenses purchased"},
	{"usage.features_used", 1.5, "features used|feature used count|distinct features used|num features used|features adopted|modules used|features active:.9|features touched:.9"},
	{"usage.features_available", 1.5, "features available|features total|feature count:.6|features enabled|features entitled|modules available|features in plan|total features"},
	{"usage.logins", 1, "logins|login count|number of logins|sessions:.8|session count:.8|daily logins|total logins"},
	{"usage.last_login_at", 1, "last login at|last login|last login date|last seen at|last active at|last activity at:.8|last activity date:.8|most recent login|last session at:.9|last seen"},

	{"tickets.account_id", 0, childID},
	{"tickets.ticket_id", .5, "ticket id|id|case number|case id|ticket number|number|conversation id|ticket|issue key"},
	{"tickets.opened_at", 1, "opened at|created at|create date|open date|created|created time|ticket created at|date opened|submitted at|received at"},
	{"tickets.closed_at", 1.5, "closed at|resolved at|solved at|close date|resolved date|resolution date|date closed|completed at:.8|closed"},
	{"tickets.escalated", 2, "escalated|is escalated|escalation flag|was escalated|escalation|has escalation"},
	{"tickets.csat", 2.5, "csat|csat score|satisfaction score|satisfaction rating|satisfaction|customer satisfaction|rating|csat rating|survey score:.7|score:.6"},
	{"tickets.sentiment", 1.5, "sentiment|sentiment label|ticket sentiment|customer sentiment|last sentiment|tone:.7"},
	{"tickets.category", .7, "category|ticket type|type|case type|reason|topic|issue type|ticket category|case reason|subject:.5|case origin:.4"},

	{"invoices.account_id", 0, childID},
	{"invoices.invoice_id", .7, "invoice id|id|invoice number|number|invoice no|document number"},
	{"invoices.due_date", 2.5, "due date|due at|payment due date|due on|due|invoice due date"},
	{"invoices.paid_at", 2, "paid at|paid date|payment date|date paid|paid on|transitions paid at|settled at:.9|cleared date:.9|paid"},
	{"invoices.amount", 1, "amount|amount due|total amount|total|invoice amount|invoice total|gross amount|net amount:.9|balance:.5"},

	{"opportunities.account_id", 0, childID},
	{"opportunities.kind", 2, "kind|type|opportunity type|deal type|record type:.7|dealtype|opportunity kind|motion:.6"},
	{"opportunities.stage", 2, "stage|stage name|deal stage|dealstage|opportunity stage|status:.7"},
	{"opportunities.opened_at", 1, "opened at|created at|create date|open date|created|created time"},
	{"opportunities.closed_at", 1, "closed at|close date|closedate|closed date|closed won date:.8"},
	{"opportunities.amount", 1, "amount|delta arr|arr change|expansion arr:.9|deal amount|opportunity amount|value:.6|acv:.7"},

	{"contacts.account_id", 0, childID},
	{"contacts.contact_id", .5, "contact id|id|person id|object id|contact"},
	{"contacts.name", .7, "name|full name|contact name|person name|display name|first name:.4"},
	{"contacts.role", 3, "role|contact role|buying role|persona:.8|relationship role|stakeholder role|stakeholder type|contact type:.7|role type"},
	{"contacts.status", 1, "status|relationship status|contact status|engagement level|relationship strength|strength:.9|engagement:.8|engagement status"},
	{"contacts.since", 1, "since|role since|start date|role start date|valid from|from date:.9|role started at|created at:.6|create date:.6"},
	{"contacts.left_at", 1.5, "left at|left on|departed at|departure date|left date|end date|role end date|valid to:.9|left company date"},

	{"nps.account_id", 0, childID},
	{"nps.responded_at", 1, "responded at|response date|answered at|submitted at|survey date|completed at:.9|created at:.8|create date:.8|date:.9|recorded date:.9|responded"},
	{"nps.score", 4, "score|nps score|nps|rating|nps rating|answer|response value|likelihood to recommend|value:.6|promoter score"},

	{"meetings.account_id", 0, childID},
	{"meetings.kind", 1.5, "kind|meeting type|type|event type|meeting kind|activity type:.8"},
	{"meetings.held_at", 3, "held at|meeting date|held on|meeting held at|start time|scheduled at:.7|meeting start time|event date|activity date:.9|qbr date|start date:.9|date:.9|activity date time:.9"},
	{"meetings.attended", 2, "attended|customer attended|was attended|is attended|attendance|customer present:.9|showed up:.8|no show:.2"},

	{"pulse.account_id", 0, childID},
	{"pulse.rated_at", 2, "rated at|rating date|pulse date|created at:.8|date:.9|updated at:.7|set at:.8|entered at"},
	{"pulse.author", 1, "author|rated by|created by|csm|user|entered by|rater"},
	{"pulse.sentiment", 4, "sentiment|pulse|csm sentiment|rating|mood|csm pulse|health:.6|color:.6|pulse rating"},

	{"churn.account_id", 0, childID},
	{"churn.notice_date", 2, "notice date|notification date|notice given at|notice received date|notified at|notice given|requested at:.8"},
	{"churn.decision_date", 2.5, "decision date|decided at|churn date|cancelled at|cancellation date|churned at|lost date:.9|cancel date|date of loss"},
	{"churn.end_date", 2, "end date|service end date|effective date:.9|termination date|last day|last day of service|contract end date|ends at|access ends at|end of service date"},
	{"churn.kind", .7, "kind|churn type|loss type|type|cancellation type|churn kind"},
	{"churn.reason", 1.5, "reason|churn reason|cancellation reason|reason code|primary reason|loss reason"},
	{"churn.arr_before", 1, "arr before|previous arr|prior arr|arr at churn|starting arr:.9|arr"},
	{"churn.arr_lost", 1, "arr lost|lost arr|churned arr|arr churned|churn amount:.8|arr loss"},
	{"churn.counts", .7, "counts|counts as health churn|is health related|controllable:.6|is regrettable:.6|regretted:.6|avoidable:.6"},

	{"interventions.account_id", 0, childID},
	{"interventions.play", 2, "play|playbook|play name|playbook name|intervention|intervention type|cta type:.8|type:.6"},
	{"interventions.started_at", 2, "started at|start date|launched at|created at:.8|started on|create date:.8"},
	{"interventions.owner", .5, "owner|assignee|run by|csm|owner name|assigned to"},
	{"interventions.outcome", 2, "outcome|result|status:.7|resolution:.8|save outcome"},

	{"overrides.account_id", 0, childID},
	{"overrides.target", 2, "target|pillar|signal|field|pillar or signal|metric:.8|override target"},
	{"overrides.value", 1, "value|new value|override value|override"},
	{"overrides.reason", 1.5, "reason|why|comment:.8|justification|note:.7"},
	{"overrides.author", 1, "author|set by|created by|user|csm|entered by"},
	{"overrides.set_at", 1, "set at|created at:.9|set on|date:.8|entered at|override date"},
	{"overrides.expires_at", 2, "expires at|expiry date|valid until|expires on|expiration date|expires"},

	{"snoozes.account_id", 0, childID},
	{"snoozes.alert", 2, "alert|alert name|rule|trigger|alert rule|alert type"},
	{"snoozes.set_at", 1, "set at|created at:.9|set on|date:.8|snoozed at|snoozed on"},
	{"snoozes.until", 2, "until|snoozed until|snooze until|ends at|end date:.7"},
	{"snoozes.reason", 1.5, "reason|why|comment:.8|justification|note:.7"},
	{"snoozes.author", 1, "author|set by|created by|user|csm|entered by|snoozed by"},

	{"merged_ids.old_id", 3, "old id|merged from|loser id|losing id|duplicate id|previous id|old account id|from account id|merged account id|from id:.8"},
	{"merged_ids.new_id", 3, "new id|merged into|master id|winner id|winning id|surviving id|master record id|new account id|into account id|to account id|to id:.8"},
	{"merged_ids.merged_at", 1, "merged at|merge date|merged on|effective date:.8|date:.7|changed at:.7"},

	{"fx_rates.currency", 1.5, "currency|currency code|from currency|iso code|source currency|base currency:.6|currency iso code"},
	{"fx_rates.date", 1, "date|rate date|effective date|day|as of date|valid from:.8|start date:.8"},
	{"fx_rates.rate", 3, "rate|fx rate|exchange rate|conversion rate|rate to usd:.9|value:.5"},

	{"signals.account_id", 0, childID},
	{"signals.date", 1, "date|as of date|snapshot date|day|ds|dt|metric date|as of|scored at:.7|calculated at:.7"},
}

// childID names the account key in every table but accounts.
const childID = "account id|account|company id|customer id|associated company id|account key|account number:.8|account code:.7|parent account id:.6|related account id:.8"

// signalNames are the names that columns of ready-made signals go by.
var signalNames = map[string]string{
	"activity":         "activity|activity ratio|active ratio|utilization|seat utilization|license utilization|usage rate|active user ratio|dau mau ratio|dau mau|stickiness|active percent|seat usage percent:.9",
	"feature_adoption": "feature adoption|feature adoption rate|adoption rate|adoption|feature usage rate|feature adoption percent|features used percent",
	"days_since_login": "days since login|days since last login|days inactive|inactive days|last login days ago|login recency days|days since last activity:.8",
	"usage_trend":      "usage trend|activity trend|trend usage|usage direction|product usage trend",
	"csat":             "csat|csat score|satisfaction score|customer satisfaction|average csat|satisfaction|csat average|satisfaction rating|support csat",
	"escalations":      "escalations|escalation status|escalation state|escalation|open escalations|escalation level:.8",
	"sentiment":        "sentiment|last sentiment|interaction sentiment|csm sentiment|customer sentiment|support sentiment|ticket sentiment|sentiment last interaction",
	"ticket_trend":     "ticket trend|tickets trend|support ticket trend|case trend|ticket volume trend",
	"payment":          "payment|days past due|days overdue|days late|payment days late|invoice days overdue|overdue days|payment status|dpd|past due days",
	"growth":           "growth|expansion|expansion status|growth status|expansion stage|upsell status:.8|expansion opportunity:.8",
	"downgrade_risk":   "downgrade risk|is downgrade risk|downgrade flag|at risk of downgrade|contraction risk|downgrade",
	"contract_term":    "contract term|contract term months|term months|contract length months|contract months|contract length:.8",
	"sponsor":          "sponsor|executive sponsor|sponsor status|exec sponsor|exec sponsor status|sponsor engagement|executive sponsor status",
	"champion":         "champion|champion status|champion strength|champion state|champion engagement",
	"nps":              "nps|nps score|latest nps|net promoter score|last nps|nps latest|nps rating",
	"qbr":              "qbr|qbr attendance|qbr status|business review attendance|qbr cadence:.9|ebr attendance",
}

// trap is a name that looks like a canonical column and is not.
type trap struct {
	columns string // "source.column", space-separated
	names   string
	advice  string
}

var traps = []trap{
	{"accounts.arr", "annual revenue", "is the customer's own revenue, not what it pays you; export the annual recurring revenue"},
	{"accounts.arr subscriptions.arr", "mrr|monthly recurring revenue|account mrr|total mrr|subscription mrr", "is monthly; export 12 times it as arr"},
	{"accounts.owner_email", "email|billing email|contact email|primary email|admin email|email address", "is the customer's address, not the owner's"},
	{"subscriptions.auto_renew", "cancel at period end|cancel at end", "says the opposite; export its negation as auto_renew"},
	{"meetings.attended", "no show", "says the opposite; export its negation as attended"},
	{"tickets.escalated", "escalated at|escalation date", "is a date; export a flag that is true once it is set"},
	{"nps.score", "csat|csat score|csat rating|customer satisfaction|satisfaction score", "is customer satisfaction, not NPS"},
	{"nps.score", "nps category|nps group|nps segment|score category", "is the group, not the answer; export the answer from 0 to 10"},
	{"accounts.lifecycle_stage", "billing status|payment status|health status", "is not the lifecycle; export customer, trial, internal or churned"},
}

// vocabularies are the words that closed text columns hold; anything that holds
// none of them is doubted.
var vocabularies = map[string]map[string]bool{
	"tickets.sentiment":        sentimentWords,
	"pulse.sentiment":          sentimentWords,
	"contacts.role":            set("sponsor champion user executive exec economic buyer decision maker signer influencer"),
	"opportunities.kind":       set("expansion upgrade downgrade renewal upsell cross-sell crosssell contraction new existing business newbusiness existingbusiness add-on"),
	"interventions.outcome":    set("saved lost open won failed success successful in_progress pending"),
	"churn.kind":               set("logo downsell full partial contraction churn downgrade complete"),
	"accounts.lifecycle_stage": set("customer trial free internal test churned active onboarding live prospect lead opportunity former inactive partner paying cancelled canceled past_due trialing paused subscriber evangelist adopt adoption renewal expansion customer_direct"),
}

var sentimentWords = set("positive neutral negative pos neg good bad mixed green yellow red happy unhappy")

// alias is one parsed name.
type alias struct {
	text     string
	words    []word
	strength float64
}

func parseAliases(s string) []alias {
	var out []alias
	for _, part := range strings.Split(s, "|") {
		text, strength, found := strings.Cut(part, ":")
		a := alias{text: text, strength: 1}
		if found {
			a.strength, _ = strconv.ParseFloat(strength, 64)
		}
		var tokens []string
		for w := range strings.FieldsSeq(text) {
			tokens = append(tokens, singular(w))
		}
		a.words = lookUp(tokens)
		out = append(out, a)
	}
	return out
}

// book is the vocabulary, parsed once.
type book struct {
	columns map[string][]alias // by "source.column"
	weights map[string]float64
	tables  map[string][]alias // by source
	signals map[string][]alias
	traps   map[string][]trapAlias // by "source.column"
}

type trapAlias struct {
	alias
	advice string
}

var vocabulary = sync.OnceValue(func() *book {
	b := &book{
		columns: map[string][]alias{}, weights: map[string]float64{}, tables: map[string][]alias{},
		signals: map[string][]alias{}, traps: map[string][]trapAlias{},
	}
	for _, e := range entries {
		b.columns[e.column] = parseAliases(e.names)
		b.weights[e.column] = e.weight
	}
	for name, names := range tableNames {
		b.tables[name] = parseAliases(names)
	}
	for name, names := range signalNames {
		b.signals[name] = parseAliases(names)
	}
	for _, t := range traps {
		for c := range strings.FieldsSeq(t.columns) {
			for _, a := range parseAliases(t.names) {
				b.traps[c] = append(b.traps[c], trapAlias{a, t.advice})
			}
		}
	}
	return b
})
