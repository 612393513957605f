package kiosk

import (
	"testing"

	"guichet.example/certs/registry"
	"guichet.example/reader/api"
)

// "Again" is said only of a card that was told of: where the first word still waits, the
// second takes its place and is the first.
func TestCardToldAgain(t *testing.T) {
	again := api.KioskMessage{Kind: api.KioskCardIn, Files: &registry.Files{}, Again: true}
	sent := &Machine{todo: []api.KioskMessage{{Kind: api.KioskCardIn}}} // may be on its way
	sent.queue(again)
	if n := len(sent.todo); n != 2 || !sent.todo[1].Again {
		t.Errorf("after the first was sent: %+v", sent.todo)
	}
	waiting := &Machine{todo: []api.KioskMessage{{Kind: api.KioskBeat}, {Kind: api.KioskCardIn}}}
	waiting.queue(again)
	if n := len(waiting.todo); n != 2 || waiting.todo[1].Again || waiting.todo[1].Files == nil {
		t.Errorf("while the first waits: %+v", waiting.todo)
	}
}
