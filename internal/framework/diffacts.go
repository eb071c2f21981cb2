package framework

import (
	"fmt"
	"strconv"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/plan"
	"accounthealth/internal/yamlfile"
)

// said is one setting of the sections on what people are told and asked to do,
// by names, so that inserting a play or a signal elsewhere changes nothing.
type said struct{ where, what, text string }

// actions compares the matrix, alerts, CRM fields, reviews, checklist, planning
// figures and what a person decides.
func (d *differ) actions() {
	a, b := actionTexts(d.old.Plan), actionTexts(d.now.Plan)
	key := func(list []said) (out []string) {
		for _, s := range list {
			out = append(out, s.where+" "+s.what)
		}
		return out
	}
	pairs(key(a), key(b), func(_ string, i, j int) {
		switch {
		case i < 0:
			d.text(b[j].where, b[j].what, "", b[j].text)
		case j < 0:
			d.text(a[i].where, a[i].what, a[i].text, "")
		default:
			d.text(b[j].where, b[j].what, a[i].text, b[j].text)
		}
	})
}

func actionTexts(p *plan.Plan) (out []said) {
	add := func(where, what, format string, args ...any) {
		out = append(out, said{where, what, fmt.Sprintf(format, args...)})
	}
	playName := func(i int) string {
		if i < 0 {
			return "the account's own"
		}
		return p.Plays[i].Name
	}
	if m := p.Matrix; m != nil {
		for g := plan.HighGrade; g > plan.LowGrade; g-- {
			add("matrix.risk", g.String(), "%s; severity %s", strings.Join(m.Risk[g].Statuses, ", "), m.Risk[g].Severity)
			var any []string
			for _, c := range m.Opportunity[g] {
				any = append(any, c.Text)
			}
			add("matrix.opportunity", g.String(), "%s", strings.Join(any, " or "))
		}
		for r := plan.LowGrade; r < plan.Grades; r++ {
			for o := plan.LowGrade; o < plan.Grades; o++ {
				add("matrix.cells."+r.String(), o.String(), "%s", playName(m.Cells[r][o]))
			}
		}
	}
	if a := p.Alerts; a != nil {
		add("alerts", "quiet_days", "%d", a.QuietDays)
		add("alerts", "shift", "%s of at least %d accounts; %s; %s; %d days", yamlfile.FormatPercent(a.Shift.Share), a.Shift.Accounts, a.Shift.Owner, a.Shift.Channel, a.Shift.Days)
		for _, r := range a.Rules {
			where := "alerts." + r.Name
			add(where, "trigger", "%s", TriggerText(&r))
			add(where, "label", "%s", r.Label)
			add(where, "severity", "%s", r.Severity)
			add(where, "channel", "%s", r.Channel)
			add(where, "owner", "%s", r.Owner)
			add(where, "days", "%d", r.Days)
			add(where, "play", "%s", playName(r.Play))
			add(where, "field", "%s", r.Field)
		}
	}
	if p.CRM != nil {
		for _, f := range p.CRM.Fields {
			add("crm", f.Holds, "%s", f.Name)
		}
	}
	for _, r := range p.Cadence {
		done := ""
		if r.HasDone {
			done = day.Format(r.LastDone)
		}
		add("cadence", r.Name, "%s; every %s; %s; %s; by run %v; last done %s", r.Label, r.Every, r.Owner, r.What, r.ByRun, done)
	}
	for i, c := range p.Checklist {
		add("checklist", strconv.Itoa(i+1), "%s", c)
	}
	for k, x := range p.Saves.Planning {
		add("saves.planning", p.Pillars[k].Name, "%s", yamlfile.FormatPercent(x))
	}
	add("saves", "from", "%d", p.Saves.From)
	add("saves", "round_to", "%s", yamlfile.FormatPercent(p.Saves.Step))
	add("saves", "listed", "%d", p.Saves.Listed)
	h := p.Humans
	add("escalate", "when", "products %d, strategic %v, legal_dispute %v, merger %v, money %v", h.Products, h.Strategic, h.Legal, h.Merger, h.Money)
	return out
}

// TriggerText writes what raises an alert: "score down 10 points or more since
// the previous review", "Champion: left, new since the previous review".
func TriggerText(r *plan.AlertRule) string {
	points := strconv.FormatFloat(r.Points, 'f', -1, 64)
	switch r.On {
	case plan.Drop:
		return "score down " + points + " points or more since the previous review"
	case plan.BelowHigh:
		return "score " + points + " points or more below its high of the last " + strconv.Itoa(int(r.Window)) + " days"
	case plan.WorseStatus:
		return "status worse than at the previous review"
	case plan.PillarDrop:
		return "a pillar down " + points + " points or more since the previous review"
	}
	return r.When.Text + ", new since the previous review"
}
