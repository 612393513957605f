package doctor

import (
	"path/filepath"
	"slices"
	"strings"

	"guichet.example/reader"
)

// ServiceState is how the system's service for card readers was found.
type ServiceState int

// What asking the service can give.
const (
	ServiceElsewhere ServiceState = iota // this system has none that we could ask
	ServiceAnswers
	ServiceMissing // nothing listens
	ServiceSilent  // something listens and does not answer
	ServiceDenied  // we may not speak to it
)

// System is what a checkup asks of the system beside the modules. A nil field asks the
// real one, where we know how.
type System struct {
	Service     func() ServiceState // PC/SC daemon
	PluggedIn   func() bool         // a USB card reader is there, whatever the software sees
	Programs    func() []string     // other running programs with card software loaded, sorted, at most maxPrograms
	Modules     func() []string     // paths of installed modules
	HasPinentry func() bool         // some pinentry is installed
	Program     func() string       // path of this program, "" if it cannot be told
}

// maxPrograms bounds how many other programs are named.
const maxPrograms = 5

func (s System) orReal() System {
	if s.Service == nil {
		s.Service = askService
	}
	if s.PluggedIn == nil {
		s.PluggedIn = pluggedIn
	}
	if s.Programs == nil {
		s.Programs = programs
	}
	if s.Modules == nil {
		s.Modules = reader.FindModules
	}
	if s.HasPinentry == nil {
		s.HasPinentry = hasPinentry
	}
	if s.Program == nil {
		s.Program = thisProgram
	}
	return s
}

// lookAtService says whether the system's service for card readers answers. A module that
// shows readers has found its own way to them.
func (e *examination) lookAtService(readers result) result {
	reached := linkOf(Reader).outcome(readers) == passed
	switch state := e.System.Service(); {
	case state == ServiceAnswers:
		return result{finding: "answers"}
	case reached:
		return result{finding: "unneeded"}
	case state == ServiceMissing:
		return result{finding: "missing"}
	case state == ServiceSilent:
		return result{finding: "silent"}
	case state == ServiceDenied:
		return result{finding: "denied"}
	}
	return result{finding: "unseen"}
}

// sortNames sorts, takes doubles away and bounds a list of programs.
func sortNames(names []string) []string {
	slices.Sort(names)
	names = slices.Compact(names)
	return names[:min(len(names), maxPrograms)]
}

func join(names []string) string { return strings.Join(names, ", ") }

func base(path string) string { return strings.TrimSuffix(filepath.Base(path), ".exe") }
