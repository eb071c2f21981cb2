package form

import (
	"strings"
	"testing"

	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
)

func planOf(t *testing.T, name string) *plan.Plan {
	t.Helper()
	fw, err := framework.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	return fw.Plan
}

// Every case that ships holds: the results in the files were worked by hand, and
// again by a separate calculation in exact fractions.
func TestShippedCasesHold(t *testing.T) {
	for _, name := range framework.Names() {
		src, err := framework.ShippedCases(name)
		if err != nil {
			t.Fatal(err)
		}
		p := planOf(t, name)
		cases, err := ReadCases(name+".cases.yaml", src, p)
		if err != nil {
			t.Fatal(err)
		}
		outcomes, err := Run(p, cases)
		if err != nil {
			t.Fatal(err)
		}
		if len(outcomes) < 2 || outcomes[0].Case != "TechCorp Solutions" || outcomes[1].Case != "RetailMax Inc" {
			t.Errorf("%s: %d cases", name, len(outcomes))
		}
		for _, o := range outcomes {
			if !o.Holds {
				t.Errorf("%s, %s: %s", name, o.Case, strings.Join(o.Wrong, "; "))
			}
		}
	}
}

// A case that does not hold says what is there instead.
func TestWrongCases(t *testing.T) {
	p := planOf(t, framework.Default)
	src, _ := framework.ShippedCases(framework.Default)
	edit := strings.NewReplacer("product: 87.50", "product: 87.51", "status: Monitor", "status: Healthy", "coverage: 30.0%", "score: 80")
	cases, err := ReadCases("x", []byte(edit.Replace(string(src))), p)
	if err != nil {
		t.Fatal(err)
	}
	outcomes, err := Run(p, cases)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range outcomes {
		for _, w := range o.Wrong {
			got = append(got, o.Case+": "+w)
		}
	}
	want := "TechCorp Solutions: Product is 87.500, expected 87.51\non the upper limits: status is Monitor, expected Healthy\nonly the product is known: score is not known, expected 80"
	if strings.Join(got, "\n") != want || Failed(outcomes) != 3 {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestFormProblems(t *testing.T) {
	p := planOf(t, framework.Default)
	for _, c := range []struct{ src, want string }{
		{"account: A\nsignals: {npss: 5}\n", `f:2:11: framework account-health has no signal "npss"; did you mean "nps"`},
		{"account: A\nsignals: {nps: 14}\n", "f:2:16: nps cannot be 14; write a possible value"},
		{"account: A\nsignals: {nps: high}\n", `f:2:16: nps is "high", not a number; write a number, a share such as 72% or 18/25, unknown or not applicable`},
		{"account: A\nsignals: {activity: 5/0}\n", `f:2:21: activity is "5/0", not a number; write a number, a share such as 72% or 18/25, unknown or not applicable`},
		{"account: A\nsignals: {champion: departed}\n", `f:2:21: champion is "departed"; use one of engaged, weak, none, left, unknown, not applicable`},
		{"account: A\nsignals: {champion: {value: left, nota: x}}\n", `f:2:35: unknown key "nota"; did you mean "note"`},
		{"signals: {}\nrenewal: soon\n", "f:1:1: the file has no \"account\"; add \"account\"\nf:2:10: renewal is \"soon\", not a date; write a date such as 2026-03-31"},
	} {
		_, err := Read("f", []byte(c.src), p, 0)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.src, err, c.want)
		}
	}
	for _, c := range []struct{ src, want string }{
		{"cases: {A: {signals: {nps: 9}, expect: {}}}\n", "c:1:32: the case expects nothing; state a score or a status"},
		{"cases: {A: {signals: {nps: 9}, expect: {stats: Healthy}}}\n", `c:1:41: unknown key "stats"; did you mean "status"`},
		{"cases: {A: {signals: {nps: 9}, expect: {pillars: {prodct: 5}}}}\n", `c:1:51: unknown key "prodct"; did you mean "product"`},
		{"cases: {}\n", "c:1:1: the file has no case; write at least one case"},
	} {
		_, err := ReadCases("c", []byte(c.src), p)
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.src, err, c.want)
		}
	}
}

// What a form leaves out, calls unknown or does not apply to.
func TestStates(t *testing.T) {
	p := planOf(t, framework.Default)
	src, _ := framework.ShippedCases(framework.Default)
	cases, err := ReadCases("c", src, p)
	if err != nil {
		t.Fatal(err)
	}
	tech := cases[0].Form
	with := func(signal, value string, months int32) *Form {
		text := strings.NewReplacer("SIGNAL", signal, "VALUE", value).Replace("account: A\nsignals: {SIGNAL: VALUE}\n")
		one, err := Read("f", []byte(text), p, 0)
		if err != nil {
			t.Fatal(err)
		}
		f := *tech
		f.Values = append(f.Values[:0:0], f.Values...)
		f.TenureMonths = months
		for i := range p.Signals {
			if p.Signals[i].Name == signal {
				f.Values[i] = one.Values[i]
			}
		}
		return &f
	}
	a, err := Assess(p, []*Form{with("nps", "unknown", 24), with("nps", "not applicable", 24), with("nps", "9", 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Release()
	// Both trends missing: 89.1667%. NPS is 45 of relationship's 165 points.
	for i, want := range []float64{0.8916666667 - 0.25*45/165, 0.8916666667, 0.8916666667} {
		if d := a.Now.Result.Coverage[i] - want; d > 1e-9 || d < -1e-9 {
			t.Errorf("form %d: coverage %v, want %v", i, a.Now.Result.Coverage[i], want)
		}
	}
	if got := a.status(2); got != "Monitor" {
		t.Errorf("an account of two months is %s: onboarding is never Healthy", got)
	}
}
