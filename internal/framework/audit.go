package framework

import "accounthealth/internal/yamlfile"

// Audit says from when a source is doubted. It never changes a score; package
// quality reads it. Shares are fractions, days are whole.
type Audit struct {
	// Window is the recent window that statistics describe, and the length of the
	// one before that they are compared with.
	Window int32
	// Drift bounds the population stability index of a column.
	Drift Bounds
	// Moved bounds the share of accounts whose mean moved the same way by more
	// than By; MinAccounts is the least number that such a share is taken of.
	Moved       Bounds
	MovedBy     float64
	MinAccounts int64
	// A day counts as fallen to zero where at least ZeroShare of its rows hold 0
	// or nothing, and less than ZeroUsual of the rows of such weekdays usually do.
	// Days of under ZeroRows rows are not judged.
	ZeroShare, ZeroUsual float64
	ZeroRows             int64
	// ThinDay is the share of its weekday's usual rows below which the newest day
	// looks half unloaded.
	ThinDay float64
	// Fill and Coverage bound falls against the last run: of the share of rows
	// with a value, and of the share of paying accounts with a row.
	Fill, Coverage Bounds
}

// Bounds are the figures above which a check warns and fails.
type Bounds struct{ Warn, Fail float64 }

// DefaultAudit are the thresholds of a framework without an audit section.
func DefaultAudit() Audit {
	return Audit{
		Window: 28, Drift: Bounds{0.10, 0.25},
		Moved: Bounds{0.50, 0.80}, MovedBy: 0.15, MinAccounts: 20,
		ZeroShare: 0.95, ZeroUsual: 0.50, ZeroRows: 20, ThinDay: 0.50,
		Fill: Bounds{0.10, 0.30}, Coverage: Bounds{0.05, 0.20},
	}
}

// readAudit reads the optional audit section over the defaults.
func readAudit(n *yamlfile.Node) Audit {
	a := DefaultAudit()
	whole := func(n *yamlfile.Node, key string, lo, hi int, set func(int)) {
		if f := n.Field(key); f.Present() {
			set(f.Int(lo, hi))
		}
	}
	share := func(n *yamlfile.Node, key string, into *float64) {
		if f := n.Field(key); f.Present() {
			*into = f.Share(0, 1)
		}
	}
	bounds := func(n *yamlfile.Node, b *Bounds, read func(*yamlfile.Node) float64) {
		if f := n.Field("warn"); f.Present() {
			b.Warn = read(f)
		}
		if f := n.Field("fail"); f.Present() {
			b.Fail = read(f)
		}
		if n.Present() && b.Fail < b.Warn {
			n.ProblemAtKey("raise fail to warn or more", "%s fails at %v, below its warning at %v", n.Name(), b.Fail, b.Warn)
		}
	}
	ofOne := func(f *yamlfile.Node) float64 { return f.Share(0, 1) }
	whole(n, "window", 7, 366, func(d int) { a.Window = int32(d) })
	share(n, "thin_day", &a.ThinDay)

	drift := n.Field("drift")
	bounds(drift, &a.Drift, func(f *yamlfile.Node) float64 { return f.Float(0, 100) })
	moved := n.Field("moved")
	bounds(moved, &a.Moved, ofOne)
	share(moved, "by", &a.MovedBy)
	whole(moved, "accounts", 1, 1_000_000, func(k int) { a.MinAccounts = int64(k) })
	zero := n.Field("zero")
	share(zero, "share", &a.ZeroShare)
	share(zero, "usual", &a.ZeroUsual)
	whole(zero, "rows", 1, 1_000_000, func(k int) { a.ZeroRows = int64(k) })
	fill, coverage := n.Field("fill"), n.Field("coverage")
	bounds(fill, &a.Fill, ofOne)
	bounds(coverage, &a.Coverage, ofOne)
	for _, section := range []*yamlfile.Node{drift, moved, zero, fill, coverage, n} {
		if section.Present() {
			section.Done()
		}
	}
	return a
}
