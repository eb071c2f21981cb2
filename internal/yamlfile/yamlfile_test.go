package yamlfile

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"accounthealth/internal/diag"
)

// read asks for one value of every type, as a reader of settings would.
func read(n *Node) string {
	var b strings.Builder
	fmt.Fprintln(&b, n.Need("name").Text())
	fmt.Fprintln(&b, n.Field("count").Int(1, 10))
	fmt.Fprintln(&b, n.Field("limit").Float(0, 100))
	fmt.Fprintln(&b, n.Field("weight").Share(0, 1))
	fmt.Fprintln(&b, n.Field("scale").Enum("points", "clamp"))
	fmt.Fprintln(&b, n.Field("on").Bool())
	fmt.Fprintln(&b, n.Field("since").Date())
	fmt.Fprintln(&b, n.Field("tags").Texts())
	fmt.Fprintln(&b, n.Field("any").Word())
	for name, c := range n.Field("map").Pairs() {
		fmt.Fprintln(&b, name, c.Int(0, 9))
	}
	for i, c := range n.Field("list").Items() {
		fmt.Fprintln(&b, i, c.Int(0, 9))
	}
	n.Done()
	return b.String()
}

func TestReadsEveryType(t *testing.T) {
	n, err := Parse("x.yaml", []byte("# é\nname: \"é 1\"\ncount: 3\nlimit: 2.5\nweight: 12.5%\nscale: clamp\non: true\n"+
		"since: 2026-03-31\ntags: [a, 'b']\nany: 5\nmap: {z: 1, a: 2}\nlist:\n  - 4\n  - 5\n"))
	if err != nil {
		t.Fatal(err)
	}
	got := read(n)
	// 2026-03-31 is 20543 days after the epoch (date -d 2026-03-31 +%s / 86400).
	want := "é 1\n3\n2.5\n0.125\nclamp\ntrue\n20543\n[a b]\n5\nz 1\na 2\n0 4\n1 5\n"
	if got != want || n.Err() != nil {
		t.Fatalf("got %q, %v", got, n.Err())
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"count: 3\n", `x.yaml:1:1: the file has no "name"; add "name"`},
		{"name: a\ncount: 3.5\n", `x.yaml:2:8: count is 3.5, not a whole number; write a whole number from 1 to 10`},
		{"name: a\ncount: \"3\"\n", `x.yaml:2:8: count is "3", not a number; write a whole number from 1 to 10`},
		{"name: a\ncount: 010\n", `x.yaml:2:8: count is "010", not a number; write a whole number from 1 to 10`},
		{"name: a\ncount: 99\n", `x.yaml:2:8: count is 99; write a whole number from 1 to 10`},
		{"name: a\nlimit: .inf\n", `x.yaml:2:8: limit is ".inf", not a number; write a number from 0 to 100`},
		{"name: a\nlimit: 5%\n", `x.yaml:2:8: limit is "5%", not a number; write a number from 0 to 100`},
		{"name: a\nweight: 130%\n", `x.yaml:2:9: weight is 130%; write a share from 0% to 100%`},
		{"name: a\nscale: pionts\n", `x.yaml:2:8: scale is "pionts"; did you mean "points"`},
		{"name: a\nscale: xyz\n", `x.yaml:2:8: scale is "xyz"; use one of points, clamp`},
		{"name: a\non: yes\n", `x.yaml:2:5: on is "yes"; write true or false without quotes`},
		{"name: a\nsince: 2026-02-30\n", `x.yaml:2:8: since is "2026-02-30", not a date; write a date such as 2026-03-31`},
		{"name: 12\n", `x.yaml:1:7: name is a number, not text; put it in quotes: "12"`},
		{"name: true\n", `x.yaml:1:7: name is a yes-or-no value, not text; put it in quotes: "true"`},
		{"name:\n", `x.yaml:1:1: name has no value; write a value or remove the key`},
		{"name: [a]\n", `x.yaml:1:1: name is a list, not a single value; write a single value`},
		{"name: a\nlist: {a: 1}\n", `x.yaml:2:1: list is a map, not a list; write a list`},
		{"name: a\ntags: [a, b, a]\n", `x.yaml:2:14: "a" is listed twice; keep one of them`},
		{"name: a\nsclae: clamp\n", `x.yaml:2:1: unknown key "sclae"; did you mean "scale"`},
		{"name: a\ncount: 1\nname: b\n", `x.yaml:3:1: duplicate key "name", first on line 1; keep one of them`},
		{"- a\n", `x.yaml:1:1: the file is a list, not a map; write a map`},
		{"", `x.yaml:1:1: the file has no value; write a value or remove the key`},
		{"name: &a x\n", `x.yaml:1:7: an anchor (&) is not supported; write the value out`},
		{"name: !!str x\n", `x.yaml:1:7: a tag (!) is not supported; write the value out`},
		{"name: a\n---\nname: b\n", `x.yaml:3:5: a second YAML document begins; keep one document in the file`},
		{"name: a\n\tcount: 1\n", `x.yaml:2:1: not valid YAML: found character '	' that cannot start any token; check quotes, brackets and indentation here and on the line before`},
		{"name: [a\n", `x.yaml:1:7: not valid YAML: sequence end token ']' not found; check quotes, brackets and indentation here and on the line before`},
		{"name: é\xff\n", `x.yaml:1:8: the file is not UTF-8 text; save the file as UTF-8`},
		{"\uFEFFname: a\n", `x.yaml:1:1: a byte order mark stands here; save the file as UTF-8 without a byte order mark`},
		{"name: a\x00\n", `x.yaml:1:8: control character U+0000; remove it`},
		{"name: " + strings.Repeat("[", 40) + "\n", `x.yaml:1:39: values are nested too deeply; nest at most 32 levels`},
		{strings.Repeat("- ", 40) + "a\n", `x.yaml:1:65: values are nested too deeply; nest at most 32 levels`},
		{"name: a\n" + strings.Repeat(" ", 200) + "b: 1\n", "x.yaml:2:202: the indentation is too deep; indent by at most 96"},
		{
			"nmae: a\ncount: 3.5\nscale: x\n",
			"x.yaml:1:1: the file has no \"name\"; add \"name\"\n" +
				"x.yaml:1:1: unknown key \"nmae\"; did you mean \"name\"\n" +
				"x.yaml:2:8: count is 3.5, not a whole number; write a whole number from 1 to 10\n" +
				"x.yaml:3:8: scale is \"x\"; use one of points, clamp",
		},
	} {
		n, err := Parse("x.yaml", []byte(c.src))
		if err == nil {
			read(n)
			err = n.Err()
		}
		if err == nil || err.Error() != c.want {
			t.Errorf("%q:\n got %v\nwant %s", c.src, err, c.want)
			continue
		}
		if diag.ClassOf(err) != diag.Config {
			t.Errorf("%q: class %v", c.src, diag.ClassOf(err))
		}
	}
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]float64{"70%": 0.7, "0.5%": 0.005, "33.3%": 0.333, "-5": -5, ".5": 0.5, "1e3": 1000, "0": 0, "0.60": 0.6, "110%": 1.1} {
		x, _, ok := ParseNumber(s)
		if !ok || x != want {
			t.Errorf("ParseNumber(%q) = %v, %v", s, x, ok)
		}
	}
	for _, s := range []string{"", "%", "0x1F", "1_000", "007", "inf", "NaN", "1e999", "5 %", "--1", "."} {
		if x, _, ok := ParseNumber(s); ok {
			t.Errorf("ParseNumber(%q) = %v", s, x)
		}
	}
	for _, x := range []float64{0, 1, 0.3, 0.314, 0.0725, 0.1 + 0.2, 1.0 / 3, 12.5, -0.07, 0.005} {
		if got, percent, ok := ParseNumber(FormatPercent(x)); !ok || !percent || got != x {
			t.Errorf("FormatPercent(%v) = %s reads back as %v", x, FormatPercent(x), got)
		}
	}
}

