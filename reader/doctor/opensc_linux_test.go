package doctor

import (
	"path/filepath"
	"testing"
	"time"

	"guichet.example/reader/softcard/applet"
	"guichet.example/reader/softcard/pcsc"
)

// The real daemon, the real OpenSC, and a Belgian card behind them: what a member has who
// installed nothing of her own.
func TestRealOpenSC(t *testing.T) {
	w, err := made()
	check(t, err)
	modules, _ := filepath.Glob("/usr/lib/*/opensc-pkcs11.so")
	if len(modules) == 0 {
		t.Fatal("opensc-pkcs11.so is not installed")
	}
	rig, err := pcsc.Start(pcsc.Config{Poll: 10 * time.Millisecond})
	check(t, err)
	defer rig.Close()
	t.Setenv("PCSCLITE_CSOCK_NAME", rig.Socket()) // for askService, and for the children
	c := quiet()
	c.System.Service = askService
	for _, tt := range []struct {
		card  string
		want  map[string]string
		works bool
	}{
		{"", map[string]string{Reader: "several", Card: "absent"}, false},
		{"rsa", map[string]string{Card: "known", Authentication: "valid", Signature: "opensc", Chain: "complete", PIN: "fine"}, true},
		{"good", map[string]string{Card: "known", Authentication: "opensc", Signature: "opensc"}, false},
	} {
		if tt.card != "" {
			card, err := applet.New(w.cards[tt.card], pin)
			check(t, err)
			check(t, rig.Insert(0, card))
		}
		c.Cards = set(t, modules[0])
		checkup, found := run(t, c)
		wants(t, found, map[string]string{Service: "answers", Module: "opensc"})
		wants(t, found, tt.want)
		if got := Works(checkup); got != tt.works {
			t.Errorf("with card %q Works() = %v, want %v", tt.card, got, tt.works)
		}
		w.namesNobody(t, checkup)
		check(t, rig.Remove(0))
	}
	check(t, rig.Stop())
	c.Cards = set(t, modules[0])
	if _, found := run(t, c); found[Service] != "missing" || found[Reader] != skipped {
		t.Errorf("without the daemon: service %s, reader %s", found[Service], found[Reader])
	}
}
