package cli

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"accounthealth/internal/day"
	"accounthealth/internal/diag"
	"accounthealth/internal/framework"
	"accounthealth/internal/job"
	"accounthealth/internal/settings"
	"accounthealth/internal/store"
)

// youngDays is two quarters: weights that were in force for less have not been
// judged by the losses that follow them.
const youngDays = 182

func newFrameworkApply(env *Env) *cobra.Command {
	c := &configured{env: env}
	a := &application{configured: c}
	cmd := &cobra.Command{
		Use:   "apply FILE",
		Short: "Accept a suggested framework as the next version",
		Long: `Apply shows what a suggested framework changes and which accounts change status
because of it, asks, and then puts it in the place of the framework that the settings
name. The version before is kept beside it (framework.v1.yaml), and the change log
(framework.changes.yaml) gets an entry with the author, the dates, the digest of the
evidence beside FILE and what changed. Comments stay as they are.

Until the effective date runs keep the version before and show both scores; runs for
earlier as-of dates keep it for good. A run never applies anything by itself.`,
		Example: `  accounthealth framework apply -c health.yaml out/2026-06-30/framework.suggested.yaml
  accounthealth framework apply -c health.yaml suggested.yaml --effective 2026-10-01 --yes`,
		Args: oneArg("framework file"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), args[0])
		},
	}
	c.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&a.effective, "effective", "", "the first as-of `date` that it is in force for (default: today)")
	f.StringVar(&a.author, "author", "", "`who` accepts it (default: the user's name)")
	f.StringVar(&a.why, "why", "", "why, in `words`, for the change log")
	f.BoolVar(&a.yes, "yes", false, "do not ask")
	return cmd
}

// application is one use of framework apply.
type application struct {
	*configured
	effective, author, why string
	yes                    bool
}

func (a *application) run(ctx context.Context, file string) error {
	j, files, err := a.open(ctx)
	if err != nil {
		return err
	}
	today := day.OfTime(a.env.Now().In(j.Settings.Location))
	entry := framework.Accepted{On: today, Effective: today, Author: a.env.who(a.author), Why: a.why}
	if a.effective != "" {
		if entry.Effective, err = day.Parse(a.effective); err != nil {
			return usage{fmt.Errorf("--effective: %w", err)}
		}
	}
	if entry.Author == "" {
		return usage{fmt.Errorf("name who accepts it with --author")}
	}
	newest := j.Framework
	if j.Next != nil {
		newest = j.Next.Framework
	}
	next, src, err := a.suggested(ctx, file, newest)
	if err != nil {
		return err
	}
	entry.Version = next.Plan.Version
	if len(j.Changes) > 0 && entry.Effective < j.Changes[0].Effective {
		return diag.Errorf(diag.Config, "--effective", "name that day or a later one", "version %d is in force only from %s", j.Changes[0].Version, day.Format(j.Changes[0].Effective))
	}
	changes := frameworkChanges{Old: fmt.Sprintf("version %d", newest.Plan.Version), New: file, Changes: framework.Diff(newest, next)}
	for _, x := range changes.Changes {
		if x.Where != "framework" || x.What != "version" {
			entry.Changes = append(entry.Changes, strings.TrimSpace(fmt.Sprintf("%s: %s %s -> %s", x.Where, x.What, orNone(x.Old), orNone(x.New))))
		}
	}
	if len(entry.Changes) == 0 {
		fmt.Fprintf(a.env.Out, "%s changes nothing but its version; nothing was written\n", file)
		return nil
	}
	if changes.Accounts, err = a.moved(ctx, newest, next); err != nil {
		return err
	}
	changes.print(a.env.Out)
	if entry.Evidence, err = a.evidence(ctx, file, src); err != nil {
		return err
	}
	a.warn(j, today, entry)
	if !a.yes && !a.agreed(next, entry) {
		return diag.Errorf(diag.Config, "", "answer y, or use --yes", "nothing was applied")
	}
	lock, err := files.Lock(ctx, store.Join(j.Settings.Out, ".lock"))
	if err != nil {
		return err
	}
	defer lock.Unlock()
	return a.write(ctx, j, files, newest, src, entry)
}

// suggested reads the framework to accept: the same one, a version higher.
func (a *application) suggested(ctx context.Context, file string, newest *framework.Framework) (*framework.Framework, []byte, error) {
	if slices.Contains(framework.Names(), file) {
		return nil, nil, diag.Errorf(diag.Config, file, "write it to a file with framework init, and name it in the settings", "a framework that ships with the program is not applied")
	}
	src, found, err := readBeside(ctx, a.env, file)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		return nil, nil, diag.Errorf(diag.Config, file, "name the framework.suggested.yaml of a run or of a judgement", "there is no such file")
	}
	next, err := loadFramework(ctx, a.env, file)
	if err != nil {
		return nil, nil, err
	}
	switch have := newest.Plan; {
	case next.Plan.Name != have.Name:
		return nil, nil, diag.Errorf(diag.Config, file, "suggest from the framework in force", "it is the framework %s, the settings name %s", next.Plan.Name, have.Name)
	case next.Plan.Version <= have.Version:
		return nil, nil, diag.Errorf(diag.Config, file, "run again, so that it is suggested from the newest version", "it is version %d, and version %d is accepted already", next.Plan.Version, have.Version)
	}
	return next, src, nil
}