const editable = "# head\r\nlist: # which\r\n  - name: é   # old note\r\n    weight: 30%\r\n  - {name: 'b', weight: \"0.7\"}\r\ntail: |\r\n  weight: 30%\r\n"

func TestEditKeepsEveryOtherByte(t *testing.T) {
	n, err := Parse("x.yaml", []byte(editable))
	if err != nil {
		t.Fatal(err)
	}
	list := n.Field("list")
	first, second := list.entries[0], list.entries[1]
	if c := first.Field("name").Comment(); c != "old note" {
		t.Errorf("comment %q", c)
	}
	got, err := n.Edited(
		Edit{At: list, Above: []string{"why", "", "two\nlines"}},
		Edit{At: first.Field("name"), Beside: "new note"},
		Edit{At: first.Field("weight"), Text: "31%", Beside: "was 30%", Above: []string{"deeper"}},
		Edit{At: second.Field("weight"), Text: "69%"},
	)
	if err != nil {
		t.Fatal(err)
	}
	want := "# head\r\n# why\r\n#\r\n# two lines\r\nlist: # which\r\n  - name: é   # new note\r\n    # deeper\r\n    weight: 31%  # was 30%\r\n  - {name: 'b', weight: 69%}\r\ntail: |\r\n  weight: 30%\r\n"
	if string(got) != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestEditRefusesWhatItCannotKeep(t *testing.T) {
	src := "a: {x: 1, y: \"two\n  lines\"}\nb: c\n  d\ne: 1\n"
	n, err := Parse("x.yaml", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	a := n.Field("a")
	for name, e := range map[string][]Edit{
		"comment into a quoted text": {{At: a.Field("x"), Beside: "note"}},
		"scalar over two lines":      {{At: n.Field("b"), Text: "z"}},
		"map as a scalar":            {{At: a, Text: "z"}},
		"twice the same":             {{At: n.Field("e"), Text: "2"}, {At: n.Field("e"), Text: "3"}},
		"text that is more":          {{At: n.Field("e"), Text: "2\nf: 3"}},
		"absent":                     {{At: n.Field("zz"), Text: "2"}},
		"text with a comment":        {{At: n.Field("e"), Text: "2 # x"}},
	} {
		if out, err := n.Edited(e...); err == nil {
			t.Errorf("%s: accepted, %q", name, out)
		}
	}
}

// Bytes made to be slow or deep end quickly.
func TestHostileInputIsBounded(t *testing.T) {
	for name, src := range map[string]string{
		"brackets":  strings.Repeat("[", 300_000),
		"braces":    strings.Repeat("{a: ", 100_000),
		"dashes":    strings.Repeat("- ", 300_000),
		"colons":    strings.Repeat("a: ", 100_000),
		"questions": strings.Repeat("? ", 300_000),
		"tags":      strings.Repeat("!a ", 100_000),
		"anchors":   strings.Repeat("&a ", 100_000),
		"quote":     "a: \"" + strings.Repeat("x", 900_000),
		"plain":     "a: " + strings.Repeat("x\n ", 100_000),
		"literal":   "a: |\n" + strings.Repeat("  x\n", 100_000),
		"entries":   strings.Repeat("- 1\n", 50_000),
		"numbers":   "tags: [" + strings.Repeat("1,", 100_000) + "1]",
		"flow":      "[" + strings.Repeat("1,", 100_000) + "1]",
		"newlines":  strings.Repeat("\n", 1_000_000),
		"comments":  strings.Repeat("#\n", 200_000),
		"spaces":    strings.Repeat(" ", 1_000_000),
		"too big":   strings.Repeat("a", MaxBytes+1),
		"staircase": staircase(500),
	} {
		begin := time.Now()
		n, err := Parse("x.yaml", []byte(src))
		if err == nil {
			read(n)
		}
		if d := time.Since(begin); d > 3*time.Second {
			t.Errorf("%s: %v", name, d)
		} else {
			t.Logf("%s: %v", name, d)
		}
	}
}

func staircase(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{editable, "a: 1\n", "- 1\n- {b: [c, 'd']}\n", "a: |\n  b\n", "a: >-\n  b\n c", "? a\n: b\n", "a: &x 1\nb: *x\n", "\"a\": 'b''c'\n#", "a: b\n  c\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		n, err := Parse("x.yaml", src)
		if err != nil {
			return
		}
		read(n)
		_ = n.Err()
		if out, err := n.Edited(); err != nil || string(out) != string(src) {
			t.Fatalf("no edit changed the file: %v", err)
		}
	})
}

// What a reader looked for, and what the file holds, can be told afterwards.
func TestAskedAndValue(t *testing.T) {
	n, err := Parse("x.yaml", []byte("name: a\nlimit: 70%\ncount: 3\non: true\nnone:\nquoted: \"3\"\nlist: [1, x]\n"))
	if err != nil {
		t.Fatal(err)
	}
	n.Need("name").Enum("a", "b")
	n.Field("gone")
	n.Field("name")
	if got := fmt.Sprint(n.Asked(), n.Field("name").Allowed(), n.Field("list").Allowed()); got != "[name gone] [a b] []" {
		t.Error(got)
	}
	if got := fmt.Sprintf("%#v", n.Value()); got != `map[string]interface {}{"count":3, "limit":"70%", "list":[]interface {}{1, "x"}, "name":"a", "none":interface {}(nil), "on":true, "quoted":"3"}` {
		t.Error(got)
	}
}
