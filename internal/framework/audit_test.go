package framework

import (
	"os"
	"strings"
	"testing"
)

func loadWith(t *testing.T, section string) (*Framework, error) {
	t.Helper()
	doc, err := os.ReadFile("../../docs/framework.md")
	if err != nil {
		t.Fatal(err)
	}
	_, complete, _ := strings.Cut(string(doc), "```yaml\n")
	complete, _, _ = strings.Cut(complete, "```")
	return Load("f.yaml", []byte(complete+section))
}

func TestAuditDefaultsAndOverrides(t *testing.T) {
	fw, err := loadWith(t, "")
	if err != nil || fw.Audit != DefaultAudit() {
		t.Errorf("without a section: %+v, %v", fw.Audit, err)
	}
	fw, err = loadWith(t, "audit:\n  window: 14\n  drift: {fail: 0.5}\n  moved: {by: 20%, accounts: 5}\n  zero: {usual: 0.4}\n")
	want := DefaultAudit()
	want.Window, want.Drift.Fail, want.MovedBy, want.MinAccounts, want.ZeroUsual = 14, 0.5, 0.2, 5, 0.4
	if err != nil || fw.Audit != want {
		t.Errorf("%+v, %v; want %+v", fw.Audit, err, want)
	}
}

func TestAuditMistakes(t *testing.T) {
	for section, want := range map[string]string{
		"audit:\n  wndow: 14\n":                          `unknown key "wndow"`,
		"audit:\n  drift: {warn: 0.3}\n":                 "drift fails at 0.25, below its warning at 0.3",
		"audit:\n  zero: {share: 2}\n":                   "share is 2; write a share",
		"audit:\n  moved: {by: 15%, warn: 50%, most: 1}": `unknown key "most"`,
		"audit: 3\n": "audit is a single value, not a map",
	} {
		if _, err := loadWith(t, section); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", section, err, want)
		}
	}
}

func TestAccuracyDefaultsAndOverrides(t *testing.T) {
	fw, err := loadWith(t, "")
	if err != nil || fw.Accuracy != DefaultAccuracy() {
		t.Errorf("without a section: %+v, %v", fw.Accuracy, err)
	}
	fw, err = loadWith(t, "accuracy: {recall: 40%, lift: 0, monotone: false}\n")
	want := DefaultAccuracy()
	want.Recall, want.Lift, want.Monotone = 0.4, 0, false
	if err != nil || fw.Accuracy != want {
		t.Errorf("%+v, %v; want %+v", fw.Accuracy, err, want)
	}
	for section, text := range map[string]string{
		"accuracy: {recal: 40%}\n":   `unknown key "recal"`,
		"accuracy: {recall: 140%}\n": "recall is 140%",
	} {
		if _, err := loadWith(t, section); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v, want %q", section, err, text)
		}
	}
}
