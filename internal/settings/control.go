package settings

import "accounthealth/internal/yamlfile"

// ControlTotals are finance's own figures for the paying accounts: those scored,
// onboarding, not scored and in notice.
type ControlTotals struct {
	// AsOf is the day the figures are for, NoDay where they hold for every run; a
	// run of another day does not compare.
	AsOf   int32
	Totals []ControlTotal // all accounts first, then in file order
}

// ControlTotal is one stated total. Segment and Currency name the part of the
// accounts it is for; both are empty for all of them.
type ControlTotal struct {
	Segment, Currency string
	Accounts          int64   // -1 where not stated
	ARR               float64 // in the reporting currency; negative where not stated
	// Tolerance is the greatest difference, as a share of the stated figure.
	Tolerance float64
}

// controlTotals reads the section; nil without it.
func controlTotals(n *yamlfile.Node) *ControlTotals {
	if !n.Present() {
		return nil
	}
	c := &ControlTotals{AsOf: NoDay}
	if f := n.Field("as_of"); f.Present() {
		c.AsOf = f.Date()
	}
	all := c.add(n, ControlTotal{})
	parts := func(key string, of func(name string) ControlTotal) {
		for name, item := range n.Field(key).Pairs() {
			t := of(name)
			t.Tolerance = all.Tolerance
			c.add(item, t)
			item.Done()
		}
	}
	parts("segments", func(name string) ControlTotal { return ControlTotal{Segment: name} })
	parts("currencies", func(name string) ControlTotal { return ControlTotal{Currency: name} })
	n.Done()
	if len(c.Totals) == 0 {
		n.Problem("write accounts, arr or both", "control_totals states no figure")
	}
	return c
}

// add reads accounts, arr and tolerance, and keeps a total that states a figure.
func (c *ControlTotals) add(n *yamlfile.Node, t ControlTotal) ControlTotal {
	t.Accounts, t.ARR = -1, -1
	if f := n.Field("tolerance"); f.Present() {
		t.Tolerance = f.Share(0, 1)
	}
	if f := n.Field("accounts"); f.Present() {
		t.Accounts = int64(f.Int(0, 1<<31-1))
	}
	if f := n.Field("arr"); f.Present() {
		t.ARR = f.Float(0, 1e15)
	}
	if t.Accounts >= 0 || t.ARR >= 0 {
		c.Totals = append(c.Totals, t)
	}
	return t
}
