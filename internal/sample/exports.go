package sample

import (
	"slices"

	"accounthealth/internal/warehouse"
)

// export is one source as this warehouse writes it.
type export struct {
	name   string
	fields []warehouse.Field
	// columns maps canonical names to the file's where they differ, in the order
	// in which health.yaml lists them.
	columns [][2]string
	note    string // for health.yaml
	weak    weak
	emit    func(w *world, t *table, a *account)
}

// sound marks sources in which no dirty row is planted.
var sound = weak{-1, -1, -1, -1, nil}

// exports are the sources that are written account by account; usage, fx_rates
// and merged_ids have files of their own.
var exports = []export{
	{
		name: "accounts", emit: emitAccount, weak: sound, note: "customers today and in the past, one overwritten table",
		columns: [][2]string{{"owner", "csm_name"}, {"owner_email", "csm_email"}},
		fields: []warehouse.Field{
			text("account_id"), text("account_name"), opt(text("parent_id")), text("crm_id"), words("segment"), words("tier"),
			words("industry"), words("region"), words("csm_name"), words("csm_email"), typed("arr", warehouse.Money), words("currency"),
			typed("start_date", warehouse.Date), opt(typed("renewal_date", warehouse.Date)), opt(typed("notice_days", warehouse.Int32)),
			opt(typed("contract_term_months", warehouse.Int32)), words("lifecycle_stage"), words("strategic"),
			typed("legal_dispute", warehouse.Bool), typed("merger", warehouse.Bool), typed("products", warehouse.Int32),
		},
	},
	{
		name: "subscriptions", emit: emitTerms, weak: weak{0, 1, -1, -1, nil}, note: "one row a price in force; an upgrade ends a row and opens the next",
		fields: []warehouse.Field{
			text("account_id"), text("subscription_id"), words("product"), typed("start", warehouse.Date), opt(typed("end", warehouse.Date)),
			opt(typed("renewal_date", warehouse.Date)), typed("notice_days", warehouse.Int64), typed("auto_renew", warehouse.Bool),
			typed("term_months", warehouse.Int64), typed("arr", warehouse.Money), words("currency"),
		},
	},
	{
		name: "tickets", emit: emitTickets, weak: weak{0, 1, 2, 5, []float64{0, 9}}, note: "unloaded with upper-case names; flags are 0 and 1",
		columns: [][2]string{{"ticket_id", "CASE_NUMBER"}, {"opened_at", "CREATED_TS"}, {"closed_at", "CLOSED_TS"}, {"escalated", "IS_ESCALATED"}, {"csat", "CSAT_SCORE"}},
		fields: []warehouse.Field{
			text("ACCOUNT_ID"), text("CASE_NUMBER"), typed("CREATED_TS", warehouse.Timestamp), opt(typed("CLOSED_TS", warehouse.Timestamp)),
			typed("IS_ESCALATED", warehouse.Int32), opt(typed("CSAT_SCORE", warehouse.Float64)), words("SENTIMENT"), words("CATEGORY"),
		},
	},
	{
		name: "invoices", emit: emitInvoices, weak: weak{0, 1, -1, -1, nil},
		columns: [][2]string{{"invoice_id", "invoice_number"}, {"paid_at", "paid_on"}, {"amount", "net_amount"}},
		fields: []warehouse.Field{
			text("account_id"), text("invoice_number"), typed("due_date", warehouse.Date), opt(typed("paid_on", warehouse.Date)), typed("net_amount", warehouse.Money),
		},
	},
	{
		name: "opportunities", emit: emitOpportunities, weak: weak{0, -1, 3, -1, nil},
		fields: []warehouse.Field{
			text("account_id"), words("kind"), words("stage"), typed("opened_at", warehouse.Date), opt(typed("closed_at", warehouse.Date)), typed("amount", warehouse.Money),
		},
	},
	{
		name: "contacts", emit: emitContacts, weak: weak{0, 1, 5, -1, nil}, note: "a change of status ends a spell and opens the next",
		fields: []warehouse.Field{
			text("account_id"), text("contact_id"), text("name"), words("role"), words("status"), typed("since", warehouse.Date), opt(typed("left_at", warehouse.Date)),
		},
	},
	{
		name: "nps", emit: emitSurveys, weak: weak{0, -1, 1, 2, []float64{14, -1}},
		fields: []warehouse.Field{text("account_id"), typed("responded_at", warehouse.Timestamp), typed("score", warehouse.Int32)},
	},
	{
		name: "meetings", emit: emitMeetings, weak: weak{0, -1, 2, -1, nil},
		fields: []warehouse.Field{text("account_id"), words("kind"), typed("held_at", warehouse.LocalTimestamp), typed("attended", warehouse.Bool)},
	},
	{
		name: "pulse", emit: emitPulses, weak: weak{0, -1, 1, -1, nil}, note: "dates are ISO text here",
		columns: [][2]string{{"rated_at", "rated_on"}},
		fields:  []warehouse.Field{text("account_id"), text("rated_on"), words("author"), words("sentiment")},
	},
	{
		name: "churn", emit: emitLosses, weak: sound, note: "whole accounts (logo) and parts (downsell)",
		fields: []warehouse.Field{
			text("account_id"), opt(typed("notice_date", warehouse.Date)), typed("decision_date", warehouse.Date), opt(typed("end_date", warehouse.Date)),
			words("kind"), words("reason"), typed("arr_before", warehouse.Money), typed("arr_lost", warehouse.Money), typed("counts", warehouse.Bool),
		},
	},
	{
		name: "interventions", emit: emitPlays, weak: weak{0, -1, 2, -1, nil},
		fields: []warehouse.Field{text("account_id"), words("play"), typed("started_at", warehouse.Timestamp), words("owner"), words("outcome")},
	},
	{
		name: "overrides", emit: emitNotes, weak: sound, note: "what people know better than the data; never part of a fit",
		fields: []warehouse.Field{
			text("account_id"), text("target"), text("value"), text("reason"), text("author"), typed("set_at", warehouse.Date), opt(typed("expires_at", warehouse.Date)),
		},
	},
	{
		name: "snoozes", emit: emitSnoozes, weak: sound, note: "alerts that their owners hold back",
		fields: []warehouse.Field{
			text("account_id"), opt(text("alert")), typed("set_at", warehouse.Date), typed("until", warehouse.Date), text("reason"), text("author"),
		},
	},
}

