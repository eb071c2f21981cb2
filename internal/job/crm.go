package job

import (
	"context"
	"io"
	"math"
	"slices"
	"strings"

	"accounthealth/internal/crm"
	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/plan"
	"accounthealth/internal/portfolio"
	"accounthealth/internal/publish"
)

// CRMChanges is what a CRM must load since an earlier run.
type CRMChanges struct {
	Rows []crm.Row
	// Against is the day of the run compared with; portfolio.NoDay for every row.
	Against        int32
	All, New, Gone int
}

// CRM returns the rows for a CRM. since is a day, or portfolio.NoDay for every
// row: then only those that changed since the newest run published not after it,
// and the accounts that are no customers any more. system is one whose field
// names are used, "" for the framework's.
func (r *Result) CRM(ctx context.Context, system string, since int32) (*plan.Plan, *CRMChanges, error) {
	p := *r.Job.Framework.Plan
	if system != "" {
		names := framework.CRMFor(system)
		p.CRM = &names
	}
	out := &CRMChanges{Against: portfolio.NoDay}
	var before map[string]string
	if since != portfolio.NoDay {
		earlier, err := r.Job.newest(ctx, math.MinInt32, min(since+1, r.Job.AsOf))
		if err != nil {
			return nil, nil, err
		}
		if earlier == nil || earlier.Manifest.Output(publish.CRMFile) == nil {
			return nil, nil, diag.Errorf(diag.Config, "--changed-since "+day.Format(since), "publish a run of that day or an earlier one first, or load every row once without the flag",
				"no run with a %s was published on or before it", publish.CRMFile)
		}
		out.Against = earlier.AsOf
		table, err := earlier.file(ctx, r.Job.Files, publish.CRMFile)
		if err != nil {
			return nil, nil, err
		}
		if before, err = publish.ReadCRM(ctx, r.Job.Files, table); err != nil {
			return nil, nil, err
		}
	}
	// Digests do not depend on what the CRM calls its fields.
	var a portfolio.AccountRow
	for i := range r.Rows.Len() {
		r.Rows.Row(i, &a)
		row := crm.Of(&p, r.Job.AsOf, &a)
		out.All++
		digest, known := before[row.ID]
		delete(before, row.ID)
		if known && digest == row.Digest {
			continue
		}
		if !known {
			out.New++
		}
		out.Rows = append(out.Rows, row)
	}
	var gone []string
	for id := range before {
		gone = append(gone, id)
	}
	slices.SortFunc(gone, strings.Compare)
	now, _ := r.Scores.At(r.Job.AsOf)
	for _, id := range gone {
		class, crmID := "no longer in accounts", ""
		if i := r.Data.Table.Lookup(id); i >= 0 {
			class, crmID = now.View.Class[i].String(), r.Data.Table.CRMID[i]
		}
		out.Gone++
		out.Rows = append(out.Rows, crm.Gone(&p, r.Job.AsOf, id, crmID, class))
	}
	return &p, out, nil
}

// WriteCRM writes the rows as CSV.
func WriteCRM(w io.Writer, p *plan.Plan, c *CRMChanges) error {
	return crm.CSV(w, p, slices.Values(c.Rows))
}
