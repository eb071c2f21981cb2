// Package cli is the command line: commands and flags, progress and log, the
// clock, signals, and the exit code, which is decided in one place. It wires the
// other packages together and computes nothing.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"accounthealth/internal/diag"
)

// The exit codes, which schedulers rely on.
const (
	exitDone     = 0
	exitFailed   = 1
	exitConfig   = 2
	exitData     = 3
	exitGate     = 4
	exitFindings = 5
)

// Env is everything a command may know of the world.
type Env struct {
	In       io.Reader
	Out, Err io.Writer
	Now      func() time.Time
	Terminal bool // Err is a terminal: show progress
	Version  string
	// Getenv reads the environment; nil is an empty one.
	Getenv func(key string) string
	// Process names this process where another one may have to find it.
	Process string
}

// Main runs the command with the process's arguments and returns the exit code.
func Main() int {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(50) // a run's peak memory matters more than a few per cent of its time
	}
	ctx, stop := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		stop(interrupted{<-signals})
		signal.Reset() // a second signal ends the process at once
	}()
	env := Env{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Now: time.Now, Terminal: term.IsTerminal(int(os.Stderr.Fd())), Version: version(), Getenv: os.Getenv, Process: process()}
	return Run(ctx, env, os.Args[1:])
}

// interrupted is the cause of a context that a signal cancelled.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return "stopped by " + i.signal.String() }

// Run executes one command line and returns its exit code.
func Run(ctx context.Context, env Env, args []string) int {
	root := newRoot(&env)
	root.SetArgs(args)
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if f, ok := errors.AsType[findings](err); ok {
		fmt.Fprintln(env.Err, f.Error())
		return exitFindings
	}
	if i, ok := errors.AsType[interrupted](context.Cause(ctx)); ok {
		fmt.Fprintln(env.Err, "accounthealth: "+i.Error()+"; nothing was published")
		if i.signal == syscall.SIGTERM {
			return 143
		}
		return 130
	}
	report(env.Err, err)
	return exitCode(err)
}

// report prints every error of a joined list on a line of its own.
func report(w io.Writer, err error) {
	for _, line := range strings.Split(err.Error(), "\n") {
		fmt.Fprintln(w, "accounthealth: "+line)
	}
}

func exitCode(err error) int {
	if _, ok := errors.AsType[usage](err); ok {
		return exitConfig
	}
	switch diag.ClassOf(err) {
	case diag.Config:
		return exitConfig
	case diag.Data:
		return exitData
	case diag.Gate:
		return exitGate
	}
	return exitFailed
}

// usage is an error in the command line itself.
type usage struct{ error }

// findings ends a command that did its work but was asked to tell findings.
type findings struct{ text string }

func (f findings) Error() string { return "accounthealth: " + f.text }

func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "accounthealth",
		Short: "Score customer accounts, calibrate the score against churn, report to leadership",
		Long: `Accounthealth reads a warehouse's Parquet exports, scores every customer account
from 0 to 100 on four pillars, says each quarter how well the score foretold
churn and whether other weights would have done better, and writes the Excel
workbooks that leadership reads. It proposes; a person decides.`,
		Example: `  accounthealth sample --out sample
  accounthealth run -c sample/health.yaml
  accounthealth explain -c sample/health.yaml 00010007`,
		Version:       env.Version,
		SilenceUsage:  true,
		SilenceErrors: true,

		SuggestionsMinimumDistance: 2,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			near := ""
			if s := c.SuggestionsFor(args[0]); len(s) > 0 {
				near = "; did you mean " + strings.Join(s, " or ") + "?"
			}
			return usage{fmt.Errorf("there is no command %q%s; see %s --help", args[0], near, c.CommandPath())}
		},
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usage{fmt.Errorf("%w; see %s --help", err, c.CommandPath())}
	})
	root.AddCommand(
		newRun(env), newScore(env), newCalibrate(env), newReport(env), newExplain(env),
		newAudit(env), newSimulate(env), newValidate(env), newAuditSources(env), newInit(env), newInspect(env), newSample(env),
		newCompare(env), newPlan(env), newTop(env), newWarn(env), newCRM(env), newMissing(env), newOverrides(env), newHistory(env),
		newFramework(env), newAssess(env),
	)
	return root
}

// noArgs refuses arguments with the usage exit code.
func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage{fmt.Errorf("%s takes no argument, got %q; see %s --help", c.CommandPath(), args[0], c.CommandPath())}
	}
	return nil
}

// oneArg asks for exactly one argument.
func oneArg(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return usage{fmt.Errorf("%s takes one %s, got %d; see %s --help", c.CommandPath(), what, len(args), c.CommandPath())}
		}
		return nil
	}
}

func process() string {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return fmt.Sprintf("host %s, process %d", host, os.Getpid())
}

// version is the module version of the build, or "development".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "development"
}