var usageExport = export{
	name: "usage", weak: weak{0, 0, 1, 2, []float64{-3, -1}}, note: "partitioned by month; last_login_at was added after the first month",
	columns: [][2]string{{"date", "usage_date"}},
	fields: []warehouse.Field{
		dict(text("account_id")), dict(typed("usage_date", warehouse.Date)), typed("active_users", warehouse.Int32), dict(typed("monthly_active_users", warehouse.Int32)),
		opt(dict(typed("licensed_seats", warehouse.Int32))), opt(dict(typed("features_used", warehouse.Int32))), dict(typed("features_available", warehouse.Int32)),
		typed("logins", warehouse.Int32), opt(typed("last_login_at", warehouse.LocalTimestamp)),
	},
}

var ratesExport = export{
	name: "fx_rates", weak: sound, note: "plan rates, set on the first of each month",
	fields: []warehouse.Field{words("currency"), typed("date", warehouse.Date), typed("rate", warehouse.Float64)},
}

var mergedExport = export{
	name: "merged_ids", weak: sound, note: "records that the CRM merged; the help desk filed its older tickets under their ids",
	fields: []warehouse.Field{text("old_id"), text("new_id"), opt(typed("merged_at", warehouse.Date))},
}

// everyExport is all of them, in the order of Manifest.Sources.
func everyExport() []export {
	return slices.Concat(exports, []export{usageExport, ratesExport, mergedExport})
}

func emitAccount(w *world, t *table, a *account) {
	live := a.stage == stageCustomer
	known := func(ok bool, s string) string {
		if !ok {
			return ""
		}
		return s
	}
	t.text(0, a.id)
	t.text(1, a.name)
	t.text(2, a.parent)
	t.text(3, a.crm)
	t.text(4, segmentNames[a.segment])
	t.text(5, known(!a.gaps.tier, tierNames[a.tier]))
	t.text(6, known(!a.gaps.industry, a.trade))
	t.text(7, known(!a.gaps.region, regions[a.region]))
	person := a.manager()
	t.text(8, person.name)
	t.text(9, person.email)
	t.whole(10, a.paying(w.last))
	t.text(11, a.currency)
	t.date(12, a.start)
	t.maybe(13, int64(a.renewal), live)
	t.maybe(14, int64(noticeOf[a.segment]), live && !a.gaps.notice)
	t.maybe(15, int64(a.months), live)
	t.text(16, stageNames[a.stage])
	t.flag(17, a.strategic)
	t.flag(18, a.legal)
	t.flag(19, a.merger != none && a.merger > w.last-365)
	t.whole(20, int64(a.products))
	t.end()
}

func emitTerms(_ *world, t *table, a *account) {
	for _, x := range a.terms {
		t.text(0, a.id)
		t.text(1, a.owned[x.sub].id)
		t.text(2, a.owned[x.sub].product)
		t.date(3, x.start)
		t.date(4, x.end)
		t.date(5, x.renewal)
		t.whole(6, int64(noticeOf[a.segment]))
		t.flag(7, x.months == 1 || a.segment != enterprise)
		t.whole(8, int64(x.months))
		t.whole(9, x.arr)
		t.text(10, a.currency)
		t.end()
	}
}

func emitTickets(_ *world, t *table, a *account) {
	for i := range a.tickets {
		x := &a.tickets[i]
		t.text(0, a.deskID(x.opened))
		t.text(1, x.id)
		t.instant(2, x.opened)
		t.instant(3, x.closed)
		t.flag(4, x.escalated)
		t.number(5, float64(x.csat), x.csat > 0)
		if x.sentiment < 0 {
			t.text(6, "")
		} else {
			t.text(6, sentiments[x.sentiment])
		}
		t.text(7, x.category)
		t.end()
	}
}

