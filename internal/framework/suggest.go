package framework

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"accounthealth/internal/diag"
	"accounthealth/internal/yamlfile"
)

// oldNote is a note about a former weight, written by an earlier suggestion.
var oldNote = regexp.MustCompile(`;? *was [0-9.]+%?$`)

// Proposal is what a suggested version changes.
type Proposal struct {
	Weights []float64 // by pillar in file order; nil keeps them
	Cutoffs []int     // lowest score of every band but the last, best first; nil keeps them
	Why     []string  // lines above the pillars
}

// Suggest is Propose with other base weights alone.
func (f *Framework) Suggest(weights []float64, why []string) ([]byte, error) {
	return f.Propose(Proposal{Weights: weights, Why: why})
}

// Propose returns the framework's file with other base weights or cut-offs: the
// version is one higher, a comment block above the pillars gives the reasons, one
// line each, and every changed value has the former one beside it. Everything
// else, comments included, is as it was. Weights are written as they are given;
// round them first.
//
// The result is a valid framework, or an error is returned: weights that do not
// sum to 1 within 0.005, or an override of some weights that no longer sums to 1
// with the ones it inherits; cut-offs that do not fall.
func (f *Framework) Propose(p Proposal) ([]byte, error) {
	if p.Weights != nil {
		if _, err := f.acceptWeights(p.Weights); err != nil {
			return nil, err
		}
	}
	if p.Cutoffs != nil {
		if err := f.acceptCutoffs(p.Cutoffs); err != nil {
			return nil, err
		}
	}
	root, err := yamlfile.Parse(f.Name, f.Source)
	if err != nil {
		return nil, err
	}
	next := f.Plan.Version + 1
	pillars := root.Field("pillars")
	edits := []yamlfile.Edit{
		{At: root.Field("version"), Text: strconv.Itoa(next)},
		{At: pillars, Above: append([]string{fmt.Sprintf("Weights suggested for version %d; a person accepts them.", next)}, bullets(p.Why)...)},
	}
	change := func(at *yamlfile.Node, text, old string) {
		note := "was " + old
		if kept := oldNote.ReplaceAllString(at.Comment(), ""); kept != "" {
			note = kept + "; " + note
		}
		edits = append(edits, yamlfile.Edit{At: at, Text: text, Beside: note})
	}
	for i, pl := range f.Plan.Pillars {
		at := pillars.Field(pl.Name).Field("weight")
		if p.Weights == nil || at.Share(0, 1) == p.Weights[i] {
			continue
		}
		old, text := at.Word(), formatNumber(p.Weights[i], false)
		if strings.HasSuffix(old, "%") {
			text = yamlfile.FormatPercent(p.Weights[i])
		}
		change(at, text, old)
	}
	for i, cut := range p.Cutoffs {
		band := f.Plan.Rules[0].Bands[i]
		if band.Min != cut {
			change(root.Field("bands").Field(band.Name).Field("from"), strconv.Itoa(cut), strconv.Itoa(band.Min))
		}
	}
	out, err := root.Edited(edits...)
	if err != nil {
		return nil, &diag.Error{
			Class: diag.Config, Where: f.Name, What: "new weights cannot be written into the framework",
			Fix: "write each pillar and its weight on a line of its own", Cause: err,
		}
	}
	if _, err := Load(f.Name+".suggested.yaml", out); err != nil {
		return nil, err
	}
	return out, nil
}

func bullets(lines []string) []string {
	var out []string
	for _, l := range lines {
		out = append(out, "- "+l)
	}
	return out
}
