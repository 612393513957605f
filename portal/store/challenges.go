package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/vault"
)

// A challenge is found by the hash of the browser's id and sealed under a key made
// from the id itself, so the table alone gives neither id nor nonce.
func challengeContext(hash [32]byte) vault.Context {
	return vault.Context{What: "challenge", ID: string(hash[:]), Version: 1}
}

// Put implements webeid.ChallengeStore.
func (db *DB) Put(ctx context.Context, browser string, c webeid.Challenge) error {
	hash := sha256.Sum256([]byte(browser))
	key, err := db.cfg.Keys.ChallengeKey(browser)
	if err != nil {
		return err
	}
	sealed := key.Seal(challengeContext(hash), []byte(c.Nonce))
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		_, err := t.exec(`
			INSERT INTO challenges (browser, sealed, expires_at) VALUES (?, ?, ?)
			ON CONFLICT (browser) DO UPDATE SET sealed = excluded.sealed, expires_at = excluded.expires_at`,
			hash[:], sealed, micros(c.Expires))
		return err
	})
	if err != nil {
		return fmt.Errorf("storing challenge: %w", err)
	}
	return nil
}

// Take implements webeid.ChallengeStore. The challenge is gone for good before it is
// returned; one that does not open is gone too.
func (db *DB) Take(ctx context.Context, browser string) (webeid.Challenge, error) {
	hash := sha256.Sum256([]byte(browser))
	var sealed []byte
	var expires int64
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		return t.get(`DELETE FROM challenges WHERE browser = ? RETURNING sealed, expires_at`, []any{hash[:]}, &sealed, &expires)
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return webeid.Challenge{}, webeid.ErrChallengeNotFound
	case err != nil:
		return webeid.Challenge{}, fmt.Errorf("taking challenge: %w", err)
	}
	key, err := db.cfg.Keys.ChallengeKey(browser)
	if err != nil {
		return webeid.Challenge{}, err
	}
	nonce, err := key.Open(challengeContext(hash), sealed)
	if err != nil {
		return webeid.Challenge{}, fmt.Errorf("taking challenge: %w: %w", ErrDamaged, err)
	}
	return webeid.Challenge{Nonce: string(nonce), Expires: fromMicros(expires)}, nil
}
