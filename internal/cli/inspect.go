package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/warehouse"
)

func newInspect(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect PATH",
		Short: "Say what Parquet files hold, as the job will see it",
		Long: `Inspect decodes every value of a file, a folder of part files, a glob or a
partitioned tree, and prints what is there: files, rows, and for each column its
type as written, the roles in which the job can read it, nulls, different values,
range, codec and encodings. A column that serves no role is named with the reason
and what to do.

With --json it prints one object: path, rows, partitions, files (path, bytes,
rows, row_groups, created_by, partitions) and columns (name, types, roles, rows,
nulls, distinct, distinct_capped, min, max, samples, codecs, encodings, problem,
advice). distinct stops at 10,000, where distinct_capped is true; min and max are
null where a column has no value, problem and advice where a role can read it.

It exits with 0 where everything was read, 3 where a file is damaged or refused,
and 2 where there is no such path.`,
		Example: `  accounthealth inspect exports/usage
  accounthealth inspect 'unload/data_0_*.parquet' --json`,
		Args: oneArg("path"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return inspect(cmd.Context(), env, args[0], asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the complete result as JSON")
	return cmd
}

func inspect(ctx context.Context, env *Env, path string, asJSON bool) error {
	files, err := env.connect(".")
	if err != nil {
		return err
	}
	d, err := warehouse.Describe(ctx, files, path)
	if err != nil {
		return err
	}
	if !asJSON {
		inspected(env.Out, d)
		return nil
	}
	e := json.NewEncoder(env.Out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(inspection(path, d))
}

// inspected prints a description for a terminal.
func inspected(w io.Writer, d *warehouse.Description) {
	t := table(w)
	fmt.Fprint(t, "file\trows\trow groups\tbytes\twritten by\t\n")
	for i := range d.Files {
		if f := &d.Files[i]; i < maxListed || len(d.Files) == maxListed+1 {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t\n", f.Path, whole(f.Rows), whole(int64(f.RowGroups)), whole(f.Size), orNone(f.CreatedBy))
		}
	}
	t.Flush()
	if more := len(d.Files) - maxListed; more > 1 {
		fmt.Fprintf(w, "and %s more files\n", whole(int64(more)))
	}
	fmt.Fprintf(w, "\nrows %s, files %s, columns %d\n\n", whole(d.Rows), whole(int64(len(d.Files))), len(d.Columns))
	fmt.Fprint(t, "column\ttype\treads as\tnulls\tdistinct\tfrom\tto\tstored as\t\n")
	for i := range d.Columns {
		c := &d.Columns[i]
		if c.Problem != "" {
			fmt.Fprintf(t, "%s\t%s\tnothing\t\t\t\t\t%s\t\n", c.Name, strings.Join(c.Types, "; "), stored(c))
			continue
		}
		distinct := whole(int64(c.Distinct))
		if c.Capped {
			distinct += " or more"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t\n", c.Name, strings.Join(c.Types, "; "), strings.Join(roles(c), ", "),
			whole(c.Nulls), distinct, brief(c.Min), brief(c.Max), stored(c))
	}
	t.Flush()
	problems(w, d.Columns)
}

// problems says what to do about the columns that serve no role, once for
// columns of one advice, such as the fields of a list.
func problems(w io.Writer, columns []warehouse.ColumnDescription) {
	said := map[string]bool{}
	for i := range columns {
		if c := &columns[i]; c.Problem != "" && !said[c.Fix] {
			if len(said) == 0 {
				fmt.Fprintln(w)
			}
			said[c.Fix] = true
			fmt.Fprintf(w, "column %s %s: %s\n", c.Name, c.Problem, c.Fix)
		}
	}
}

// maxListed is how many files a terminal is shown; the JSON has them all.
const maxListed = 20

// brief keeps a table narrow and on one line.
func brief(s string) string { return shorten(s, 28) }

func stored(c *warehouse.ColumnDescription) string {
	return strings.TrimSpace(strings.Join(c.Codecs, ", ") + " " + strings.Join(c.Encodings, ", "))
}

func roles(c *warehouse.ColumnDescription) []string {
	out := make([]string, len(c.Roles))
	for i, r := range c.Roles {
		out[i] = r.String()
	}
	return out
}

// The JSON of inspect. Its keys are stable and documented in the command's help.
type (
	inspectedPath struct {
		Version    int               `json:"schema_version"`
		Path       string            `json:"path"`
		Rows       int64             `json:"rows"`
		Partitions []string          `json:"partitions"`
		Files      []inspectedFile   `json:"files"`
		Columns    []inspectedColumn `json:"columns"`
	}
	inspectedFile struct {
		Path       string             `json:"path"`
		Bytes      int64              `json:"bytes"`
		Rows       int64              `json:"rows"`
		RowGroups  int                `json:"row_groups"`
		CreatedBy  string             `json:"created_by"`
		Partitions map[string]*string `json:"partitions"` // null for a null key
	}
	inspectedColumn struct {
		Name      string   `json:"name"`
		Types     []string `json:"types"`
		Roles     []string `json:"roles"`
		Rows      int64    `json:"rows"`
		Nulls     int64    `json:"nulls"`
		Distinct  int      `json:"distinct"`
		Capped    bool     `json:"distinct_capped"`
		Min       *string  `json:"min"`
		Max       *string  `json:"max"`
		Samples   []string `json:"samples"`
		Codecs    []string `json:"codecs"`
		Encodings []string `json:"encodings"`
		Problem   *string  `json:"problem"`
		Advice    *string  `json:"advice"`
	}
)

func inspection(path string, d *warehouse.Description) inspectedPath {
	out := inspectedPath{Version: 1, Path: path, Rows: d.Rows, Partitions: list(d.Partitions), Files: []inspectedFile{}, Columns: []inspectedColumn{}}
	for i := range d.Files {
		f := &d.Files[i]
		file := inspectedFile{Path: f.Path, Bytes: f.Size, Rows: f.Rows, RowGroups: f.RowGroups, CreatedBy: f.CreatedBy, Partitions: map[string]*string{}}
		for _, p := range f.Partitions {
			file.Partitions[p.Key] = nil
			if !p.Null {
				file.Partitions[p.Key] = &p.Value
			}
		}
		out.Files = append(out.Files, file)
	}
	for i := range d.Columns {
		c := &d.Columns[i]
		out.Columns = append(out.Columns, inspectedColumn{
			Name: c.Name, Types: list(c.Types), Roles: roles(c), Rows: c.Rows, Nulls: c.Nulls, Distinct: c.Distinct, Capped: c.Capped,
			Min: known(c.Min), Max: known(c.Max), Samples: list(c.Samples), Codecs: list(c.Codecs), Encodings: list(c.Encodings),
			Problem: known(c.Problem), Advice: known(c.Fix),
		})
	}
	return out
}

// list makes an empty list of none, which JSON would show as null.
func list(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// known is nil for the empty string, which stands for "there is none".
func known(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
