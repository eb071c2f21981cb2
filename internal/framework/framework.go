// Package framework reads a scoring framework, a commented YAML file that an
// analyst edits, and compiles it to a plan. It refuses, with every problem at
// once and its line and column: unknown keys, sources and columns; ladders that
// leave a gap or overlap; weights that do not sum to 1; signals without a
// pillar; plays without an owner; bands that do not reach down to 0.
//
// It is the first step of a run. Packages behind it see the plan only; the file
// itself matters to Suggest alone, which writes new weights into a copy of it.
package framework

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"

	"accounthealth/internal/diag"
	"accounthealth/internal/plan"
	"accounthealth/internal/source"
	"accounthealth/internal/yamlfile"
)

// Framework is a compiled framework together with its file.
type Framework struct {
	Plan        *plan.Plan
	Name        string // of the framework, as Plan.Name
	Description string
	// Source is the file's bytes, exactly as read.
	Source []byte
	// Sources are the contracts that the framework declares itself, in file
	// order, and those of canonical sources that it adds columns to. They stand
	// in for source.Find; see Contract.
	Sources []source.Contract

	// Audit holds the thresholds of the source audit, the defaults where the file
	// has none.
	Audit Audit
	// Accuracy holds what is asked of the score's accuracy, likewise.
	Accuracy Accuracy

	// Own says what each of Plan.Rules sets itself, by rules; the base sets
	// everything.
	Own []Own
}

// Own says what one override sets; everything else is inherited.
type Own struct {
	Weights       bool
	Ladders       []bool // by signal
	NotApplicable []bool // by signal
	Bands         []bool // by band
	Trend         bool
	Caps          []string // set, replaced or switched off
}

// Load reads and compiles a framework file. name appears in messages. The error
// joins every problem as a diag.Error of class Config, in file order.
func Load(name string, src []byte) (*Framework, error) {
	root, err := yamlfile.Parse(name, src)
	if err != nil {
		return nil, err
	}
	c := compiler{fw: newFramework(src)}
	c.compile(root)
	if err := root.Err(); err != nil {
		return nil, err
	}
	digest := sha256.Sum256(src)
	c.fw.Plan.Digest = hex.EncodeToString(digest[:])
	return c.fw, nil
}

func newFramework(src []byte) *Framework {
	return &Framework{Plan: &plan.Plan{}, Source: slices.Clone(src)}
}

// Contract returns the contract of a source as this framework sees it: its own,
// else the canonical one, else nil.
func (f *Framework) Contract(name string) *source.Contract {
	for i := range f.Sources {
		if f.Sources[i].Name == name {
			return &f.Sources[i]
		}
	}
	return source.Find(name)
}

//go:embed shipped
var shipped embed.FS

// The shipped frameworks.
const (
	Default   = "account-health" // the default
	Literal   = "literal"        // the default's tables on literal sums, clamped to 0..100
	Extended  = "extended"       // the default with six more credits
	Scorecard = "scorecard"      // nine targets, three statuses
)

// Names lists the shipped frameworks, the default first.
func Names() []string { return []string{Default, Literal, Extended, Scorecard} }

// Shipped returns a framework that comes with the program.
func Shipped(name string) (*Framework, error) {
	src, err := ShippedSource(name)
	if err != nil {
		return nil, err
	}
	return Load(name+".yaml", src)
}

// ShippedSource returns the file of a shipped framework, to start one's own from.
func ShippedSource(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, diag.Errorf(diag.Config, "framework", yamlfile.Near(name, Names()), "no framework called %q ships with the program", name)
	}
	if name != Literal {
		return shipped.ReadFile("shipped/" + name + ".yaml")
	}
	// One file holds the tables of both, so that they cannot drift apart.
	src, err := shipped.ReadFile("shipped/" + Default + ".yaml")
	if err != nil {
		return nil, err
	}
	root, err := yamlfile.Parse(name+".yaml", src)
	if err != nil {
		return nil, err
	}
	return root.Edited(
		yamlfile.Edit{At: root.Field("framework"), Text: Literal},
		yamlfile.Edit{At: root.Field("scale"), Text: "clamp"},
		yamlfile.Edit{At: root.Field("description"), Text: `"The default's tables read literally: points are summed and clamped to 0..100. For comparison."`},
	)
}

