package demo

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// NoAgent is a Config.Agent: members reach their card through the Web eID extension and
// its native host, as at home. The host takes https pages only.
const NoAgent = "none"

func (w *world) agentURL() string {
	if w.agent == nil {
		return ""
	}
	return w.agent.URL()
}

// hostPath is a program that browsers can start as native host for the demo's cards.
func (w *world) hostPath() string { return filepath.Join(w.dir, "native-host") }

// writeHost writes it: a browser gives a host no flags of ours.
func (w *world) writeHost() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(w.dir)
	if err != nil {
		return err
	}
	program := filepath.Join(filepath.Dir(self), "guichet-reader")
	text := fmt.Sprintf("#!/bin/sh\nexec %q native-host -module %q -log %q \"$@\"\n",
		program, w.desk.Module(), filepath.Join(folder, "native-host.log"))
	return os.WriteFile(w.hostPath(), []byte(text), 0o700)
}

// inviteExtension says how to get there with the extension.
func (w *world) inviteExtension(out io.Writer) {
	path, err := filepath.Abs(w.hostPath())
	if err != nil {
		return
	}
	fmt.Fprintf(out, `
The counter is open:      %s
Cards in and out, mail:   %s/desk
The PIN of every card:    %s

Install the Web eID extension in your browser, then tell the browser of the demo's cards:

	guichet-reader install -program %s

Afterwards guichet-reader install -remove takes that back. Ctrl-C ends the demo.
`, w.origin, w.origin, PIN, path)
}
