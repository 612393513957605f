// Command guichet-reader works with the identity card in this machine's reader: it
// lists readers and cards, tells what a card says of its holder, makes Web eID tokens
// and signatures, and serves both to web pages.
//
// PINs are typed on the terminal without echo, or read from a file descriptor that
// another program hands over; never from an argument, which everybody on the machine
// could read.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"guichet.example/cmd/internal/cli"
)

// program is what the commands share with the world, so that a test can be the world.
type program struct {
	stdin          *os.File
	stdout, stderr io.Writer
}

// command is one word after guichet-reader. Each has a file of its own.
type command struct {
	name    string
	args    string // shown in the usage line
	summary string
	run     func(ctx context.Context, p *program, set *flag.FlagSet, args []string) error
}

var commands = []command{listCommand, identityCommand, authenticateCommand, signCommand, serveCommand}

// usageError is a mistake in the command line; its text says which.
type usageError struct{ text string }

func (e usageError) Error() string { return e.text }

func main() { os.Exit(run()) }

func run() int {
	cli.NoCoreDumps() // a dump could hold a PIN
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	p := &program{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr}
	return p.main(ctx, os.Args[1:])
}

// main returns the exit code: 0 done, 1 not done, 2 not understood.
func (p *program) main(ctx context.Context, args []string) int {
	if len(args) == 0 {
		p.usage()
		return 2
	}
	switch args[0] {
	case "help", "-h", "-help", "--help":
		p.usage()
		return 0
	}
	for _, c := range commands {
		if c.name != args[0] {
			continue
		}
		return p.report(c, c.run(ctx, p, p.flags(c), args[1:]))
	}
	fmt.Fprintf(p.stderr, "guichet-reader: no command %q; guichet-reader help lists them\n", args[0])
	return 2
}

func (p *program) report(c command, err error) int {
	var usage usageError
	switch {
	case err == nil:
		return 0
	case errors.Is(err, flag.ErrHelp):
		return 0
	case errors.As(err, &usage):
		fmt.Fprintf(p.stderr, "guichet-reader %s: %s\nguichet-reader %s -help shows how it is used\n", c.name, usage.text, c.name)
		return 2
	}
	fmt.Fprintf(p.stderr, "guichet-reader: %v\n", err)
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(p.stderr, "guichet-reader: hint: %s\n", hint)
	}
	return 1
}

func (p *program) usage() {
	fmt.Fprint(p.stderr, "usage: guichet-reader COMMAND [ARGUMENT...]\n\n")
	for _, c := range commands {
		fmt.Fprintf(p.stderr, "  %-14s %s\n", c.name, c.summary)
	}
	fmt.Fprint(p.stderr, "\nguichet-reader COMMAND -help shows the flags of a command.\n")
}

// flags makes the flag set of a command; its usage goes to stderr.
func (p *program) flags(c command) *flag.FlagSet {
	set := flag.NewFlagSet(c.name, flag.ContinueOnError)
	set.Usage = func() {
		set.SetOutput(p.stderr)
		fmt.Fprintf(p.stderr, "usage: guichet-reader %s %s\n%s.\n\n", c.name, c.args, c.summary)
		set.PrintDefaults()
	}
	return set
}

// parse reads flags before, between and after arguments, and returns the arguments.
// After "--" everything is an argument.
func parse(set *flag.FlagSet, args []string) ([]string, error) {
	help := set.Usage
	set.Usage = func() {} // one line says what is wrong, not the whole usage
	set.SetOutput(io.Discard)
	var rest []string
	for {
		if err := set.Parse(args); err != nil {
			if errors.Is(err, flag.ErrHelp) {
				help()
				return nil, err
			}
			return nil, usageError{err.Error()}
		}
		left := set.Args()
		if used := len(args) - len(left); used > 0 && args[used-1] == "--" {
			return append(rest, left...), nil
		}
		if len(left) == 0 {
			return rest, nil
		}
		rest, args = append(rest, left[0]), left[1:]
	}
}
