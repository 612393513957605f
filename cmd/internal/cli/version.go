package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is the command that every program has: what was built, from which sources,
// with which Go, in one line to send to the help desk.
func (p Program) version() Command {
	return Command{Name: "version", Summary: "say which build this is", Run: func(_ context.Context, env Env, args []string) error {
		rest, err := Parse(Flags(env, "version", p.Name+" version"), args)
		if err != nil {
			return err
		}
		if len(rest) > 0 {
			return fmt.Errorf("%w: version takes no arguments", ErrUsage)
		}
		info, _ := debug.ReadBuildInfo()
		build := Version(info)
		if p.Release != "" {
			build = p.Release + ", " + build
		}
		fmt.Fprintln(env.Stdout, p.Name, build)
		return nil
	}}
}

// Version describes a build: "v1.2.0, 0d4fb7c1a2b3 of 2026-11-22T06:57:00Z, go1.26.1 linux/amd64".
// A build from sources without a version is "devel", one of changed sources says so.
func Version(info *debug.BuildInfo) string {
	with := fmt.Sprintf("%s %s/%s", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if info == nil {
		return "devel, " + with
	}
	name, settings := info.Main.Version, map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	if name == "" || name == "(devel)" {
		name = "devel"
	}
	if revision := settings["vcs.revision"]; revision != "" {
		name += ", " + revision[:min(12, len(revision))]
		if at := settings["vcs.time"]; at != "" {
			name += " of " + at
		}
		if settings["vcs.modified"] == "true" {
			name += ", changed since"
		}
	}
	return name + ", " + with
}