// evidence is the digest of the record beside the suggested file, which must be
// the one that the file names.
func (a *application) evidence(ctx context.Context, file string, src []byte) (string, error) {
	for _, name := range []string{job.CalibrationFile, job.JudgementFile} {
		folder, _ := store.Split(file)
		record, found, err := readBeside(ctx, a.env, store.Join(folder, name))
		if err != nil {
			return "", err
		}
		if !found {
			continue
		}
		sum := sha256.Sum256(record)
		digest := hex.EncodeToString(sum[:])
		if !strings.Contains(string(src), digest) {
			fmt.Fprintf(a.env.Out, "warning: %s beside it is not the evidence that %s names\n", name, file)
			continue
		}
		return digest, nil
	}
	fmt.Fprintln(a.env.Out, "warning: there is no evidence beside the file; the change log will name none")
	return "", nil
}

// warn tells what speaks against applying now.
func (a *application) warn(j *job.Job, today int32, entry framework.Accepted) {
	for _, old := range j.Changes {
		if age := today - old.Effective; age < youngDays {
			fmt.Fprintf(a.env.Out, "warning: version %d is in force only since %s, less than two quarters: the losses that would judge its weights have not happened yet\n", old.Version, day.Format(old.Effective))
			break
		}
	}
	if entry.Effective <= j.AsOf {
		fmt.Fprintf(a.env.Out, "note: it is in force for as-of dates from %s on; what was published for them stays as it was reported\n", day.Format(entry.Effective))
	}
}

func (a *application) agreed(next *framework.Framework, entry framework.Accepted) bool {
	fmt.Fprintf(a.env.Out, "\napply version %d of %s, in force from %s, accepted by %s? [y/N] ", next.Plan.Version, next.Plan.Name, day.Format(entry.Effective), entry.Author)
	line, _ := bufio.NewReader(a.env.In).ReadString('\n')
	fmt.Fprintln(a.env.Out)
	return slices.Contains([]string{"y", "yes"}, strings.ToLower(strings.TrimSpace(line)))
}

// write keeps the version before, then the change log, then puts the new version in
// its place, and last names it in the settings where these named a shipped one: a
// stop in between leaves the version before in force.
func (a *application) write(ctx context.Context, j *job.Job, files *store.Router, newest *framework.Framework, src []byte, entry framework.Accepted) error {
	target, shipped := j.Settings.Framework, slices.Contains(framework.Names(), j.Settings.Framework)
	if shipped {
		target = "framework.yaml"
		if _, found, err := files.ReadSmall(ctx, target); err != nil || found {
			if err == nil {
				err = diag.Errorf(diag.Config, target, "name it under framework in the settings, or move it away", "the file exists, and the settings do not name it")
			}
			return err
		}
	}
	before := framework.VersionFile(target, newest.Plan.Version)
	entry.Before = path.Base(before)
	logFile := framework.ChangesFile(target)
	old, _, err := files.ReadSmall(ctx, logFile)
	if err != nil {
		return err
	}
	log, err := framework.AddChange(logFile, old, entry)
	if err != nil {
		return err
	}
	named, src2, err := a.settings(ctx, files, shipped, target)
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name    string
		content []byte
	}{{before, newest.Source}, {logFile, log}, {target, src}, {named, src2}} {
		if f.name == "" {
			continue
		}
		if err := files.WriteFile(ctx, f.name, func(w io.Writer) error { _, err := w.Write(f.content); return err }); err != nil {
			return err
		}
		fmt.Fprintf(a.env.Out, "wrote %s\n", f.name)
	}
	fmt.Fprintf(a.env.Out, "version %d is in force for as-of dates from %s on\n", entry.Version, day.Format(entry.Effective))
	return nil
}

// settings names the new file in the settings, where these named a shipped
// framework.
func (a *application) settings(ctx context.Context, files *store.Router, shipped bool, target string) (string, []byte, error) {
	if !shipped {
		return "", nil, nil
	}
	_, name := store.Split(a.file)
	src, _, err := files.ReadSmall(ctx, name)
	if err != nil {
		return "", nil, err
	}
	out, err := settings.WithFramework(name, src, target)
	return name, out, err
}
