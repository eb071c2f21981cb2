package publish

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/intake"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/source"
	"accounthealth/internal/store"
	"accounthealth/internal/warehouse"
)

// AlertsFile is the output in which a run keeps its alerts for the next one.
const AlertsFile = "alerts.parquet"

const listSeparator = "; "

// AlertsTable writes alerts.parquet: one row an alert, those of sources first.
func AlertsTable(w io.Writer, p *plan.Plan, asOf int32, alerts []portfolio.AlertRow) error {
	f := warehouse.NewFrame(len(alerts))
	text := func(name string, at func(*portfolio.AlertRow) string) {
		f.Text(name, func(i int) string { return at(&alerts[i]) })
	}
	date := func(name string, at func(*portfolio.AlertRow) int32) {
		f.Date(name, func(i int) int32 { return at(&alerts[i]) })
	}
	number := func(name string, at func(*portfolio.AlertRow) portfolio.Figure) {
		f.Number(name, func(i int) float64 { return value(at(&alerts[i])) })
	}
	f.Key("idempotency_key", func(i int) string { return alerts[i].Key })
	f.Date("as_of", func(int) int32 { return asOf })
	text("state", func(a *portfolio.AlertRow) string { return a.State })
	text("account_id", func(a *portfolio.AlertRow) string { return a.ID })
	text("account_name", func(a *portfolio.AlertRow) string { return a.Name })
	text("source", func(a *portfolio.AlertRow) string { return a.Source })
	text("owner", func(a *portfolio.AlertRow) string { return a.Owner })
	text("role", func(a *portfolio.AlertRow) string { return a.Role })
	text("severity", func(a *portfolio.AlertRow) string { return a.Severity })
	text("triggers", func(a *portfolio.AlertRow) string { return strings.Join(a.Triggers, listSeparator) })
	text("reason", func(a *portfolio.AlertRow) string { return a.Reason })
	date("raised_on", func(a *portfolio.AlertRow) int32 { return a.Raised })
	date("deadline", func(a *portfolio.AlertRow) int32 { return a.Deadline })
	date("closed_on", func(a *portfolio.AlertRow) int32 { return a.Closed })
	text("why", func(a *portfolio.AlertRow) string { return a.Why })
	text("play", func(a *portfolio.AlertRow) string { return a.Play })
	text("channel", func(a *portfolio.AlertRow) string { return a.Channel })
	text("crm_field", func(a *portfolio.AlertRow) string { return a.Field })
	text("needs_person", func(a *portfolio.AlertRow) string { return strings.Join(a.Escalate, listSeparator) })
	f.Money("arr", func(i int) float64 { return value(alerts[i].ARR) })
	text("status", func(a *portfolio.AlertRow) string { return a.Band })
	number("score", func(a *portfolio.AlertRow) portfolio.Figure { return a.Score })
	number("delta", func(a *portfolio.AlertRow) portfolio.Figure { return a.Delta })
	var failed error
	text("conditions", func(a *portfolio.AlertRow) string {
		src, err := json.Marshal(a.Conditions)
		if err != nil {
			failed = err
		}
		return string(src)
	})
	if err := f.Write(w, options(p)); err != nil {
		return err
	}
	return failed
}

// AlertLine is one line of alerts.jsonl.
type AlertLine struct {
	Key         string                     `json:"idempotency_key"`
	AsOf        string                     `json:"as_of"`
	State       string                     `json:"state"`
	ID          string                     `json:"account_id,omitempty"`
	Name        string                     `json:"account_name,omitempty"`
	Source      string                     `json:"source,omitempty"`
	Owner       string                     `json:"owner,omitempty"`
	Role        string                     `json:"role"`
	Severity    string                     `json:"severity"`
	Triggers    []string                   `json:"triggers"`
	Reason      string                     `json:"reason"`
	Raised      string                     `json:"raised_on"`
	Deadline    string                     `json:"deadline"`
	Closed      string                     `json:"closed_on,omitempty"`
	Why         string                     `json:"why,omitempty"`
	Play        string                     `json:"play,omitempty"`
	Channel     string                     `json:"channel,omitempty"`
	Field       string                     `json:"crm_field,omitempty"`
	NeedsPerson []string                   `json:"needs_person,omitempty"`
	ARR         *float64                   `json:"arr,omitempty"`
	Status      string                     `json:"status,omitempty"`
	Score       *float64                   `json:"score,omitempty"`
	Delta       *float64                   `json:"delta,omitempty"`
	Conditions  []portfolio.AlertCondition `json:"conditions"`
}

