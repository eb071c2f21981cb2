package mapping

import (
	"fmt"
	"testing"

	"accounthealth/internal/framework"
)

// compare counts a mapping's columns against what a person would map.
func compare(m *Mapping, s schema) (right, wrong, extra, missed int, notes []string) {
	for _, src := range m.Sources {
		if !src.Usable {
			continue
		}
		if s.paths[src.Name] != src.Path {
			notes = append(notes, fmt.Sprintf("source %s <- %s, want %q (%.2f)", src.Name, src.Path, s.paths[src.Name], src.Confidence))
		}
		for _, c := range src.Columns {
			key := src.Name + "." + c.Canonical
			switch want, ok := s.truth[key]; {
			case !ok:
				extra++
				notes = append(notes, fmt.Sprintf("extra %s <- %s (%.2f, check %q)", key, c.Column, c.Confidence, c.Check))
			case want == c.Column:
				right++
			default:
				wrong++
				notes = append(notes, fmt.Sprintf("wrong %s <- %s, want %s (%.2f, check %q)", key, c.Column, want, c.Confidence, c.Check))
			}
		}
	}
	for key, want := range s.truth {
		if !hasPick(m, key) {
			missed++
			notes = append(notes, fmt.Sprintf("missed %s <- %s", key, want))
		}
	}
	return
}

func hasPick(m *Mapping, key string) bool {
	for _, src := range m.Sources {
		for _, c := range src.Columns {
			if src.Name+"."+c.Canonical == key {
				return src.Usable
			}
		}
	}
	return false
}

func TestProbe(t *testing.T) {
	for _, s := range append(append(schemas(), holdouts()...), fresh()...) {
		m := Guess(s.tables, shipped(t))
		r, w, e, mi, notes := compare(m, s)
		t.Logf("%s: right %d wrong %d extra %d missed %d of %d", s.name, r, w, e, mi, len(s.truth))
		for _, n := range notes {
			t.Log("   ", n)
		}
		t.Log("\n" + Report(m))
		t.Log("\n" + string(HealthYAML(m, shipped(t))))
	}
}

func shipped(t testing.TB) Options {
	t.Helper()
	f, err := framework.Shipped("account-health")
	if err != nil {
		t.Fatal(err)
	}
	return Options{Signals: SignalsOf(f.Plan)}
}
