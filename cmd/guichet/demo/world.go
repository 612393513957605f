package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/portal"
	"guichet.example/portal/bank"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
	"guichet.example/reader/agent"
	"guichet.example/reader/api"
	"guichet.example/reader/doctor"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
	"guichet.example/signing"
)

// marker is the file that says a data folder belongs to a demo. The demo refuses any
// other folder that is not empty: its keys lie beside its data, and its cards' PINs
// are known.
const marker = "guichet-demo"

// world is everything the demo runs: made-up people with cards, the authorities that
// issued them, an agent with a reader, and the counter.
type world struct {
	dir      string
	log      *slog.Logger
	services *certstest.Server
	standIn  *standIn
	desk     *softcard.Desk
	agent    *agent.Agent
	kiosk    kioskDesk
	store    *store.DB
	seal     *signing.Sealer
	portal   *portal.Portal
	post     postDesk
	people   []character
	cards    map[string]*certstest.Card
	origin   string
	listener net.Listener
	stops    []func()
	halt     map[string]func() // ends what serve runs under that name
}

// claim makes dir the demo's, or refuses it.
func claim(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, marker)); err == nil {
		return nil
	}
	if len(entries) > 0 {
		return fmt.Errorf("%s is not empty and not a demo's folder", dir)
	}
	return os.WriteFile(filepath.Join(dir, marker), []byte("made-up people; remove this folder freely\n"), 0o600)
}

// build starts the parts in the order in which they need each other. The caller ends
// with close, also after an error.
func build(ctx context.Context, cfg Config, log *slog.Logger) (*world, error) {
	w := &world{dir: cfg.Data, log: log, cards: map[string]*certstest.Card{}, people: characters(time.Now()), halt: map[string]func(){}}
	if err := claim(w.dir); err != nil {
		return w, err
	}
	steps := []func(context.Context, Config) error{
		w.listen, w.startProvider, w.startServices, w.makeCards, w.startReader, w.startSeal, w.openStore, w.startPortal, w.enrol, w.live, w.printCodes, w.givePasswords, w.employ,
	}
	for _, step := range steps {
		if err := step(ctx, cfg); err != nil {
			return w, err
		}
	}
	return w, nil
}

// stop remembers what close has to end; the last started ends first.
func (w *world) stop(f func()) { w.stops = append(w.stops, f) }

func (w *world) close() {
	for i := len(w.stops) - 1; i >= 0; i-- {
		w.stops[i]()
	}
	w.stops = nil
}

func (w *world) listen(ctx context.Context, cfg Config) error {
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return err
	}
	if !loopback(host) {
		return fmt.Errorf("the demo listens on loopback addresses only, not on %s", host)
	}
	w.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", cfg.Listen)
	if err != nil {
		return err
	}
	w.stop(func() { w.listener.Close() })
	_, port, err := net.SplitHostPort(w.listener.Addr().String())
	if err != nil {
		return err
	}
	w.origin = cfg.scheme() + "://" + net.JoinHostPort(host, port)
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// startServices starts the authorities. Their address stands in every certificate
// they issued, so a folder that is used again keeps it.
func (w *world) startServices(_ context.Context, cfg Config) error {
	known := filepath.Join(w.dir, "authorities-address")
	address := cfg.Services
	if kept, err := os.ReadFile(known); err == nil {
		address = string(kept)
	}
	services, err := certstest.Listen(certstest.Config{Now: time.Now, Dir: filepath.Join(w.dir, "authorities")}, address)
	if err != nil {
		return fmt.Errorf("starting the authorities: %w", err)
	}
	w.services = services
	w.stop(func() { services.Close() })
	return os.WriteFile(known, []byte(hostOf(services.URL)), 0o600)
}

func (w *world) makeCards(context.Context, Config) error {
	desk, err := softcard.NewDesk(filepath.Join(w.dir, "cards"))
	if err != nil {
		return fmt.Errorf("making the card desk: %w", err)
	}
	w.desk = desk
	for _, p := range w.people {
		card, err := w.services.Issue(p.Person)
		if err != nil {
			return fmt.Errorf("issuing the card of %s: %w", p.Key, err)
		}
		if p.Revoked {
			if err := revoke(w.services, card); err != nil {
				return err
			}
		}
		w.cards[p.Key] = card
		if _, err := desk.Tries(p.Key); err == nil {
			continue // made at an earlier start of this folder
		}
		if err := desk.AddCard(p.Key, card, PIN); err != nil {
			return fmt.Errorf("writing the card of %s: %w", p.Key, err)
		}
	}
	return nil
}

