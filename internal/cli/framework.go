package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/diag"
	"accounthealth/internal/form"
	"accounthealth/internal/framework"
	"accounthealth/internal/score"
	"accounthealth/internal/store"
)

func newFramework(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "framework",
		Short: "Write, show, check, compare and test the file that says how accounts are scored",
		Long: `A framework says what each signal is computed from, what its values are worth, how
pillars weigh and which score has which status. It is one commented YAML file;
docs/framework.md explains every key.

Wherever a framework is asked for, name a file or one that ships with the program:
` + strings.Join(framework.Names(), ", ") + `. Without a name it is ` + framework.Default + `.`,
		Example: `  accounthealth framework init --profile extended --out framework.yaml
  accounthealth framework validate framework.yaml
  accounthealth framework test framework.yaml
  accounthealth framework diff account-health framework.yaml -c health.yaml`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return usage{fmt.Errorf("there is no command %q; see %s --help", args[0], c.CommandPath())}
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	cmd.AddCommand(
		newFrameworkInit(env), newFrameworkShow(env), newFrameworkValidate(env),
		newFrameworkDiff(env), newFrameworkApply(env), newFrameworkTest(env), newFrameworkSchema(env),
	)
	return cmd
}

// named returns the one name that a command was given, or the default.
func named(args []string) string {
	if len(args) == 0 {
		return framework.Default
	}
	return args[0]
}

// mostArgs asks for at most n arguments.
func mostArgs(n int) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) > n {
			return usage{fmt.Errorf("%s takes at most %d argument, got %d; see %s --help", c.CommandPath(), n, len(args), c.CommandPath())}
		}
		return nil
	}
}

// loadFramework reads a framework that ships, or a file, and checks that scores
// follow from it.
func loadFramework(ctx context.Context, env *Env, name string) (*framework.Framework, error) {
	fw, err := readFramework(ctx, env, name)
	if err != nil {
		return nil, err
	}
	_, err = score.New(fw.Plan)
	return fw, err
}

func readFramework(ctx context.Context, env *Env, name string) (*framework.Framework, error) {
	if slices.Contains(framework.Names(), name) {
		return framework.Shipped(name)
	}
	src, found, err := readBeside(ctx, env, name)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, diag.Errorf(diag.Config, name, "name a file or a shipped framework: "+strings.Join(framework.Names(), ", "), "there is no such framework")
	}
	return framework.Load(name, src)
}

func readBeside(ctx context.Context, env *Env, name string) (src []byte, found bool, err error) {
	folder, file := store.Split(name)
	files, err := env.connect(folder)
	if err != nil {
		return nil, false, err
	}
	return files.ReadSmall(ctx, file)
}

func newFrameworkInit(env *Env) *cobra.Command {
	var profile, out string
	var force bool
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented framework of your own, with its cases",
		Long: `Init writes a copy of a framework that ships with the program, comments included,
and beside it the cases that framework test runs: accounts with known results. Edit
the framework, raise its version, adapt the cases, and name the file under
"framework" in health.yaml. The profiles:

  account-health  product 30, support 20, financial 25, relationship 25 (the default)
  literal         the same tables on literal sums, cut off at 0 and 100
  extended        the default with six more credits
  scorecard       nine targets: product 40, commercial 30, engagement 20, relationship 10`,
		Example: `  accounthealth framework init
  accounthealth framework init --profile scorecard --out scorecard.yaml`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return frameworkInit(cmd.Context(), env, profile, out, force)
		},
	}
	f := cmd.Flags()
	f.StringVar(&profile, "profile", framework.Default, "the `profile` to start from: "+strings.Join(framework.Names(), ", "))
	f.StringVar(&out, "out", "framework.yaml", "`file` to write")
	f.BoolVar(&force, "force", false, "replace existing files")
	return cmd
}

func frameworkInit(ctx context.Context, env *Env, profile, out string, force bool) error {
	src, err := framework.ShippedSource(profile)
	if err != nil {
		return err
	}
	cases, err := framework.ShippedCases(profile)
	if err != nil {
		return err
	}
	folder, file := store.Split(out)
	files, err := env.connect(folder)
	if err != nil {
		return err
	}
	written := []struct {
		name    string
		content []byte
	}{{file, src}, {casesBeside(file), cases}}
	for _, w := range written {
		if _, found, err := files.ReadSmall(ctx, w.name); err != nil {
			return err
		} else if found && !force {
			return diag.Errorf(diag.Config, store.Join(folder, w.name), "use --force to replace it, or name another file with --out", "the file exists")
		}
	}
	for _, w := range written {
		err := files.WriteFile(ctx, w.name, func(dst io.Writer) error {
			_, err := dst.Write(w.content)
			return err
		})
		if err != nil {
			return err
		}
		fmt.Fprintf(env.Out, "wrote %s\n", store.Join(folder, w.name))
	}
	fmt.Fprintf(env.Out, "next: accounthealth framework validate %s, and framework: %s in health.yaml\n", out, file)
	return nil
}

