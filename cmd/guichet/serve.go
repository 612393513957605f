package main

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
	"sync"
	"time"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal"
	"guichet.example/portal/store"
	"guichet.example/portal/vault"
	"guichet.example/signing"
)

// grace is how long requests under way may take after the first signal to stop.
const grace = 10 * time.Second

func runServe(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "serve", "guichet serve -config FILE")
	settings, _, err := settingsOf(flags, args, 0)
	if err != nil {
		return err
	}
	fitRuntime()
	log := slog.New(slog.NewJSONHandler(env.Stderr, nil))
	return serve(ctx, settings, log)
}

// serve runs the counter until ctx ends, then lets requests under way finish.
func serve(ctx context.Context, s *Settings, log *slog.Logger) error {
	if err := fitToServe(ctx, s, log); err != nil {
		return err
	}
	db, err := openStore(ctx, s, log)
	if err != nil {
		return err
	}
	defer db.Close()
	federation, err := openProviders(s, db.ServerKey("saml-metadata"), log)
	if err != nil {
		return err
	}
	seal, closeSeal, err := openSeal(ctx, s, log)
	if err != nil {
		return err
	}
	defer closeSeal()
	metrics := newMetrics()
	showSeal(metrics, seal)
	bucket := watchBucket(ctx, db.Objects(), log)
	p, err := newPortal(s, db, bucket, federation, seal, log)
	if err != nil {
		return err
	}
	showRenewal(metrics, s, db, p.Renewals, log)
	showCounter(metrics, p, db, s.Mutuality.ID, log)
	showObjects(metrics, db.Objects())
	server := p.Server()
	shown, err := openKeyPair(s, log)
	if err != nil {
		return err
	}
	if shown != nil {
		server.TLSConfig = shown.config()
		metrics.MustRegister(shown)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("%q: %w", "listen", err)
	}
	room, _ := s.room()
	bound := p.Bound(room)
	listener = bound.Guard(server, listener)
	showConnections(metrics, bound)
	stopMetrics, err := serveMetrics(ctx, s.Metrics, metrics, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer stopMetrics()
	background, stop := context.WithCancel(context.WithoutCancel(ctx))
	var beside sync.WaitGroup
	beside.Go(func() { p.Run(background) })
	beside.Go(func() { federation.run(background) })
	beside.Go(func() { bucket.run(background) })
	if shown != nil {
		beside.Go(func() { shown.run(background) })
	}
	defer func() { stop(); beside.Wait() }()

	warn(s, log)
	log.Info("serving", "origin", s.Origin, "listen", listener.Addr().String(), "mutuality", s.Mutuality.ID)
	finished := make(chan error, 1)
	go func() { finished <- serveOn(server, listener) }()
	select {
	case err := <-finished:
		return err
	case <-db.Stopped():
		server.Close()
		return fmt.Errorf("%w; start again to recover", db.Ping(ctx))
	case <-ctx.Done():
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
		defer cancel()
		log.Info("stopping", "grace", grace.String())
		return server.Shutdown(closing)
	}
}

// warn tells of what a look at the settings alone shows: a live counter was told by the
// check, which looks further.
func warn(s *Settings, log *slog.Logger) {
	rows := inFront(s)
	if s.Mail == nil {
		rows = append(rows, noMail)
	}
	for _, r := range rows {
		if !s.Live {
			log.Warn(r.Says, "do", r.Do)
		}
	}
}

func serveOn(server *http.Server, listener net.Listener) error {
	if server.TLSConfig != nil {
		return server.ServeTLS(listener, "", "")
	}
	return server.Serve(listener)
}

func openStore(ctx context.Context, s *Settings, log *slog.Logger) (*store.DB, error) {
	for _, of := range []struct{ key, folder string }{{"data", s.Data}, {"audit_heads", filepath.Dir(s.auditHeads())}} {
		if info, err := os.Stat(of.folder); err != nil || !info.IsDir() {
			return nil, fmt.Errorf("%q: %s is no folder: make it first", of.key, of.folder)
		}
	}
	place, err := s.where()
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(ctx, s.Keys, place, log)
	if err != nil {
		return nil, fmt.Errorf("opening the keys: %w", err)
	}
	profile, err := s.Mutuality.Profile.Profile()
	if err != nil {
		return nil, fmt.Errorf("%q: %w", "mutuality.profile", err)
	}
	cfg := store.Config{Keys: keys, Log: log, Anchors: s.auditHeads(), RequestsPerDay: s.RequestsPerDay, SearchesPerHour: s.SearchesPerHour, MajorityAge: profile.MajorityAge,
		Off: s.Mutuality.Off, BankDelay: s.Mutuality.BankDelay, Calendar: s.Mutuality.Post.Calendar,
		MafYears: s.Mutuality.Rights.MafYears}
	place.set(&cfg)
	if err := s.Objects.set(&cfg); err != nil {
		return nil, err
	}
	return store.Open(ctx, cfg)
}

// openKeys reads the keys. A first start makes them, and only that: a database that is
// there already opens with its own keys alone.
func openKeys(ctx context.Context, folder string, place where, log *slog.Logger) (*vault.Keys, error) {
	keys, err := vault.LoadKeys(folder)
	if !errors.Is(err, vault.ErrNoKeys) {
		return keys, err
	}
	there, looking := place.exists(ctx)
	if looking != nil {
		return nil, fmt.Errorf("making keys for a new database: %w", looking)
	}
	if there {
		return nil, fmt.Errorf("%s opens with the keys it was made with, put them back: %w", place, err)
	}
	if keys, err = vault.NewKeys(folder); err == nil {
		log.Warn("new keys: keep a copy apart from the backups of the data", "folder", folder)
	}
	return keys, err
}

func newPortal(s *Settings, db *store.DB, bucket *bucketWatch, federation *providers, seal *signing.Sealer, log *slog.Logger) (*portal.Portal, error) {
	outside, err := newServices(s, log)
	if err != nil {
		return nil, err
	}
	policy := auth.DefaultPolicy()
	if s.ClassicReadsHealth != nil {
		policy.ClassicReadsHealth = *s.ClassicReadsHealth
	}
	sender, err := s.Mail.sender()
	if err != nil {
		return nil, err
	}
	return portal.New(portal.Config{
		Origin: s.Origin, Agent: s.Agent, Mutuality: s.Mutuality,
		Store: db, Anchors: outside.anchors, Revocation: outside.status, TSA: outside.tsa, Policy: policy,
		Archive: s.Archive.level(), Renewal: portal.RenewalTimes{Before: s.Archive.RenewBefore.or(0), PerMinute: s.Archive.PerMinute},
		Ready: bucket.Ready, Federation: federation.ways, SAML: federation.announced(), Seal: seal, Mail: sender,
		Idle: s.Idle.or(0), Total: s.Total.or(0), OfficeIdle: s.OfficeIdle.or(0), OfficeTotal: s.OfficeTotal.or(0),
		Kiosks: s.Kiosks.times(), TrustedProxies: s.TrustedProxies,
		Rand: rand.Reader, Log: log,
	})
}

// maxAge turns "0s: never cached" into the checker's negative.
func maxAge(s *Settings) time.Duration {
	age := s.RevocationMaxAge.or(2 * time.Minute)
	if age == 0 {
		return -1
	}
	return age
}

// services are what signing needs of the world: whom to believe, and who answers.
type services struct {
	anchors *certs.TrustAnchors
	status  *revocation.Checker
	tsa     *signing.TSA // nil without one
}

func newServices(s *Settings, log *slog.Logger) (services, error) {
	anchors, err := certs.LoadTrustAnchors(s.Trust)
	if err != nil {
		return services{}, fmt.Errorf("%q: %w", "trust", err)
	}
	status, err := newStatus(s, log)
	if err != nil {
		return services{}, err
	}
	tsa, err := newTSA(s, anchors)
	return services{anchors, status, tsa}, err
}

func newStatus(s *Settings, log *slog.Logger) (*revocation.Checker, error) {
	status, err := revocation.New(revocation.Config{Hosts: s.RevocationHosts, MaxAge: maxAge(s), Rand: rand.Reader, Log: log})
	if err != nil {
		return nil, fmt.Errorf("%q: %w", "revocation_hosts", err)
	}
	return status, nil
}

func newTSA(s *Settings, anchors *certs.TrustAnchors) (*signing.TSA, error) {
	if len(s.Timestamps) == 0 {
		return nil, nil
	}
	return signing.NewTSA(signing.TSAConfig{URLs: s.Timestamps, Anchors: anchors})
}
