// Package cli holds what both programs share on the command line: commands by name,
// flags before or after arguments, one line per error.
//
// Output rules: what was asked for goes to standard output, everything else to
// standard error; an error is one line that begins with the program's name; exit
// status 0 done, 1 failed, 2 the command line is wrong.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
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

// Command is one verb of a program.
type Command struct {
	Name    string
	Summary string // one line for the list of commands
	Run     func(ctx context.Context, env Env, args []string) error
}

// Parse parses flags wherever they stand and returns the arguments that are none.
// Everything after "--" is an argument.
func Parse(flags *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for {
		if err := flags.Parse(args); err != nil {
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

// Flags makes a flag set whose help goes to env's standard error.
func Flags(env Env, name, usage string) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(env.Stderr)
	flags.Usage = func() {
		fmt.Fprintf(env.Stderr, "usage: %s\n", usage)
		flags.PrintDefaults()
	}
	return flags
}

// Main runs the command that args[1] names and returns the exit status. The context
// ends at the first SIGINT or SIGTERM; a second one kills the program.
func Main(program, about string, commands []Command, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop)
	return Run(ctx, Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr}, program, about, commands, args[1:])
}

// Run is Main without the process around it.
func Run(ctx context.Context, env Env, program, about string, commands []Command, args []string) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "-h" || args[0] == "-help" || args[0] == "--help" {
		list(env.Stdout, program, about, commands)
		return 0
	}
	for _, command := range commands {
		if command.Name != args[0] {
			continue
		}
		err := command.Run(ctx, env, args[1:])
		switch {
		case err == nil, errors.Is(err, flag.ErrHelp):
			return 0
		case errors.Is(err, ErrUsage):
			fmt.Fprintf(env.Stderr, "%s %s: %v\n", program, command.Name, err)
			return 2
		default:
			fmt.Fprintf(env.Stderr, "%s %s: %v\n", program, command.Name, err)
			return 1
		}
	}
	fmt.Fprintf(env.Stderr, "%s: no command %q; %s help lists them\n", program, args[0], program)
	return 2
}

func list(w io.Writer, program, about string, commands []Command) {
	fmt.Fprintf(w, "%s\n\n", about)
	for _, command := range commands {
		fmt.Fprintf(w, "  %s %-13s %s\n", program, command.Name, command.Summary)
	}
	fmt.Fprintf(w, "\n%s COMMAND -h shows the flags of a command.\n", program)
}
