package sample

import (
	"fmt"
	"strings"

	"accounthealth/internal/day"
	"accounthealth/internal/source"
)

// HealthYAML is the settings file that fits the exports of the same options. It
// belongs beside the folder "exports" that Generate's files are written to. The
// error is that of options which Generate refuses too.
func HealthYAML(opt Options) ([]byte, error) {
	opt = opt.withDefaults()
	if err := opt.validate(); err != nil {
		return nil, err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Settings for the sample warehouse. Paths are relative to this file.
version: 1

exports: exports              # the folder that source paths are relative to
framework: account-health     # a shipped framework by name, or a file of your own
as_of: %s             # the day to score; leave it out to score yesterday
time_zone: UTC                # days begin and end here
currency: USD                 # the reporting currency
out: out
history: history

# A source that is not listed is not collected. Under columns, the canonical name
# comes first and the warehouse's own second; case does not matter.
sources:
`, day.Format(opt.End))
	list := everyExport()
	for _, contract := range source.All() {
		for i := range list {
			if list[i].name == contract.Name {
				list[i].describe(&b, contract.Layout)
			}
		}
	}
	b.WriteString(`
population:
  onboarding_days: 90         # younger accounts are scored apart
  out_stages: [trial, free, internal, test]
  notice_days: 60             # where no notice period is stated

calibration:
  gap_days: 14                # losses this soon after a snapshot come too late to act on
  complete_after_days: 30     # losses are on record this many days after the decision
  sampling: auto              # or calendar, renewal: judge every quarter-end, or renewal decisions
  quarters: 8                 # quarters rebuilt
  events: logo                # logo_and_partial: the loss of a part of an account is an event too,
  partial_from: 20%           # from this share of its ARR on
  bootstrap: 1000
  seed: 1

history_months: 13            # month-ends rebuilt

limits:                       # share of a source's rows beyond which the run refuses to publish
  duplicates: 0.02
  orphans: 0.05
  invalid: 0.05
`)
	return []byte(b.String()), nil
}

// describe writes the source's entry; the layout is spelt out where a copy is
// overwritten, since that decides what a past date may know.
func (x *export) describe(b *strings.Builder, layout source.Layout) {
	if x.note != "" {
		fmt.Fprintf(b, "  # %s\n", x.note)
	}
	fmt.Fprintf(b, "  %s:\n    path: %s\n", x.name, x.name)
	if layout == source.Current {
		fmt.Fprintf(b, "    layout: %s\n", layout)
	}
	if len(x.columns) > 0 {
		b.WriteString("    columns:\n")
		for _, c := range x.columns {
			fmt.Fprintf(b, "      %s: %s\n", c[0], c[1])
		}
	}
}