// ShippedCases returns the cases that come with a shipped framework: accounts
// with known results, in the form that package form reads.
func ShippedCases(name string) ([]byte, error) {
	if !slices.Contains(Names(), name) {
		return nil, diag.Errorf(diag.Config, "framework", yamlfile.Near(name, Names()), "no framework called %q ships with the program", name)
	}
	return shipped.ReadFile("shipped/" + name + ".cases.yaml")
}

// WithWeights returns a copy of the framework whose pillars weigh w, by pillar
// in file order. Rules that set no weights of their own follow. w must be
// finite, not negative, and sum to 1 within 0.005; it is normalised. The copy
// shares everything else, has a digest of its own, and its Source still shows
// the file's weights.
func (f *Framework) WithWeights(w []float64) (*Framework, error) {
	normal, err := f.acceptWeights(w)
	if err != nil {
		return nil, err
	}
	p := *f.Plan
	p.Rules = slices.Clone(p.Rules)
	for i := range p.Rules {
		if i == 0 || !f.Own[i].Weights {
			p.Rules[i].Weights = slices.Clone(normal)
		}
	}
	text := p.Digest
	for _, x := range normal {
		text += " " + strconv.FormatFloat(x, 'g', -1, 64)
	}
	digest := sha256.Sum256([]byte(text))
	p.Digest = hex.EncodeToString(digest[:])
	g := *f
	g.Plan = &p
	return &g, nil
}

// WithCutoffs returns a copy of the framework whose bands begin at other whole
// scores: one for every band but the last, best first. Rules that set no bands of
// their own follow. The copy shares everything else, has a digest of its own, and
// its Source still shows the file's cut-offs.
func (f *Framework) WithCutoffs(cutoffs []int) (*Framework, error) {
	if err := f.acceptCutoffs(cutoffs); err != nil {
		return nil, err
	}
	p := *f.Plan
	p.Rules = slices.Clone(p.Rules)
	text := p.Digest + " cut-offs"
	for i := range p.Rules {
		own := i > 0 && slices.Contains(f.Own[i].Bands, true)
		if own {
			continue
		}
		p.Rules[i].Bands = slices.Clone(p.Rules[i].Bands)
		for k, cut := range cutoffs {
			p.Rules[i].Bands[k].Min = cut
		}
	}
	for _, cut := range cutoffs {
		text += " " + strconv.Itoa(cut)
	}
	digest := sha256.Sum256([]byte(text))
	p.Digest = hex.EncodeToString(digest[:])
	g := *f
	g.Plan = &p
	return &g, nil
}

func (f *Framework) acceptCutoffs(cutoffs []int) error {
	bands := f.Plan.Rules[0].Bands
	fix := fmt.Sprintf("give %d falling whole scores from 99 to 1, best status first", len(bands)-1)
	if len(cutoffs) != len(bands)-1 {
		return diag.Errorf(diag.Config, "cut-offs", fix, "%d cut-offs for %d statuses", len(cutoffs), len(bands))
	}
	for k, cut := range cutoffs {
		if cut < 1 || cut > 99 || k > 0 && cut >= cutoffs[k-1] {
			return diag.Errorf(diag.Config, "cut-offs", fix, "%s would begin at %d", bands[k].Name, cut)
		}
	}
	return nil
}

func (f *Framework) acceptWeights(w []float64) ([]float64, error) {
	const fix = "give one weight per pillar, summing to 1"
	if len(w) != len(f.Plan.Pillars) {
		return nil, diag.Errorf(diag.Config, "weights", fix, "%d weights for %d pillars", len(w), len(f.Plan.Pillars))
	}
	for i, x := range w {
		if math.IsNaN(x) || x < 0 || x > 1 {
			return nil, diag.Errorf(diag.Config, "weights", fix, "the weight of %s is %v", f.Plan.Pillars[i].Name, x)
		}
	}
	normal, sum, ok := normalise(w)
	if !ok {
		return nil, diag.Errorf(diag.Config, "weights", fix, "the weights sum to %s", formatSum(sum))
	}
	return normal, nil
}

// normalise divides weights by their sum when that is within 0.005 of 1.
func normalise(w []float64) (normal []float64, sum float64, ok bool) {
	for _, x := range w {
		sum += x
	}
	normal = slices.Clone(w)
	if !(math.Abs(sum-1) <= 0.005+1e-9) {
		return normal, sum, false
	}
	if math.Abs(sum-1) > 1e-12 { // else the weights as written are the better numbers
		for i := range normal {
			normal[i] /= sum
		}
	}
	return normal, sum, true
}

func formatSum(sum float64) string { return fmt.Sprintf("%.4g", sum) }
