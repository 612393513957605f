package demo

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"guichet.example/auth"
	portalkiosk "guichet.example/portal/kiosk"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
	"guichet.example/reader/kiosk"
)

// kioskDesk is the demo's kiosk: the agent is there from the start, its machine once it
// is paired.
type kioskDesk struct {
	mu      sync.Mutex
	machine *kiosk.Machine
	cards   agent.Cards
	client  *http.Client
}

var errNoKiosk = errors.New("no kiosk is paired")

// Status implements agent.Kiosk.
func (k *kioskDesk) Status() api.KioskStatus {
	if m := k.running(); m != nil {
		return m.Status()
	}
	return api.KioskStatus{}
}

// Bind implements agent.Kiosk.
func (k *kioskDesk) Bind(ctx context.Context, browser string) error {
	if m := k.running(); m != nil {
		return m.Bind(ctx, browser)
	}
	return errNoKiosk
}

// Told implements agent.Kiosk. Without a kiosk the card is a member's at home.
func (k *kioskDesk) Told(ctx context.Context) error {
	if m := k.running(); m != nil {
		return m.Told(ctx)
	}
	return nil
}

func (k *kioskDesk) running() *kiosk.Machine {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.machine
}

// line opens the connection of a machine with the key in that file of the demo's folder,
// and makes the key.
func (w *world) line(name string) (*kiosk.Line, error) {
	path := filepath.Join(w.dir, name)
	key, err := kiosk.LoadKey(path)
	if errors.Is(err, os.ErrNotExist) {
		key, err = kiosk.NewKey(path)
	}
	if err != nil {
		return nil, err
	}
	state, err := kiosk.OpenState(path + ".state")
	if err != nil {
		return nil, err
	}
	line := &kiosk.Line{Portal: w.origin, Key: key, State: state, HTTP: w.kiosk.client}
	return line, line.Open()
}

// runKiosk lets the machine work until the world closes, or what it returns is called.
func (w *world) runKiosk(ctx context.Context, line *kiosk.Line) (stop func()) {
	machine := &kiosk.Machine{Line: line, Cards: w.kiosk.cards, Log: w.log, Patience: -1}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := machine.Run(ctx); err != nil {
			w.log.Error("kiosk stopped", "cause", err)
		}
	}()
	w.kiosk.mu.Lock()
	w.kiosk.machine = machine
	w.kiosk.mu.Unlock()
	stop = sync.OnceFunc(func() { cancel(); <-done })
	w.stop(stop)
	return stop
}

// startKiosk pairs and runs the demo's kiosk, in the name of its administrator. Doing it
// again changes nothing.
func (w *world) startKiosk(ctx context.Context) error {
	if w.agent == nil {
		return errors.New("the demo runs without an agent, and a kiosk needs one")
	}
	if w.kiosk.running() != nil {
		return nil
	}
	administrator, err := w.store.StaffByNumber(ctx, mutualityID, mustNumber(administratorNumber))
	if err != nil {
		return err
	}
	code, err := portalkiosk.NewCode(rand.Reader)
	if err != nil {
		return err
	}
	officer := auth.Officer{Mutuality: mutualityID, ID: administrator.ID, Name: administrator.Name, Roles: administrator.Roles}
	machine := portalkiosk.Kiosk{Name: "Borne 1", Branch: "Liège Outremeuse", CodeEnds: time.Now().Add(time.Minute)}
	if _, err := w.store.AddKiosk(ctx, officer, machine, code); err != nil {
		return err
	}
	for _, old := range []string{"kiosk.key", "kiosk.key.state"} { // of an earlier start of this folder
		if err := os.Remove(filepath.Join(w.dir, old)); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	line, err := w.pairKiosk(ctx, code)
	if err != nil {
		return err
	}
	w.runKiosk(ctx, line)
	return nil
}

// administratorNumber is the national number of Inès, who administers the demo.
const administratorNumber = "79042118497"

// clientOf believes the demo's own certificate.
func clientOf(served *tls.Config) *http.Client {
	client := &http.Client{Timeout: 4 * time.Second}
	if served == nil {
		return client
	}
	roots := x509.NewCertPool()
	for _, c := range served.Certificates {
		if leaf, err := x509.ParseCertificate(c.Certificate[0]); err == nil {
			roots.AddCert(leaf)
		}
	}
	client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	return client
}

// pairKiosk pairs the demo's kiosk with a code.
func (w *world) pairKiosk(ctx context.Context, code string) (*kiosk.Line, error) {
	line, err := w.line("kiosk.key")
	if err != nil {
		return nil, err
	}
	if _, err := line.Pair(ctx, code); err != nil {
		return nil, fmt.Errorf("pairing: %w", err)
	}
	return line, nil
}
