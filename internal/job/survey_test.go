package job

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"accounthealth/internal/store"
)

func TestTablePaths(t *testing.T) {
	for _, c := range []struct {
		name        string
		files, want []string
	}{
		{"one wide file", []string{"customers.parquet"}, []string{"customers.parquet"}},
		{"files beside each other", []string{"accounts.parquet", "notes.txt", "nps.csv", "usage.parquet"}, []string{"accounts.parquet", "nps.csv", "usage.parquet"}},
		{"a folder of parts", []string{"nps/part-00000.snappy.parquet", "nps/part-00001.snappy.parquet"}, []string{"nps"}},
		{"a folder with one part", []string{"nps/part-00000-8d1f.c000.parquet"}, []string{"nps"}},
		{"parts without an extension", []string{"nps/000000_0", "nps/000001_0"}, []string{"nps"}},
		{"partitions", []string{"usage/month=2026-05/part-0.parquet", "usage/month=2026-06/part-0.parquet"}, []string{"usage"}},
		{"partitions of several files", []string{"tickets/dt=2026-05-31/a.parquet", "tickets/dt=2026-05-31/b.parquet", "tickets/dt=2026-06-30/a.parquet"}, []string{"tickets"}},
		{"one partition", []string{"tickets/dt=2026-05-31/a.parquet"}, []string{"tickets"}},
		{"parts in the root", []string{"data_0_0_0.snappy.parquet", "data_0_1_0.snappy.parquet"}, []string{"data*"}},
		{"a folder of tables", []string{"stripe/customers.parquet", "stripe/invoices.parquet"}, []string{"stripe/customers.parquet", "stripe/invoices.parquet"}},
		{"a folder of folders", []string{"crm/accounts/part-0.parquet", "crm/contacts/part-0.parquet"}, []string{"crm/accounts", "crm/contacts"}},
		{"what a run wrote", []string{"customers.parquet", "history/as_of=2026-06-30/run=ab/snapshot.parquet", "out/2026-06-30/scores.parquet"}, []string{"customers.parquet"}},
		{"a table above another", []string{"crm/part-0.parquet", "crm/part-1.parquet", "crm/old/part-0.parquet"}, []string{"crm/part*", "crm/old"}},
	} {
		var files []store.File
		for _, f := range c.files {
			files = append(files, store.File{Path: f})
		}
		if d := cmp.Diff(c.want, tablePaths(files)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}