// casesBeside names the file of a framework's cases: framework.cases.yaml.
func casesBeside(file string) string {
	for _, ext := range []string{".yaml", ".yml"} {
		if stem, ok := strings.CutSuffix(file, ext); ok {
			return stem + ".cases" + ext
		}
	}
	return file + ".cases.yaml"
}

func newFrameworkValidate(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "validate [FILE]",
		Short: "Check a framework and list every problem at once",
		Long: `Validate reads a framework and its cases, where there are any beside it, and prints
every problem as file:line:column, what is wrong, and what to do. It exits with 2
where there is one.`,
		Example: `  accounthealth framework validate framework.yaml`,
		Args:    mostArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			fw, err := loadFramework(cmd.Context(), env, named(args))
			if err != nil {
				return err
			}
			cases, err := loadCases(cmd.Context(), env, named(args), fw)
			if err != nil {
				return err
			}
			p := fw.Plan
			fmt.Fprintf(env.Out, "%s version %d is valid: %d pillars, %d signals, %d overrides, %d plays, %d cases\n",
				p.Name, p.Version, len(p.Pillars), len(p.Signals), len(p.Overrides), len(p.Plays), len(cases))
			return nil
		},
	}
}

// loadCases reads the cases beside a framework; none where there is no such file.
func loadCases(ctx context.Context, env *Env, name string, fw *framework.Framework) ([]form.Case, error) {
	file := casesBeside(name)
	if slices.Contains(framework.Names(), name) {
		src, err := framework.ShippedCases(name)
		if err != nil {
			return nil, err
		}
		return form.ReadCases(file, src, fw.Plan)
	}
	src, found, err := readBeside(ctx, env, file)
	if err != nil || !found {
		return nil, err
	}
	return form.ReadCases(file, src, fw.Plan)
}

func newFrameworkTest(env *Env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "test [FILE]",
		Short: "Check that a framework still gives the results that its cases expect",
		Long: `Test runs the cases beside a framework (framework.yaml has framework.cases.yaml):
accounts filled in by hand, with the pillars, the score or the status that is
expected. Every case is named. It exits with 4 where one does not hold.`,
		Example: `  accounthealth framework test
  accounthealth framework test framework.yaml`,
		Args: mostArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return frameworkTest(cmd.Context(), env, named(args), asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the outcomes as JSON")
	return cmd
}

// testOutcomes is what framework test prints as JSON.
type testOutcomes struct {
	Schema int            `json:"schema_version"`
	Failed int            `json:"failed"`
	Cases  []form.Outcome `json:"cases"`
}

func frameworkTest(ctx context.Context, env *Env, name string, asJSON bool) error {
	fw, err := loadFramework(ctx, env, name)
	if err != nil {
		return err
	}
	cases, err := loadCases(ctx, env, name, fw)
	if err != nil {
		return err
	}
	if len(cases) == 0 {
		return diag.Errorf(diag.Config, casesBeside(name), "write it; accounthealth framework init writes one to start from", "there are no cases beside the framework")
	}
	outcomes, err := form.Run(fw.Plan, cases)
	if err != nil {
		return err
	}
	if asJSON {
		if err := printJSON(env.Out, testOutcomes{1, form.Failed(outcomes), outcomes}); err != nil {
			return err
		}
	} else {
		for _, o := range outcomes {
			mark, result := "holds", o.Status
			if !o.Holds {
				mark = "FAILS"
			}
			if o.Score != nil {
				result = fmt.Sprintf("%.1f %s", *o.Score, o.Status)
			}
			fmt.Fprintf(env.Out, "%s  %s: %s\n", mark, o.Case, result)
			for _, w := range o.Wrong {
				fmt.Fprintf(env.Out, "       %s\n", w)
			}
		}
	}
	if n := form.Failed(outcomes); n > 0 {
		return diag.Errorf(diag.Gate, casesBeside(name), "correct the framework, or the case where the change is meant", "%d of %d cases do not hold", n, len(outcomes))
	}
	return nil
}

func newFrameworkSchema(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of framework files, for editors",
		Long: `Schema prints a JSON Schema (draft 2020-12) with every key of a framework file.
Editors with YAML support use it to complete and check while you type: save it
beside the framework and put this line on top of the framework:

  # yaml-language-server: $schema=framework.schema.json`,
		Example: `  accounthealth framework schema > framework.schema.json`,
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			src, err := framework.Schema()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(env.Out, "%s\n", src)
			return err
		},
	}
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