func revoke(s *certstest.Server, card *certstest.Card) error {
	const keyCompromise = 1 // RFC 5280, 5.3.1
	yesterday := time.Now().Add(-24 * time.Hour)
	return errors.Join(
		s.Revoke(card.Authentication.Certificate, yesterday, keyCompromise),
		s.Revoke(card.Signature.Certificate, yesterday, keyCompromise))
}

func (w *world) startReader(ctx context.Context, cfg Config) error {
	if cfg.Agent == NoAgent {
		return w.writeHost()
	}
	cards, err := remote.Open(remote.Config{Modules: []string{w.desk.Module()}, Log: w.log})
	if err != nil {
		return fmt.Errorf("opening the card module: %w", err)
	}
	w.stop(func() { cards.Close() })
	w.kiosk.cards = agent.FromSet(cards)
	w.kiosk.client = clientOf(cfg.TLS)
	w.agent, err = agent.New(agent.Config{
		Listen: cfg.Agent, Origins: []string{w.origin}, Cards: w.kiosk.cards, Kiosk: &w.kiosk, Deadline: cfg.Deadline, Log: w.log,
		Doctor: func(ctx context.Context, lang string) api.Checkup {
			return doctor.Run(ctx, doctor.Config{Cards: cards, Lang: lang, Serving: true})
		}})
	if err != nil {
		return err
	}
	if err := w.agent.Listen(); err != nil {
		return fmt.Errorf("starting the agent: %w", err)
	}
	w.serve(ctx, "agent", w.agent.Serve)
	return nil
}

// serve runs f until the world closes, or it is halted.
func (w *world) serve(ctx context.Context, name string, f func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(ctx); err != nil && ctx.Err() == nil {
			w.log.Error(name+" stopped", "cause", err)
		}
	}()
	w.halt[name] = func() { cancel(); <-done }
	w.stop(w.halt[name])
}

func (w *world) openStore(ctx context.Context, cfg Config) error {
	folder := filepath.Join(w.dir, "keys")
	keys, err := vault.LoadKeys(folder)
	if errors.Is(err, vault.ErrNoKeys) {
		keys, err = vault.NewKeys(folder)
	}
	if err != nil {
		return fmt.Errorf("opening the keys: %w", err)
	}
	w.store, err = store.Open(ctx, w.storeConfig(cfg, keys))
	if err != nil {
		return fmt.Errorf("opening the store: %w", err)
	}
	w.stop(func() { w.store.Close() })
	return nil
}

func (w *world) startPortal(ctx context.Context, cfg Config) error {
	status, err := revocation.New(revocation.Config{Hosts: w.services.Hosts(), Log: w.log})
	if err != nil {
		return err
	}
	anchors := w.services.Anchors()
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{w.services.TSAURL()}, Anchors: anchors})
	if err != nil {
		return err
	}
	prof, err := cfg.profileOf()
	if err != nil {
		return err
	}
	itself := mutuality()
	itself.Off = cfg.Off
	w.portal, err = portal.New(portal.Config{
		Origin: w.origin, Loopback: true, Agent: w.agentURL(), Mutuality: itself,
		Store: w.store, Anchors: anchors, Revocation: status, TSA: tsa,
		Federation: w.standIn.ways, SAML: w.standIn.party, Seal: w.seal, Mail: &w.post,
		Policy: auth.DefaultPolicy(), Profile: prof, Rand: rand.Reader, Log: w.log,
	})
	if err != nil {
		return err
	}
	w.serve(ctx, "raiser", func(ctx context.Context) error { w.portal.Run(ctx); return nil })
	server := w.portal.Server()
	server.Handler = w.withDesk(server.Handler)
	w.serve(ctx, "portal", func(ctx context.Context) error {
		context.AfterFunc(ctx, func() {
			grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			server.Shutdown(grace)
		})
		return cfg.serveOn(server, w.portal.Bound(connections).Guard(server, w.listener))
	})
	return nil
}

// connections is how many the demo has at once.
const connections = 1000

// serveOn serves until Shutdown.
func (c Config) serveOn(server *http.Server, listener net.Listener) error {
	var err error
	if c.TLS != nil {
		server.TLSConfig = c.TLS
		err = server.ServeTLS(listener, "", "")
	} else {
		err = server.Serve(listener)
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// enrol writes the members into the store; doing it again changes nothing.
func (w *world) enrol(ctx context.Context, _ Config) error {
	for _, p := range w.people {
		if p.Member == nil {
			continue
		}
		if err := w.store.AddMember(ctx, p.member(), []bank.Account{p.Account}); err != nil {
			return fmt.Errorf("enrolling %s: %w", p.Key, err)
		}
	}
	return nil
}
