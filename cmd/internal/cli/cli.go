// Package cli holds what both programs share on the command line: commands by name,
// flags before or after arguments, one line per error.
//
// Output rules: what was asked for, help included, goes to standard output, everything
// else to standard error; an error is one line that begins with the program's name,
// and one more where there is something to do next; exit status 0 done, 1 failed,
// 2 the command line is wrong.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// ErrUsage is wrapped by errors about the command line itself; the exit status is 2.
var ErrUsage = errors.New("wrong usage")

// Env is where a command reads from and writes to.
type Env struct {
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
}

// Program is a program of several commands.
type Program struct {
	Name     string
	About    string // one line above the list of commands
	Release  string // version that the program goes by; "": what the build is called
	Commands []Command
	// Hint names the next thing to do after an error, "" if there is none. Nil: none.
	Hint func(error) string
}

// Command is one verb of a program.
type Command struct {
	Name    string
	Summary string // one line for the list of commands
	Run     func(ctx context.Context, env Env, args []string) error
}

// Parse parses flags wherever they stand and returns the arguments that are none.
// Everything after "--" is an argument. Who asks for help gets it, and flag.ErrHelp.
func Parse(flags *flag.FlagSet, args []string) ([]string, error) {
	help := flags.Usage
	flags.Usage = func() {} // a mistake is one line, not the whole usage
	var rest []string
	for {
		if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
			help()
			return nil, err
		} else if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUsage, err)
		}
		consumed := len(args) - flags.NArg()
		if consumed > 0 && args[consumed-1] == "--" {
			return append(rest, flags.Args()...), nil
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

// Flags makes a flag set for Parse, whose help goes to env's standard output.
func Flags(env Env, name, usage string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Usage = func() {
		fmt.Fprintf(env.Stdout, "usage: %s\n", usage)
		flags.SetOutput(env.Stdout)
		flags.PrintDefaults()
	}
	return flags
}

// Main runs the command that args[1] names and returns the exit status. The context
// ends at the first SIGINT or SIGTERM; a second one kills the program.
func (p Program) Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return p.Run(ctx, Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, args[1:])
}

// Run is Main without the process around it.
func (p Program) Run(ctx context.Context, env Env, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		p.list(env.Stdout)
		return 0
	}
	if args[0] == "-version" || args[0] == "--version" {
		args = append([]string{"version"}, args[1:]...)
	}
	for _, command := range p.all() {
		if command.Name == args[0] {
			return p.report(env.Stderr, command.Name, command.Run(ctx, env, args[1:]))
		}
	}
	fmt.Fprintf(env.Stderr, "%s: no command %q; %s help lists them\n", p.Name, args[0], p.Name)
	return 2
}

// all are the commands of the program and the one that every program has.
func (p Program) all() []Command { return append(slices.Clone(p.Commands), p.version()) }

// report tells how a command ended and returns the exit status.
func (p Program) report(w io.Writer, command string, err error) int {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return 0
	}
	fmt.Fprintf(w, "%s %s: %v\n", p.Name, command, err)
	if errors.Is(err, ErrUsage) {
		fmt.Fprintf(w, "%s %s -h shows how it is used\n", p.Name, command)
		return 2
	}
	if p.Hint != nil {
		if hint := p.Hint(err); hint != "" {
			fmt.Fprintf(w, "%s: hint: %s\n", p.Name, hint)
		}
	}
	return 1
}

func (p Program) list(w io.Writer) {
	fmt.Fprintf(w, "%s\n\n", p.About)
	for _, command := range p.all() {
		fmt.Fprintf(w, "  %s %-13s %s\n", p.Name, command.Name, command.Summary)
	}
	fmt.Fprintf(w, "\n%s COMMAND -h shows the flags of a command.\n", p.Name)
}
