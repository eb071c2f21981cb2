package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/framework"
)

func newFrameworkShow(env *Env) *cobra.Command {
	var segment, tier string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "show [FILE]",
		Short: "Show the weights, ladders and statuses that apply to a segment or tier",
		Long: `Show prints a framework as it applies to the accounts of a segment and a tier,
overrides resolved. What the override inherits is marked. Without --segment and
--tier it shows the base, which applies to every account that no override names.`,
		Example: `  accounthealth framework show
  accounthealth framework show framework.yaml --segment Enterprise
  accounthealth framework show --json`,
		Args: mostArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fw, err := loadFramework(cmd.Context(), env, named(args))
			if err != nil {
				return err
			}
			r := fw.Resolve(segment, tier)
			if asJSON {
				return printJSON(env.Out, r)
			}
			show(env.Out, r)
			return nil
		},
	}
	f := cmd.Flags()
	f.StringVar(&segment, "segment", "", "the accounts' `segment`")
	f.StringVar(&tier, "tier", "", "the accounts' `tier`")
	f.BoolVar(&asJSON, "json", false, "print the resolved framework as JSON")
	return cmd
}

func show(w io.Writer, r framework.Resolved) {
	mark := func(inherited bool) string {
		if inherited {
			return "inherited"
		}
		return ""
	}
	fmt.Fprintf(w, "%s version %d: %s\n", r.Framework, r.Version, r.Description)
	fmt.Fprintf(w, "sha256 %s\n", r.Digest)
	if r.Override == "" {
		fmt.Fprintln(w, "applies to every account that no override names")
	} else {
		fmt.Fprintf(w, "override %s: %s\n", r.Override, scope(r.Segments, r.Tiers))
	}
	fmt.Fprintf(w, "high is healthy; scale %s; scored from %g%% known, best statuses from %g%%\n", r.Scale, r.ScoredFrom*100, r.HealthyFrom*100)
	t := table(w)
	fmt.Fprintf(t, "\nstatus\tfrom\tcolour\taction\t\t\n")
	for _, b := range r.Statuses {
		fmt.Fprintf(t, "%s\t%d\t%s\t%s\t%s\t\n", b.Name, b.From, b.Colour, b.Action, mark(b.Inherited))
	}
	fmt.Fprintf(t, "\ntrend\tpoints\t\t\n")
	fmt.Fprintf(t, "Improving, Declining\tfrom %g\t%s\t\n", r.Trend.Improving, mark(r.Trend.Inherited))
	fmt.Fprintf(t, "Stable\tup to %g\t%s\t\n", r.Trend.Stable, mark(r.Trend.Inherited))
	fmt.Fprintf(t, "\npillar\tweight\tquestion\t\t\n")
	for _, p := range r.Pillars {
		fmt.Fprintf(t, "%s\t%.4g%%\t%s\t%s\t\n", p.Name, p.Weight*100, p.Question, mark(p.Inherited))
	}
	t.Flush()
	if len(r.Caps) > 0 {
		fmt.Fprintln(w, "\ncaps")
		t = table(w)
		for _, c := range r.Caps {
			fmt.Fprintf(t, "  %s\t%s\t%s\t\n", c.Name, c.Rule, mark(c.Inherited))
		}
		t.Flush()
	}
	t = table(w)
	fmt.Fprintf(t, "\nsignal\tpillar\tkind\tcategory\trow\tpoints\trisk\t\t\n")
	for _, s := range r.Signals {
		if !s.Applies {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\tdoes not apply\t\t\t\t\n", s.Name, s.Pillar, s.Kind, s.Category)
			continue
		}
		for i, row := range s.Rows {
			name, pillar, kind, category := s.Name, s.Pillar, s.Kind, s.Category
			if i > 0 {
				name, pillar, kind, category = "", "", "", ""
			}
			points := fmt.Sprintf("%+g", row.Points)
			if s.Kind == "flag" {
				points = ""
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", name, pillar, kind, category, row.When, points, row.Severity, mark(s.Inherited))
		}
	}
	t.Flush()
	if len(r.Others) > 0 {
		fmt.Fprintln(w, "\noverrides, of which the first that matches counts")
		for _, o := range r.Others {
			fmt.Fprintf(w, "  %s: %s\n", o.Name, scope(o.Segments, o.Tiers))
		}
	}
}

// scope says which accounts an override names.
func scope(segments, tiers []string) string {
	var parts []string
	if len(segments) > 0 {
		parts = append(parts, "segment "+strings.Join(segments, ", "))
	}
	if len(tiers) > 0 {
		parts = append(parts, "tier "+strings.Join(tiers, ", "))
	}
	return strings.Join(parts, "; ")
}
