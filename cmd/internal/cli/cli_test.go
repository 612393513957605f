package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

func TestParseTakesFlagsAnywhere(t *testing.T) {
	for args, want := range map[string][]string{
		"":               nil,
		"-n 3":           nil,
		"a -n 3 b":       {"a", "b"},
		"a b -n=3":       {"a", "b"},
		"a -- -n 3":      {"a", "-n", "3"},
		"-n 3 -- a -- b": {"a", "--", "b"},
	} {
		flags := Flags(Env{Stdout: &bytes.Buffer{}}, "x", "x")
		n := flags.Int("n", 3, "")
		got, err := Parse(flags, strings.Fields(args))
		if err != nil || !slices.Equal(got, want) || *n != 3 {
			t.Errorf("Parse(%q) = %q, %v, n = %d; want %q", args, got, err, *n, want)
		}
	}
}

// What was asked for goes to standard output, everything else to standard error; a
// mistake is not answered with all flags there are.
func TestRunAnswersInTheRightPlace(t *testing.T) {
	broken := errors.New("broken")
	p := Program{Name: "p", About: "p is a program.", Commands: []Command{{Name: "c", Summary: "does it",
		Run: func(_ context.Context, env Env, args []string) error {
			flags := Flags(env, "c", "p c [-loud]")
			flags.Bool("loud", false, "louder")
			rest, err := Parse(flags, args)
			if err == nil && len(rest) > 0 {
				err = fmt.Errorf("doing it: %w", broken)
			}
			return err
		}}},
		Hint: func(err error) string {
			if errors.Is(err, broken) {
				return "mend it"
			}
			return ""
		}}
	for _, tt := range []struct {
		args           string
		code           int
		stdout, stderr string
	}{
		{"", 0, "p is a program.\n\n  p c             does it\n  p version       say which build this is\n\np COMMAND -h shows the flags of a command.\n", ""},
		{"c -loud", 0, "", ""},
		{"c -h", 0, "usage: p c [-loud]\n  -loud\n    \tlouder\n", ""},
		{"c -x", 2, "", "p c: wrong usage: flag provided but not defined: -x\np c -h shows how it is used\n"},
		{"c a", 1, "", "p c: doing it: broken\np: hint: mend it\n"},
		{"version -h", 0, "usage: p version\n", ""},
		{"version 2", 2, "", "p version: wrong usage: version takes no arguments\np version -h shows how it is used\n"},
		{"d", 2, "", "p: no command \"d\"; p help lists them\n"},
	} {
		var stdout, stderr bytes.Buffer
		code := p.Run(t.Context(), Env{Stdout: &stdout, Stderr: &stderr}, strings.Fields(tt.args))
		if code != tt.code || stdout.String() != tt.stdout || stderr.String() != tt.stderr {
			t.Errorf("Run(%q) = %d, %q, %q", tt.args, code, stdout.String(), stderr.String())
		}
	}
}

// The version is one line, however it is asked for, and says what the build knows.
func TestVersion(t *testing.T) {
	p := Program{Name: "p"}
	for _, ask := range []string{"version", "-version", "--version"} {
		var stdout, stderr bytes.Buffer
		code := p.Run(t.Context(), Env{Stdout: &stdout, Stderr: &stderr}, []string{ask})
		if out := stdout.String(); code != 0 || stderr.Len() > 0 || !strings.HasPrefix(out, "p ") || strings.Count(out, "\n") != 1 {
			t.Errorf("Run(%q) = %d, %q, %q", ask, code, out, stderr.String())
		}
	}
	set := func(pairs ...string) *debug.BuildInfo {
		info := &debug.BuildInfo{}
		for i := 0; i+1 < len(pairs); i += 2 {
			info.Settings = append(info.Settings, debug.BuildSetting{Key: pairs[i], Value: pairs[i+1]})
		}
		return info
	}
	released := set("vcs.revision", "0d4fb7c1a2b3c4d5", "vcs.time", "2026-11-22T06:57:00Z", "vcs.modified", "false")
	released.Main.Version = "v1.2.0"
	for want, info := range map[string]*debug.BuildInfo{
		"devel, go":                     nil,
		"devel, 0d4, changed since, go": set("vcs.revision", "0d4", "vcs.modified", "true"),
		"v1.2.0, 0d4fb7c1a2b3 of 2026-11-22T06:57:00Z, go": released,
	} {
		if got := Version(info); !strings.HasPrefix(got, want) {
			t.Errorf("Version = %q, want %q…", got, want)
		}
	}
}