func emitInvoices(_ *world, t *table, a *account) {
	for _, x := range a.invoices {
		t.text(0, a.id)
		t.text(1, x.id)
		t.date(2, x.due)
		t.date(3, x.paid)
		t.whole(4, x.amount)
		t.end()
	}
}

func emitOpportunities(_ *world, t *table, a *account) {
	list := slices.Clone(a.opportunities)
	slices.SortStableFunc(list, func(x, y opportunity) int { return int(x.opened - y.opened) })
	for _, x := range list {
		t.text(0, a.id)
		t.text(1, x.kind)
		t.text(2, x.stage)
		t.date(3, x.opened)
		t.date(4, x.closed)
		t.whole(5, x.amount)
		t.end()
	}
}

func emitContacts(_ *world, t *table, a *account) {
	for _, x := range a.contacts {
		t.text(0, a.id)
		t.text(1, x.id)
		t.text(2, x.name)
		t.text(3, x.role)
		t.text(4, x.status)
		t.date(5, x.since)
		t.date(6, x.left)
		t.end()
	}
}

func emitSurveys(_ *world, t *table, a *account) {
	for _, x := range a.surveys {
		t.text(0, a.id)
		t.instant(1, x.at)
		t.whole(2, int64(x.score))
		t.end()
	}
}

func emitMeetings(_ *world, t *table, a *account) {
	for _, x := range a.meetings {
		t.text(0, a.id)
		t.text(1, x.kind)
		t.instant(2, x.at)
		t.flag(3, x.attended)
		t.end()
	}
}

func emitPulses(_ *world, t *table, a *account) {
	for _, x := range a.pulses {
		t.text(0, a.id)
		t.date(1, x.on)
		t.text(2, x.author)
		t.text(3, sentiments[x.sentiment])
		t.end()
	}
}

func emitLosses(_ *world, t *table, a *account) {
	for _, x := range a.losses {
		t.text(0, a.id)
		t.date(1, x.notice)
		t.date(2, x.decision)
		t.date(3, x.end)
		t.text(4, x.kind)
		t.text(5, x.reason)
		t.whole(6, x.before)
		t.whole(7, x.lost)
		t.flag(8, x.counts)
		t.end()
	}
}

func emitPlays(_ *world, t *table, a *account) {
	for _, x := range a.plays {
		t.text(0, a.id)
		t.text(1, x.play)
		t.date(2, x.started)
		t.text(3, a.manager().name)
		t.text(4, x.outcome)
		t.end()
	}
}

func emitNotes(_ *world, t *table, a *account) {
	for _, x := range a.notes {
		t.text(0, a.id)
		t.text(1, x.target)
		t.text(2, x.value)
		t.text(3, x.reason)
		t.text(4, x.author)
		t.date(5, x.set)
		t.date(6, x.expires)
		t.end()
	}
}

// emitMerged says which id an account's record absorbed; of an old merger the day
// is not known.
func emitMerged(w *world, t *table, a *account) {
	if a.former == "" {
		return
	}
	t.text(0, a.former)
	t.text(1, a.id)
	if a.start < w.first {
		t.date(2, none)
	} else {
		t.date(2, a.start)
	}
	t.end()
}

func emitSnoozes(_ *world, t *table, a *account) {
	for _, x := range a.snoozes {
		t.text(0, a.id)
		t.text(1, x.alert)
		t.date(2, x.set)
		t.date(3, x.until)
		t.text(4, x.reason)
		t.text(5, x.author)
		t.end()
	}
}

// emitUsage appends the account's rows from one day to another, both included.
func emitUsage(t *table, a *account, from, to int32) {
	available := int64(features[a.tier])
	for d := max(from, a.usageOf); d <= to; d++ {
		i := int(d - a.usageOf)
		if i >= len(a.usage) {
			return
		}
		u := &a.usage[i]
		t.text(0, a.id)
		t.date(1, d)
		t.whole(2, int64(u.active))
		t.whole(3, int64(u.monthly))
		t.maybe(4, int64(u.seats), u.seats != noCount)
		t.maybe(5, int64(u.features), u.features != noCount)
		t.whole(6, available)
		t.whole(7, int64(u.logins))
		t.instant(8, u.lastLogin)
		t.end()
	}
}

// rates fills fx_rates: the plan rate of each currency moves a little month by
// month.
func (w *world) rates(t *table) {
	for i, c := range foreign {
		r := generator(w.opt.Seed, forWorld, uint64(i)+1)
		move := newDrift(r, .02, .9)
		for d := w.first; d <= w.last; d++ {
			if dayOfMonth(d) != 1 {
				continue
			}
			t.text(0, c.code)
			t.date(1, d)
			t.number(2, float64(int(c.rate*(1+move.step(r))*10_000+.5))/10_000, true)
			t.end()
		}
	}
}
