package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/core"
)

// allKinds stands for every kind, where one may be asked for.
const allKinds = "all"

// printSchemas prints the published schema of one kind, or of all; where none is asked for,
// what kinds there are.
func printSchemas(env cli.Env, rest []string) error {
	switch {
	case len(rest) > 1:
		return fmt.Errorf("%w: one KIND at most", cli.ErrUsage)
	case len(rest) == 0:
		return listKinds(env)
	}
	kinds := core.Kinds()
	if rest[0] != allKinds {
		kind, known := core.ParseKind(rest[0])
		if !known {
			return fmt.Errorf("%w: no kind %q; there are %s, and %s for all of them", cli.ErrUsage, rest[0], kindNames(), allKinds)
		}
		kinds = []core.Kind{kind}
	}
	for _, kind := range kinds {
		if _, err := fmt.Fprintf(env.Stdout, "%s\n", core.SchemaOf(kind).JSONSchema()); err != nil {
			return err
		}
	}
	return nil
}

// listKinds prints a line for each kind: what it is of, and what -complete does with rows
// of it that are delivered no more.
func listKinds(env cli.Env) error {
	w := tabwriter.NewWriter(env.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "KIND\tNO LONGER IN A -complete DELIVERY\tONE LINE IS\n")
	for _, kind := range core.Kinds() {
		fate := string(core.FateOf(kind))
		if fate == "" {
			fate = "stays"
		}
		meaning, _, _ := strings.Cut(core.SchemaOf(kind).Meaning, ". ")
		fmt.Fprintf(w, "%s\t%s\t%s\n", kind, fate, strings.TrimSuffix(meaning, "."))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(env.Stdout, "\nguichet import -schema KIND prints what a line of one kind holds, as JSON Schema with\nthe header of CSV; guichet import -schema %s prints that of all kinds.\n", allKinds)
	return err
}
