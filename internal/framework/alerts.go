package framework

import (
	"slices"
	"strings"

	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

var triggers = []string{
	plan.Drop.String(), plan.BelowHigh.String(), plan.WorseStatus.String(), plan.PillarDrop.String(), plan.Event.String(),
}

// alerts reads when somebody is told, and returns the plays that its rules name.
func (c *compiler) alerts(n *yamlfile.Node) (named []string) {
	if !n.Present() {
		return nil
	}
	a := &plan.Alerts{QuietDays: 30, Shift: plan.Shift{Share: 0.30, Accounts: 20, Owner: "Data owner", Channel: "message", Days: 1}}
	if f := n.Field("quiet_days"); f.Present() {
		a.QuietDays = int32(f.Int(0, 3650))
	}
	if f := n.Field("shift"); f.Present() {
		a.Shift.Share, a.Shift.Accounts = f.Need("share").Share(0.01, 1), f.Need("accounts").Int(1, 1_000_000)
		if v := f.Field("owner"); v.Present() {
			a.Shift.Owner = v.Text()
		}
		if v := f.Field("channel"); v.Present() {
			a.Shift.Channel = v.Text()
		}
		if v := f.Field("days"); v.Present() {
			a.Shift.Days = v.Int(0, 365)
		}
		f.Done()
	}
	for name, v := range n.Need("rules").Pairs() {
		c.name(v, "alert")
		r := plan.AlertRule{
			Name: name, Label: v.Need("label").Text(), Channel: v.Need("channel").Text(),
			Owner: v.Need("owner").Text(), Days: v.Need("days").Int(0, 365), Play: plan.NoPlay,
		}
		r.On = plan.Trigger(max(0, slices.Index(triggers, v.Need("on").Enum(triggers...))))
		r.Severity = plan.Severity(max(0, slices.Index(severities, v.Need("severity").Enum(severities[1:]...))))
		if f := only(v, "points", r.On == plan.Drop || r.On == plan.BelowHigh || r.On == plan.PillarDrop, r.On); f.Present() {
			r.Points = f.Float(0.1, 100)
		}
		if f := only(v, "window", r.On == plan.BelowHigh, r.On); f.Present() {
			r.Window = int32(f.Int(1, 366))
		}
		only(v, "signal", r.On == plan.Event, r.On)
		only(v, "when", r.On == plan.Event, r.On)
		if r.On == plan.Event {
			r.When, _ = c.condition(v)
		}
		if f := v.Field("field"); f.Present() {
			r.Field = f.Enum(CRMHolds()...)
		}
		if f := v.Field("play"); f.Present() {
			if r.Play = c.playIndex(f); r.Play >= 0 {
				play := &c.fw.Plan.Plays[r.Play]
				named = append(named, play.Name)
				if play.Expands {
					f.Problem("name another play", "play %s sells more; an alert is no occasion for it", play.Name)
				}
			}
		}
		v.Done()
		a.Rules = append(a.Rules, r)
	}
	n.Done()
	c.fw.Plan.Alerts = a
	return named
}

// only returns a field that a trigger needs; where it takes none, there must be none.
func only(v *yamlfile.Node, key string, needed bool, on plan.Trigger) *yamlfile.Node {
	if needed {
		return v.Need(key)
	}
	f := v.Field(key)
	if f.Present() {
		f.ProblemAtKey("remove it", "%s takes no %s", on, key)
	}
	return f
}

// The systems whose field names are known.
var systems = []string{"plain", "salesforce", "hubspot"}

// crmFields are the columns of crm.csv in order and what the systems call them.
// Salesforce's key is the record's own id, HubSpot's its object id.
var crmFields = []struct{ holds, salesforce, hubspot string }{
	{"crm_id", "Id", "hs_object_id"},
	{"account_id", "Account_Key__c", "account_key"},
	{"health_score", "Health_Score__c", "health_score"},
	{"health_status", "Health_Status__c", "health_status"},
	{"health_color", "Health_Color__c", "health_color"},
	{"health_trend", "Health_Trend__c", "health_trend"},
	{"health_delta", "Health_Delta__c", "health_delta"},
	{"top_risk", "Health_Top_Risk__c", "health_top_risk"},
	{"next_play", "Health_Next_Play__c", "health_next_play"},
	{"play_owner", "Health_Play_Owner__c", "health_play_owner"},
	{"play_deadline", "Health_Play_Deadline__c", "health_play_deadline"},
	{"needs_person", "Health_Needs_Person__c", "health_needs_person"},
	{"coverage", "Health_Coverage__c", "health_coverage"},
	{"model_version", "Health_Model_Version__c", "health_model_version"},
	{"scored_at", "Health_Scored_At__c", "health_scored_at"},
	{"idempotency_key", "Health_Row_Key__c", "health_row_key"},
}

// CRMHolds lists what the columns of crm.csv hold, in order.
func CRMHolds() []string {
	var out []string
	for _, f := range crmFields {
		out = append(out, f.holds)
	}
	return out
}

// CRMSystems lists the systems whose field names are known.
func CRMSystems() []string { return slices.Clone(systems) }

// CRMFor returns the field names of a system, which must be a known one.
func CRMFor(system string) plan.CRM {
	out := plan.CRM{System: system}
	for _, f := range crmFields {
		name := f.holds
		switch system {
		case systems[1]:
			name = f.salesforce
		case systems[2]:
			name = f.hubspot
		}
		out.Fields = append(out.Fields, plan.CRMField{Holds: f.holds, Name: name})
	}
	return out
}

// crm reads what the CRM calls its fields: a system's names, and others in their
// place. Without the section the names are plain.
func (c *compiler) crm(n *yamlfile.Node) {
	out := CRMFor(systems[0])
	if n.Present() {
		if s := n.Need("system").Enum(systems...); s != "" {
			out = CRMFor(s)
		}
		fields := n.Field("fields")
		for holds, v := range fields.Pairs() {
			i := slices.IndexFunc(out.Fields, func(f plan.CRMField) bool { return f.Holds == holds })
			if i < 0 {
				v.ProblemAtKey(yamlfile.Near(holds, CRMHolds()), "crm.csv holds no %q", holds)
				continue
			}
			name := v.Text()
			if slices.ContainsFunc(out.Fields, func(f plan.CRMField) bool { return f.Name == name && f.Holds != holds }) {
				v.Problem("give it another name", "another field is called %s", name)
			}
			if name != "" && strings.ContainsRune("=+-@", rune(name[0])) {
				v.Problem("write the field's name as the CRM knows it", "%s would run as a formula where crm.csv is opened", name)
			}
			out.Fields[i].Name = name
		}
		n.Done()
	}
	c.fw.Plan.CRM = &out
}

var rhythms = []string{plan.Weekly.String(), plan.Monthly.String(), plan.Quarterly.String(), plan.Yearly.String()}

// cadence reads the recurring reviews.
func (c *compiler) cadence(n *yamlfile.Node) {
	for name, v := range n.Pairs() {
		c.name(v, "review")
		r := plan.Review{Name: name, Label: v.Need("label").Text(), Owner: v.Need("owner").Text(), What: v.Need("what").Text()}
		r.Every = plan.Rhythm(max(0, slices.Index(rhythms, v.Need("every").Enum(rhythms...))))
		done := v.Field("last_done")
		if r.ByRun = v.Field("by_run").Bool(); r.ByRun && done.Present() {
			done.ProblemAtKey("remove one of the two", "%s is done by every run, its last day is known", name)
		}
		if done.Present() {
			r.LastDone, r.HasDone = done.Date(), true
		}
		v.Done()
		c.fw.Plan.Cadence = append(c.fw.Plan.Cadence, r)
	}
}
