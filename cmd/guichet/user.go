package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/nrn"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/office"
	"guichet.example/portal/store"
)

// maxNumberLine is the most read to find a national number, in bytes.
const maxNumberLine = 64

// runUser keeps the staff from the command line. It makes the first administrator, who
// adds the others on a page of the office.
func runUser(ctx context.Context, env cli.Env, args []string) error {
	const usage = "guichet user add|list|roles|disable|enable -config FILE ..."
	if len(args) == 0 {
		return fmt.Errorf("%w: %s", cli.ErrUsage, usage)
	}
	if askedHelp(args[0]) {
		fmt.Fprintf(env.Stdout, "usage: %s\nguichet user add -h, and so on, shows the flags of each.\n", usage)
		return nil
	}
	run, ok := map[string]func(context.Context, cli.Env, []string) error{
		"add": userAdd, "list": userList, "roles": userRoles,
		"disable": func(ctx context.Context, env cli.Env, args []string) error { return userSwitch(ctx, env, args, true) },
		"enable":  func(ctx context.Context, env cli.Env, args []string) error { return userSwitch(ctx, env, args, false) },
	}[args[0]]
	if !ok {
		return fmt.Errorf("%w: %s", cli.ErrUsage, usage)
	}
	return run(ctx, env, args[1:])
}

// askedHelp says that the first word after a command with verbs asks how it is used.
func askedHelp(word string) bool { return word == "-h" || word == "-help" || word == "--help" }

// staffOf opens the store that a settings file names.
func staffOf(ctx context.Context, env cli.Env, s *Settings) (*store.DB, office.By, error) {
	db, err := awaitStore(ctx, env, s, slog.New(slog.NewTextHandler(env.Stderr, nil)))
	return db, office.By{Mutuality: s.Mutuality.ID}, err
}

// userAdd adds somebody. Her national number, by which her card is known, comes from a
// file or from standard input: arguments are seen by every user of the machine.
func userAdd(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "user add", "guichet user add -config FILE -name NAME -roles ROLE,... [-language fr] [-place PLACE] [-number FILE] < NUMBER")
	name := flags.String("name", "", "given name and surname")
	words := flags.String("roles", "", "roles, with commas: "+rolesHelp())
	language := flags.String("language", "fr", "fr, nl, de or en")
	place := flags.String("place", "", "contact point where she works")
	file := flags.String("number", "", "file that holds the national number; without one it is read from standard input")
	settings, _, err := settingsOf(flags, args, 0)
	if err != nil {
		return err
	}
	roles, err := parseRoles(strings.Split(*words, ","))
	if err != nil {
		return err
	}
	number, err := numberFrom(env.Stdin, *file)
	if err != nil {
		return err
	}
	db, by, err := staffOf(ctx, env, settings)
	if err != nil {
		return err
	}
	defer db.Close()
	id, err := db.AddStaff(ctx, by, office.NewColleague{
		Colleague: office.Colleague{Name: *name, Language: *language, Place: *place, Roles: roles}, Number: number,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(env.Stdout, "added %s\n", id)
	return nil
}

func rolesHelp() string {
	words := make([]string, 0, 4)
	for _, r := range auth.Roles() {
		words = append(words, string(r))
	}
	return strings.Join(words, ", ")
}

func parseRoles(words []string) ([]auth.Role, error) {
	var roles []auth.Role
	for _, word := range words {
		r, err := auth.ParseRole(strings.TrimSpace(word))
		if err != nil {
			return nil, fmt.Errorf("%w: %w; the roles are %s", cli.ErrUsage, err, rolesHelp())
		}
		roles = append(roles, r)
	}
	return roles, nil
}

// numberFrom reads a national number from the first line of a file, or of in.
func numberFrom(in io.Reader, file string) (nrn.Number, error) {
	if file != "" {
		f, err := os.Open(file)
		if err != nil {
			return nrn.Number{}, err
		}
		defer f.Close()
		in = f
	}
	if in == nil {
		return nrn.Number{}, errors.New("no national number: give -number FILE or standard input")
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxNumberLine)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nrn.Number{}, err
	}
	return nrn.Parse(strings.TrimSpace(line))
}

func userList(ctx context.Context, env cli.Env, args []string) error {
	settings, _, err := settingsOf(cli.Flags(env, "user list", "guichet user list -config FILE"), args, 0)
	if err != nil {
		return err
	}
	db, by, err := staffOf(ctx, env, settings)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := db.Staff(ctx, by)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	for _, c := range list {
		state := "works"
		if !c.Disabled.IsZero() {
			state = "disabled " + c.Disabled.Local().Format(time.DateOnly)
		}
		var words []string
		for _, r := range c.Roles {
			words = append(words, string(r))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.ID, c.Name, strings.Join(words, ","), state)
	}
	return w.Flush()
}

// userRoles gives somebody exactly these roles.
func userRoles(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "user roles", "guichet user roles -config FILE ID ROLE,...")
	settings, rest, err := settingsOf(flags, args, 2)
	if err != nil {
		return err
	}
	roles, err := parseRoles(strings.Split(rest[1], ","))
	if err != nil {
		return err
	}
	db, by, err := staffOf(ctx, env, settings)
	if err != nil {
		return err
	}
	defer db.Close()
	list, err := db.Staff(ctx, by)
	if err != nil {
		return err
	}
	for _, c := range list {
		if string(c.ID) == rest[0] {
			c.Roles = roles
			return db.ChangeStaff(ctx, by, c)
		}
	}
	return office.ErrNotFound
}

func userSwitch(ctx context.Context, env cli.Env, args []string, disabled bool) error {
	name := "enable"
	if disabled {
		name = "disable"
	}
	settings, rest, err := settingsOf(cli.Flags(env, "user "+name, "guichet user "+name+" -config FILE ID"), args, 1)
	if err != nil {
		return err
	}
	db, by, err := staffOf(ctx, env, settings)
	if err != nil {
		return err
	}
	defer db.Close()
	return db.DisableStaff(ctx, by, auth.StaffID(rest[0]), disabled)
}
