package framework

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/yamlfile"
)

// Accepted is one version of a framework that a person accepted: an entry of its
// change log.
type Accepted struct {
	Version   int
	Effective int32    // the first as-of date that it is in force for
	On        int32    // when it was accepted
	Author    string   // who accepted it
	Why       string   // in words; may be empty
	Evidence  string   // SHA-256 of calibration.json or judgement.json; "" for none
	Before    string   // the file of the version before, beside the framework
	Changes   []string // what changed, one line each
}

// ChangesFile names the change log beside a framework file: framework.changes.yaml
// for framework.yaml.
func ChangesFile(file string) string { return sibling(file, ".changes") }

// VersionFile names where a version of a framework file is kept once another one
// has taken its place: framework.v3.yaml for framework.yaml.
func VersionFile(file string, version int) string { return sibling(file, fmt.Sprintf(".v%d", version)) }

func sibling(file, suffix string) string {
	ext := path.Ext(file)
	if ext != ".yaml" && ext != ".yml" {
		return file + suffix + ".yaml"
	}
	return strings.TrimSuffix(file, ext) + suffix + ext
}

// ReadChanges reads a change log, newest entry first. The error joins every problem
// with its place.
func ReadChanges(name string, src []byte) ([]Accepted, error) {
	root, err := yamlfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	root.Need("version").Int(1, 1)
	var out []Accepted
	for _, n := range root.Need("changes").Items() {
		a := Accepted{
			Version: n.Need("version").Int(1, 1_000_000), Effective: n.Need("effective").Date(), On: n.Need("accepted").Date(),
			Author: n.Need("author").Text(), Before: n.Need("before").Text(),
		}
		if f := n.Field("why"); f.Present() {
			a.Why = f.Text()
		}
		if f := n.Field("evidence"); f.Present() {
			a.Evidence = f.Text()
		}
		if f := n.Field("changes"); f.Present() {
			a.Changes = f.Texts()
		}
		if len(out) > 0 && a.Version >= out[len(out)-1].Version {
			n.Problem("put the newest version first", "version %d stands below version %d", a.Version, out[len(out)-1].Version)
		}
		if len(out) > 0 && a.Effective > out[len(out)-1].Effective {
			n.Problem("let a version come into force no later than the one above it", "version %d would come into force after version %d", a.Version, out[len(out)-1].Version)
		}
		n.Done()
		out = append(out, a)
	}
	root.Done()
	return out, root.Err()
}

// changesHead opens a change log.
const changesHead = `# Which version of the framework was accepted when, by whom and on what evidence,
# newest first. Written by: accounthealth framework apply. A run takes the newest
# version that is in force on its as-of date.
version: 1
changes:
`

// AddChange returns a change log with an entry put first, every other byte as it
// was; src is nil for a new one.
func AddChange(name string, src []byte, a Accepted) ([]byte, error) {
	if src == nil {
		src = []byte(changesHead)
	} else if _, err := ReadChanges(name, src); err != nil {
		return nil, err
	}
	at := bytes.Index(src, []byte("\nchanges:\n"))
	if at < 0 {
		return nil, diag.Errorf(diag.Config, name, "write changes: on a line of its own, its entries below", "the change log has no list of changes to add to")
	}
	at += len("\nchanges:\n")
	var b bytes.Buffer
	b.Write(src[:at])
	fmt.Fprintf(&b, "- version: %d\n  effective: %s\n  accepted: %s\n  author: %s\n", a.Version, day.Format(a.Effective), day.Format(a.On), quote(a.Author))
	if a.Why != "" {
		fmt.Fprintf(&b, "  why: %s\n", quote(a.Why))
	}
	if a.Evidence != "" {
		fmt.Fprintf(&b, "  evidence: %s\n", quote(a.Evidence))
	}
	fmt.Fprintf(&b, "  before: %s\n", quote(a.Before))
	if len(a.Changes) > 0 {
		b.WriteString("  changes:\n")
		for _, c := range a.Changes {
			fmt.Fprintf(&b, "  - %s\n", quote(c))
		}
	}
	b.Write(src[at:])
	_, err := ReadChanges(name, b.Bytes())
	return b.Bytes(), err
}

// quote writes a text as a double-quoted YAML scalar on one line.
func quote(s string) string { return strconv.Quote(strings.Join(strings.Fields(s), " ")) }
