package bench

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/signing"
	"guichet.example/signing/document"
	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

// sealSessions is how many sessions the token has: one for each core of the usual machine,
// and what "seal.sessions" is when nobody says. sealCallers is how many seals are asked for
// at once: a counter under load has more requests than sessions, and while one is prepared
// or verified another is in the token. The bare side has a caller for each session, and no
// use for more: it is in the token all the time.
const (
	sealSessions = 2
	sealCallers  = 2 * sealSessions
)

// sealBB compares sealing a letter at B-B - read, one revision added, digested, signed in
// the token, the value built in, the sealed file read again and its seal verified - with
// the bare C_SignInit and C_Sign of the same key, in as many sessions.
func sealBB(ctx context.Context) (Result, error) {
	s, err := openSeals(ctx)
	if err != nil {
		return Result{}, err
	}
	defer s.close()
	ours := func() error { return s.each(sealCallers, func(int) error { return s.seal(ctx) }) }
	bare := func() error { return s.each(sealSessions, s.bareSeal) }
	if err := errors.Join(ours(), bare()); err != nil { // warm
		return Result{}, err
	}
	a, b, err := compare(ctx, 100*time.Millisecond, ours, bare)
	if err != nil {
		return Result{}, err
	}
	r := against(a/sealsMade, b/sealsMade)
	return Result{Value: 1e6 / r.Value, Unit: "seals/s", Limit: 1e6 / r.Limit, Ratio: r.Ratio}, nil
}

// sealsMade is how many seals are made before the callers are waited for.
const sealsMade = 64

// seals is a token with a seal key, opened as the counter does and bare.
type seals struct {
	dir      string
	env      string // SOFTHSM2_CONF as it was
	services *certstest.Server
	key      *hsm.Key
	bare     *hsmtest.Bare
	sealer   *signing.Sealer
	letter   []byte
}

func openSeals(ctx context.Context) (*seals, error) {
	dir, err := os.MkdirTemp("", "guichet-bench-")
	if err != nil {
		return nil, err
	}
	s := &seals{dir: dir, env: os.Getenv("SOFTHSM2_CONF")}
	if err := s.open(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *seals) open(ctx context.Context) (err error) {
	const token, pin = "bench", "482913"
	if s.services, err = certstest.Listen(certstest.Config{}, ""); err != nil {
		return err
	}
	folder, err := hsmtest.New(filepath.Join(s.dir, "tokens"))
	if err != nil {
		return err
	}
	public, err := folder.Make(hsmtest.Spec{Token: token, PIN: pin, Label: "seal", ID: []byte{1}, Kind: hsmtest.RSA2048})
	if err != nil {
		return err
	}
	cert, err := s.services.CertifySeal("Mutualité des Tilleuls", "VATBE-0400000000", public)
	if err != nil {
		return err
	}
	s.key, err = hsm.Open(ctx, hsm.Config{Module: folder.Module(), Token: token, Label: "seal", Certificate: cert,
		PIN: func() ([]byte, error) { return []byte(pin), nil }, Sessions: sealSessions})
	if err != nil {
		return err
	}
	if s.bare, err = folder.Bare(token, pin, hsmtest.RSA2048, sealSessions); err != nil {
		return err
	}
	s.sealer = &signing.Sealer{Key: s.key, Certificates: []*x509.Certificate{cert}, Anchors: s.services.Anchors()}
	s.letter, err = benchLetter()
	return err
}

// benchLetter is an order as the counter freezes it.
func benchLetter() ([]byte, error) {
	today := time.Now()
	drawn, err := document.Draw(document.EHICOrder{
		Reference: "GC-2026-4K7P-118", Language: document.FR, Mutuality: benchMutualitySettings().Letterhead, Date: today,
		Member:     document.Person{Name: "Mathieu Delcourt", Birth: time.Date(1985, 7, 30, 0, 0, 0, 0, time.UTC)},
		ForPersons: []string{"Mathieu Delcourt"}, DeliverTo: []string{"Rue Hors-Château 28", "4000 Liège"},
	}, today)
	if err != nil {
		return nil, fmt.Errorf("drawing a letter: %w", err)
	}
	return drawn.PDF, nil
}

// each makes sealsMade calls by so many callers at once.
func (s *seals) each(callers int, call func(caller int) error) error {
	var all sync.WaitGroup
	failed := make([]error, callers)
	for caller := range callers {
		all.Go(func() {
			for range sealsMade / callers {
				if failed[caller] = call(caller); failed[caller] != nil {
					return
				}
			}
		})
	}
	all.Wait()
	return errors.Join(failed...)
}

// seal makes one seal. The sealer itself verifies what it wrote.
func (s *seals) seal(ctx context.Context) error {
	sealed, err := s.sealer.Seal(ctx, s.letter, signing.SealOptions{})
	if err == nil && !bytes.HasPrefix(sealed, s.letter) {
		err = errors.New("a seal changed what it seals")
	}
	return err
}

// bareSeal is one signature over as many bytes as a DigestInfo of SHA-256 has.
func (s *seals) bareSeal(session int) error {
	value, err := s.bare.Sign(session, make([]byte, 51))
	if err == nil && len(value) != 256 {
		err = errors.New("a bare signature has another length")
	}
	return err
}

func (s *seals) close() {
	if s.bare != nil {
		s.bare.Close()
	}
	if s.key != nil {
		s.key.Close()
	}
	if s.services != nil {
		s.services.Close()
	}
	os.Setenv("SOFTHSM2_CONF", s.env)
	os.RemoveAll(s.dir)
}
