package reports

import (
	"encoding/xml"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"
)

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "plain", "=1+1", "a\x00b", "\xff", "_x000D_", "\U0001F600", strings.Repeat("x", maxCell+1), strings.Repeat("\U0001F600", maxCell/2+1)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var c census
		got := c.clean(s)
		if !utf8.ValidString(got) {
			t.Fatal("not UTF-8")
		}
		if n := len(utf16.Encode([]rune(got))); n > maxCell {
			t.Fatalf("%d units", n)
		}
		if c.controls == 0 && c.cut == 0 && got != s {
			t.Fatalf("%q became %q without being counted", s, got)
		}
		if again := c.clean(got); again != got {
			t.Fatal("cleaning twice changes the text")
		}
		var back struct {
			Text string `xml:",chardata"`
		}
		if err := xml.Unmarshal([]byte("<t>"+string(appendEscaped(nil, got))+"</t>"), &back); err != nil {
			t.Fatal(err)
		}
		// Excel reads _xHHHH_ as a character; the escape is the only difference.
		if strings.ReplaceAll(back.Text, "_x005F_", "_") != strings.ReplaceAll(got, "_x005F_", "_") {
			t.Fatalf("%q reads back as %q", got, back.Text)
		}
	})
}

func TestSheetNames(t *testing.T) {
	taken := map[string]bool{"owner": true}
	has := func(s string) bool { return taken[strings.ToLower(s)] }
	for in, want := range map[string]string{
		"Owner":                 "Owner (2)",
		"a/b:c?":                "a b c",
		"History":               "History sheet",
		"":                      "sheet",
		"'quoted'":              "quoted",
		strings.Repeat("é", 40): strings.Repeat("é", 31),
		strings.Repeat("😀", 16): strings.Repeat("😀", 15), // 31 is UTF-16 units
	} {
		if got := sheetName(in, has); got != want {
			t.Errorf("sheetName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestDefinedNames(t *testing.T) {
	for in, want := range map[string]string{
		"ARR at risk": "ARR_at_risk", "ARR90": "_ARR90", "R1C1": "_R1C1", "2nd": "_2nd", "At-Risk & Critical": "At_Risk_Critical", "": "_", "ARR_90": "ARR_90", "true": "_true", "c": "_c",
	} {
		if got := definedName(in); got != want {
			t.Errorf("definedName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestOrderFonts(t *testing.T) {
	in := `<fonts><font><name val="Arial"></name><b val="1"></b><color rgb="FF1F2933"></color><sz val="10"></sz></font></fonts>`
	want := `<fonts><font><b val="1"></b><sz val="10"></sz><color rgb="FF1F2933"></color><name val="Arial"></name></font></fonts>`
	if got := string(orderFonts([]byte(in))); got != want {
		t.Errorf("got %s", got)
	}
}
