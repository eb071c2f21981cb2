package mapping

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"accounthealth/internal/source"
)

// HealthYAML prints a mapping as a commented health.yaml. It is the same for the
// same mapping, and settings.Parse accepts it whenever an accounts table was
// found; without one the sources are comments to fill in. Columns that the files
// already call by their canonical names are not repeated unless they need a check.
func HealthYAML(m *Mapping, opt Options) []byte {
	w := &yamlWriter{}
	w.line("# Settings for accounthealth, guessed from %s in %s.", plural(m.Tables, "table"), comment(opt.exports()))
	if n := m.Checks(); n > 0 {
		w.line("# %s marked \"check:\" below. Correct what is wrong, then delete the comment.", plural(n, "doubtful guess"))
	}
	w.line("# Every other setting has a default; see the manual.")
	w.line("version: 1")
	w.line("exports: %s", scalar(opt.exports()))
	w.line("framework: %s", scalar(opt.framework()))
	w.line("")
	w.line("# canonical column: column of the file; columns with the canonical name already are left out.")
	w.line("sources:")
	if m.Source("accounts") == nil {
		w.line("  # No accounts table was found, and every run needs one. Fill in:")
		w.line("  # accounts:")
		w.line("  #   path: FILL IN          # a file or folder with one row an account")
		w.line("  #   columns:")
		w.line("  #     account_id: FILL IN  # %s", accountHelp())
		w.line("")
	}
	for i := range m.Sources {
		w.source(&m.Sources[i])
		w.line("")
	}
	w.absent(m)
	w.churn(m)
	for _, u := range m.Unused {
		w.line("# Not used: %s %s.", comment(u.Path), comment(u.Why))
	}
	return append(bytes.TrimRight(w.Bytes(), "\n"), '\n')
}

type yamlWriter struct{ bytes.Buffer }

func (w *yamlWriter) line(format string, args ...any) {
	fmt.Fprintf(&w.Buffer, format, args...)
	w.WriteByte('\n')
}

func (w *yamlWriter) source(s *Source) {
	lead := "  "
	if !s.Usable {
		lead = "  # "
		w.line("  # %s cannot be used yet: a column that it needs was not found. Fill in, then remove the #:", s.Name)
	}
	head := lead + s.Name + ":"
	if s.Rows > 0 {
		head += "  # " + thousands(s.Rows) + " rows; " + comment(strings.Join(s.Reasons, "; "))
	}
	w.line("%s", head)
	pathLine := lead + "  path: " + scalar(s.Path)
	if s.Check != "" {
		pathLine += "  # check: " + comment(s.Check)
	}
	w.line("%s", pathLine)
	w.line("%s  layout: %s", lead, s.Layout)

	var keys, notes []string
	for _, p := range s.Columns {
		if p.Canonical == p.Column && p.Check == "" {
			continue
		}
		note := ""
		if p.Check != "" {
			note = "check: " + p.Check
			if p.NextBest != "" {
				note += " (next best: " + p.NextBest + ")"
			}
		}
		keys, notes = append(keys, p.Canonical+": "+scalar(p.Column)), append(notes, note)
	}
	for _, u := range s.Unfound {
		if u.Required && !s.Usable {
			keys, notes = append(keys, u.Canonical+": FILL IN"), append(notes, "required: "+u.Help)
		}
	}
	if len(keys) > 0 {
		w.line("%s  columns:", lead)
		width := 0
		for _, k := range keys {
			width = max(width, min(len(k), 48))
		}
		for i, k := range keys {
			if notes[i] != "" {
				k = fmt.Sprintf("%-*s  # %s", width, k, comment(notes[i]))
			}
			w.line("%s    %s", lead, k)
		}
	}
	for _, n := range s.Near {
		w.line("    # not mapped: %s as %s: it %s", comment(n.Column), n.Canonical, comment(n.Why))
	}
	for _, u := range s.Unfound {
		if !u.Required || s.Usable {
			w.line("    # not found: %s (%s)", u.Canonical, u.Help)
		}
	}
}

// absent names the sources that no table was found for and that a signal reads.
func (w *yamlWriter) absent(m *Mapping) {
	for _, name := range m.Absent {
		gives := m.wouldGive(name)
		if len(gives) == 0 || name == "churn" {
			continue
		}
		w.line("  # No table was found for %s, which would give %s:", name, strings.Join(gives, ", "))
		w.line("  # %s: {path: FILL IN}  # columns: %s", name, columnList(name))
	}
}

func (w *yamlWriter) churn(m *Mapping) {
	if m.Churn.Found || m.Source("churn") != nil {
		w.line("")
		return
	}
	w.line("  # No table of lost accounts was found. Scores need none; calibration does:")
	w.line("  # churn:")
	w.line("  #   path: FILL IN")
	w.line("  #   columns:")
	for _, n := range m.Churn.Needs {
		need := "required"
		if !n.Required {
			need = "optional"
		}
		w.line("  #     %s: FILL IN  # %s: %s", n.Canonical, need, n.Help)
	}
	for _, h := range m.Churn.Hints {
		w.line("  # %s", comment(h))
	}
	w.line("")
}

// wouldGive lists the signals that cannot be computed and read a source.
func (m *Mapping) wouldGive(name string) []string {
	var out []string
	for _, s := range m.Signals {
		if !s.Computable && strings.Contains(s.From, name+".") {
			out = append(out, s.Name)
		}
	}
	return out
}

func columnList(name string) string {
	var out []string
	for _, c := range source.Find(name).Columns {
		out = append(out, c.Name)
	}
	return strings.Join(out, ", ")
}

func accountHelp() string {
	c, _ := source.Find("accounts").Column("account_id")
	return c.Help
}

// scalar quotes a YAML value unless it is certainly plain text.
func scalar(s string) string {
	plain := s != "" && (s[0] >= 'a' && s[0] <= 'z' || s[0] >= 'A' && s[0] <= 'Z')
	for _, r := range s {
		plain = plain && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-./", r))
	}
	switch strings.ToLower(s) {
	case "true", "false", "yes", "no", "on", "off", "y", "n", "null":
		plain = false
	}
	if plain {
		return s
	}
	return strconv.Quote(s)
}

// comment makes text safe on a comment line: one line, printable.
func comment(s string) string {
	return strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	if strings.HasSuffix(what, "ss") {
		return thousands(int64(n)) + " " + what + "es"
	}
	return thousands(int64(n)) + " " + what + "s"
}

func thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