// AlertLines writes alerts.jsonl: the rows of alerts.parquet, one JSON object a
// line.
func AlertLines(w io.Writer, asOf int32, alerts []portfolio.AlertRow) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for i := range alerts {
		a := &alerts[i]
		line := AlertLine{
			Key: a.Key, AsOf: day.Format(asOf), State: a.State, ID: a.ID, Name: a.Name, Source: a.Source, Owner: a.Owner, Role: a.Role,
			Severity: a.Severity, Triggers: a.Triggers, Reason: a.Reason, Raised: day.Format(a.Raised), Deadline: day.Format(a.Deadline),
			Why: a.Why, Play: a.Play, Channel: a.Channel, Field: a.Field, NeedsPerson: a.Escalate, ARR: pointer(a.ARR), Status: a.Band,
			Score: pointer(a.Score), Delta: pointer(a.Delta), Conditions: a.Conditions,
		}
		if a.Closed != portfolio.NoDay {
			line.Closed = day.Format(a.Closed)
		}
		if err := e.Encode(line); err != nil {
			return err
		}
	}
	return nil
}

func pointer(f portfolio.Figure) *float64 {
	if !f.Defined || math.IsNaN(f.Value) {
		return nil
	}
	return &f.Value
}

// filedAlerts is what ReadAlerts takes of alerts.parquet.
var filedAlerts = source.Contract{Name: AlertsFile, Columns: []source.Column{
	{Name: "idempotency_key", Role: source.Text},
	{Name: "state", Role: source.Text},
	{Name: "account_id", Role: source.Text},
	{Name: "source", Role: source.Text},
	{Name: "role", Role: source.Text},
	{Name: "severity", Role: source.Text},
	{Name: "triggers", Role: source.Text},
	{Name: "reason", Role: source.Text},
	{Name: "raised_on", Role: source.Time},
	{Name: "deadline", Role: source.Time, Future: true},
	{Name: "play", Role: source.Text},
	{Name: "channel", Role: source.Text},
	{Name: "crm_field", Role: source.Text},
	{Name: "conditions", Role: source.Text},
}}

// ReadAlerts reads the alerts of an earlier run that were new, open or held back
// in it.
func ReadAlerts(ctx context.Context, st store.Source, path string) ([]portfolio.AlertRow, error) {
	var names []string
	for _, c := range filedAlerts.Columns {
		names = append(names, c.Name)
	}
	var out []portfolio.AlertRow
	err := readFiled(ctx, st, path, &filedAlerts, names, func(r filedRow) error {
		a := portfolio.AlertRow{
			Key: r.text("idempotency_key"), State: r.text("state"), ID: r.text("account_id"), Source: r.text("source"), Role: r.text("role"),
			Severity: r.text("severity"), Reason: r.text("reason"), Raised: r.date("raised_on"), Deadline: r.date("deadline"),
			Closed: portfolio.NoDay, Play: r.text("play"), Channel: r.text("channel"), Field: r.text("crm_field"),
		}
		if a.State == portfolio.AlertClosed {
			return nil
		}
		if t := r.text("triggers"); t != "" {
			a.Triggers = strings.Split(t, listSeparator)
		}
		if err := json.Unmarshal([]byte(r.text("conditions")), &a.Conditions); err != nil {
			return &diag.Error{Class: diag.Data, Where: path, What: "the alerts of an earlier run are damaged", Fix: "remove that run's folder", Cause: err}
		}
		out = append(out, a)
		return nil
	})
	return out, err
}

// readFiled streams the rows of one of a run's own tables.
func readFiled(ctx context.Context, st store.Source, path string, contract *source.Contract, names []string, fn func(filedRow) error) error {
	src, err := warehouse.Open(ctx, st, warehouse.Spec{Contract: contract, Path: path, Layout: source.Current}, warehouse.Options{})
	if err != nil {
		return err
	}
	in := intake.Input{Contract: contract, Layout: source.Current, Rows: src}
	return in.Read(ctx, names, math.MaxInt32, nil, func(b *intake.Batch) error {
		for i := range b.Len {
			if err := fn(filedRow{b, i}); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r filedRow) date(name string) int32 {
	if c := r.cell(name); c != nil {
		return c.Days[r.i]
	}
	return portfolio.NoDay
}
