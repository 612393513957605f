package doctor

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// BrowserAt is a browser of this person, and where it looks for native hosts.
type BrowserAt struct {
	Name      string   // "Firefox"
	Manifests []string // paths of the manifest, first found counts; empty: none is ever read
	Sandboxed bool     // a snap or flatpak, which cannot start programs of this machine
}

// maxManifest bounds a manifest, in bytes.
const maxManifest = 64 << 10

// manifestState is how a browser's manifest was found.
type manifestState int

const (
	notInstalled manifestState = iota
	installedHere
	installedOther // another program that is there serves this browser
	brokenManifest
)

// lookAtBrowsers says for each browser whether it would start this program.
func (e *examination) lookAtBrowsers() result {
	var names, closed []string
	by := map[manifestState][]string{}
	for _, b := range e.Browsers {
		name := plainly(b.Name)
		if b.Sandboxed {
			closed = append(closed, name)
			continue
		}
		names = append(names, name)
		state := e.readManifest(b)
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
	case len(by[installedOther]) > 0 && len(by[installedHere]) == 0:
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

// readManifest reads what the browser would read.
func (e *examination) readManifest(b BrowserAt) manifestState {
	for _, path := range b.Manifests {
		f, err := os.Open(path)
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return brokenManifest
		}
		content, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
		f.Close()
		if err != nil || len(content) > maxManifest {
			return brokenManifest
		}
		return e.judgeManifest(content)
	}
	return notInstalled
}

// judgeManifest says whom a manifest (JSON, of the extension's native host) starts.
func (e *examination) judgeManifest(content []byte) manifestState {
	var m struct {
		Name, Path, Type string
		Origins          []string `json:"allowed_origins"`
		Extensions       []string `json:"allowed_extensions"`
	}
	err := json.Unmarshal(content, &m)
	if err != nil || m.Name != "eu.webeid" || m.Type != "stdio" || !filepath.IsAbs(m.Path) || len(m.Origins)+len(m.Extensions) == 0 {
		return brokenManifest
	}
	program, err := os.Stat(m.Path)
	if err != nil || program.IsDir() || !executable(program) {
		return brokenManifest
	}
	if self, err := os.Stat(e.System.Program()); err == nil && os.SameFile(self, program) || base(m.Path) == "guichet-reader" {
		return installedHere
	}
	return installedOther
}
