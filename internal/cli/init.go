package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/mapping"
	"accounthealth/internal/sample"
	"accounthealth/internal/store"
)

func newInit(env *Env) *cobra.Command {
	var exports, out string
	var force bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Look at your exports and write a health.yaml",
		Long: `Init reads every Parquet and CSV file below a folder, guesses which table is which source
and which column is which, prints what it found and what is missing, and writes a
health.yaml. Doubtful guesses are marked "check:" in the file. One wide file with
one row an account is enough to begin with.`,
		Example: `  accounthealth init --exports unload
  accounthealth init --exports . --out health.yaml --force`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return initialise(cmd.Context(), env, exports, out, force)
		},
	}
	f := cmd.Flags()
	f.StringVar(&exports, "exports", "exports", "`folder` with the exports")
	f.StringVar(&out, "out", "health.yaml", "settings `file` to write")
	f.BoolVar(&force, "force", false, "replace an existing settings file")
	return cmd
}

func initialise(ctx context.Context, env *Env, exports, out string, force bool) error {
	files, err := env.connect(exports)
	if err != nil {
		return err
	}
	folder, name := store.Split(out)
	target, err := env.connect(folder)
	if err != nil {
		return err
	}
	if _, found, err := target.ReadSmall(ctx, name); err != nil {
		return err
	} else if found && !force {
		return diag.Errorf(diag.Config, out, "use --force to replace it, or name another file with --out", "the file exists")
	}
	tables, skipped, err := job.Survey(ctx, files, func(string) {})
	if e, ok := errors.AsType[*diag.Error](err); ok && e.Where == "." {
		e.Where = exports // the store's root, as the user named it
	}
	if err != nil {
		return err
	}
	for _, e := range skipped {
		fmt.Fprintf(env.Err, "accounthealth: left out: %v\n", e)
	}
	if len(tables) == 0 {
		return diag.Errorf(diag.Data, exports, "export at least one table with one row an account as Parquet or CSV", "no readable Parquet or CSV file was found")
	}
	from, err := seenFrom(folder, exports)
	if err != nil {
		return err
	}
	fw, err := framework.Shipped(framework.Default)
	if err != nil {
		return err
	}
	opt := mapping.Options{Exports: filepath.ToSlash(from), Framework: framework.Default, Signals: mapping.SignalsOf(fw.Plan)}
	m := mapping.Guess(tables, opt)
	fmt.Fprint(env.Out, mapping.Report(m))
	err = target.WriteFile(ctx, name, func(w io.Writer) error {
		_, err := w.Write(mapping.HealthYAML(m, opt))
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Out, "\nwrote %s; next: accounthealth validate -c %s\n", out, out)
	return nil
}

// seenFrom returns how a settings file in folder names the exports.
func seenFrom(folder, exports string) (string, error) {
	from, err := standing(exports)
	if err != nil || store.IsAddress(from) || store.IsAddress(folder) {
		return from, err
	}
	if base, err := filepath.Abs(folder); err == nil {
		if rel, err := filepath.Rel(base, from); err == nil {
			from = rel
		}
	}
	return from, nil
}

// generate writes the sample warehouse.
func generate(ctx context.Context, env *Env, out string, opt sample.Options) error {
	files, err := env.connect(out)
	if err != nil {
		return err
	}
	staging, err := files.Stage(ctx, "exports")
	if err != nil {
		return err
	}
	defer staging.Abort()
	m, err := sample.Generate(ctx, staging, opt)
	if err != nil {
		return err
	}
	if err := staging.Commit(ctx); err != nil {
		return err
	}
	settings, err := sample.HealthYAML(opt)
	if err != nil {
		return err
	}
	err = files.WriteFile(ctx, "health.yaml", func(w io.Writer) error {
		_, err := w.Write(settings)
		return err
	})
	if err != nil {
		return err
	}
	fmt.Fprint(env.Out, m.String())
	fmt.Fprintf(env.Out, "next: accounthealth run -c %s\n", store.Join(out, "health.yaml"))
	return nil
}
