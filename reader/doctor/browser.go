package doctor

import (
	"os"
	"slices"

	"guichet.example/reader/native"
)

// BrowserAt is a browser of this person, and what stands where it looks for native hosts.
type BrowserAt struct {
	Name      string            // "Firefox"
	Manifests []native.Manifest // the first that is there counts
	Sandboxed bool              // a snap or flatpak, which cannot start programs of this machine
}

// hostState is whom a browser would start for the extension.
type hostState int

const (
	notInstalled hostState = iota
	installedHere
	installedOther // another program that is there
	brokenManifest // nothing that is there
)

// lookAtBrowsers says for each browser whether it would start this program.
func (e *examination) lookAtBrowsers() result {
	var names, closed []string
	by := map[hostState][]string{}
	for _, b := range e.Browsers {
		name := plainly(b.Name)
		if b.Sandboxed {
			closed = append(closed, name)
			continue
		}
		names = append(names, name)
		state := b.host(e.System.Program())
		by[state] = append(by[state], name)
	}
	working := slices.Concat(by[installedHere], by[installedOther])
	args := func(list []string) []string { return []string{"names", join(list), "working", join(working)} }
	switch agent := e.outcomeOf(Agent); {
	case len(names)+len(closed) == 0:
		return result{finding: "none"}
	case len(by[brokenManifest]) > 0:
		return result{finding: "broken", args: args(by[brokenManifest])}
	case len(working) > 0 && len(by[notInstalled])+len(closed) > 0:
		return result{finding: "some", args: args(slices.Concat(by[notInstalled], closed))}
	case len(working) > 0 && len(by[installedHere]) == 0:
		return result{finding: "other", args: args(working)}
	case len(working) > 0:
		return result{finding: "installed", args: args(working)}
	case agent == passed || agent == warning:
		return result{finding: "agent", args: args(slices.Concat(names, closed))}
	case len(names) == 0:
		return result{finding: "sandboxed", args: args(closed)}
	}
	return result{finding: "missing", args: args(names)}
}

// outcomeOf is the outcome of a link that was looked at before.
func (e *examination) outcomeOf(id string) outcome {
	return linkOf(id).outcome(result{finding: e.found(id)})
}

// host says whom the browser would start.
func (b BrowserAt) host(program string) hostState {
	for _, m := range b.Manifests {
		switch {
		case !m.Present:
			continue
		case !m.Runs:
			return brokenManifest
		case m.Ours || sameFile(m.Program, program):
			return installedHere
		}
		return installedOther
	}
	return notInstalled
}

func sameFile(one, other string) bool {
	a, err := os.Stat(one)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && os.SameFile(a, b)
}
