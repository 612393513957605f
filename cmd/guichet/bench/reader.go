package bench

import (
	"context"
	"crypto"
	"crypto/sha512"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/reader"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

const (
	cardPIN   = "1234"
	ckmECDSA  = 0x1041 // CKM_ECDSA (PKCS#11 v2.40, 2.3.6): the hash as it is
	cardTurns = 40
)

// withCard runs f with a P-384 card in a desk of its own.
func withCard(f func(*softcard.Desk, *certstest.PKI) error) error {
	dir, err := os.MkdirTemp("", "guichet-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return err
	}
	card, err := pki.Issue(benchPerson(certstest.P384))
	if err != nil {
		return err
	}
	desk, err := softcard.NewDesk(dir)
	if err != nil {
		return err
	}
	if err := errors.Join(desk.AddCard("mathieu", card, cardPIN), desk.Insert("mathieu")); err != nil {
		return err
	}
	return f(desk, pki)
}

// readerSign is a signature as a page causes it, PIN and process boundary included, in
// a child that is up, against the bare PKCS#11 calls.
func readerSign(ctx context.Context) (result Result, err error) {
	digest := sha512.Sum384([]byte("document"))
	err = withCard(func(desk *softcard.Desk, _ *certstest.PKI) error {
		set, err := remote.Open(remote.Config{Modules: []string{desk.Module()}})
		if err != nil {
			return err
		}
		defer set.Close()
		bare, err := desk.OpenBare()
		if err != nil {
			return err
		}
		defer bare.Close()
		var ours, limit []time.Duration
		for range cardTurns {
			card, err := set.Card(ctx) // the child that is up
			if err != nil {
				return err
			}
			began := time.Now()
			if _, err := bare.Sign(cardPIN, ckmECDSA, digest[:]); err != nil {
				return fmt.Errorf("bare signature: %w", err)
			}
			limit = append(limit, time.Since(began))
			took, err := signRemotely(ctx, card, digest[:])
			if err != nil {
				return err
			}
			ours = append(ours, took)
		}
		result = against(median(ours), median(limit))
		return nil
	})
	return result, err
}

// signRemotely hands the PIN over on a pipe, as guichet-reader does.
func signRemotely(ctx context.Context, card *remote.Card, digest []byte) (time.Duration, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer r.Close()
	_, err = w.WriteString(cardPIN + "\n")
	if err := errors.Join(err, w.Close()); err != nil {
		return 0, err
	}
	began := time.Now()
	_, err = card.Sign(ctx, remote.SignRequest{Purpose: certs.Signature, Digest: digest, Hash: crypto.SHA384,
		Entry: remote.Entry{Kind: remote.Descriptor, Descriptor: r.Fd()}})
	return time.Since(began), err
}

// readerIdentity is from an insertion to the identity verified, against the module in
// this process.
func readerIdentity(ctx context.Context) (result Result, err error) {
	err = withCard(func(desk *softcard.Desk, pki *certstest.PKI) error {
		set, err := remote.Open(remote.Config{Modules: []string{desk.Module()}})
		if err != nil {
			return err
		}
		defer set.Close()
		module, err := reader.Open(desk.Module())
		if err != nil {
			return err
		}
		defer module.Close()
		remotely := func() error {
			card, err := set.Card(ctx)
			if err != nil {
				return err
			}
			defer card.Close()
			_, err = card.Identity(ctx, pki.Anchors())
			return err
		}
		here := func() error {
			card, err := module.Card(ctx)
			if err != nil {
				return err
			}
			defer card.Close()
			_, err = card.IdentityContext(ctx, pki.Anchors())
			return err
		}
		var ours, limit []time.Duration
		for range cardTurns {
			for _, side := range []struct {
				times *[]time.Duration
				read  func() error
			}{{&ours, remotely}, {&limit, here}} {
				if err := desk.Insert("mathieu"); err != nil { // each time as a card put in anew
					return err
				}
				began := time.Now()
				if err := side.read(); err != nil {
					return err
				}
				*side.times = append(*side.times, time.Since(began))
			}
		}
		result = against(median(ours), median(limit))
		return nil
	})
	return result, err
}

func median(list []time.Duration) time.Duration {
	slices.Sort(list)
	return list[len(list)/2]
}
