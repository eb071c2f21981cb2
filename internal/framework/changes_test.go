package framework

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/day"
)

func TestChangeLog(t *testing.T) {
	d := func(s string) int32 {
		v, err := day.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	first := Accepted{Version: 2, Effective: d("2026-07-01"), On: d("2026-07-03"), Author: "Ana Díaz", Why: `"refit": 302 lost`, Evidence: "ab12", Before: "framework.v1.yaml", Changes: []string{"pillars.support: weight 20% -> 15%"}}
	second := Accepted{Version: 3, Effective: d("2026-10-01"), On: d("2026-09-30"), Author: "Bo", Before: "framework.v2.yaml"}
	src, err := AddChange("c.yaml", nil, first)
	if err != nil {
		t.Fatal(err)
	}
	src = append(src, "# a note of ours\n"...)
	src, err = AddChange("c.yaml", src, second)
	if err != nil {
		t.Fatal(err)
	}
	got, err := ReadChanges("c.yaml", src)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Accepted{second, first}, got); diff != "" {
		t.Error(diff)
	}
	if !strings.HasSuffix(string(src), "# a note of ours\n") {
		t.Error("a comment was lost")
	}
	for text, want := range map[string]string{
		"version: 1\nchanges:\n- {version: 2}\n": "effective",
		"version: 1\nchanges:\n- {version: 2, effective: 2026-01-01, accepted: 2026-01-01, author: a, before: b}\n- {version: 3, effective: 2026-01-01, accepted: 2026-01-01, author: a, before: b}\n": "version 3 stands below version 2",
		"version: 1\nchanges:\n- {version: 3, effective: 2026-01-01, accepted: 2026-01-01, author: a, before: b}\n- {version: 2, effective: 2026-02-01, accepted: 2026-01-01, author: a, before: b}\n": "would come into force after version 3",
		"version: 1\nchanges: 3\n":               "changes",
		"version: 1\nchanges:\n- {versoin: 2}\n": "unknown key",
	} {
		if _, err := ReadChanges("c.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := AddChange("c.yaml", src, Accepted{Version: 3, Effective: d("2027-01-01"), On: d("2027-01-01"), Author: "x", Before: "y"}); err == nil {
		t.Error("the same version was accepted twice")
	}
	if f, g := ChangesFile("a/framework.yaml"), VersionFile("own", 3); f != "a/framework.changes.yaml" || g != "own.v3.yaml" {
		t.Error(f, g)
	}
}

func FuzzReadChanges(f *testing.F) {
	src, _ := AddChange("c.yaml", nil, Accepted{Version: 2, Author: "a", Before: "b"})
	f.Add(src)
	f.Add([]byte("version: 1\nchanges:\n- {version: 1}\n"))
	f.Fuzz(func(t *testing.T, src []byte) {
		log, err := ReadChanges("c.yaml", src)
		if err == nil && len(log) > 0 && log[0].Author == "" {
			t.Error("an entry without an author was read")
		}
	})
}
