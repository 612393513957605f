package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/credentials"
	"guichet.example/portal/timeid"
)

const (
	sealedPayload = "code-payload"
	// keepCodes is how long an ended code is kept, so that its link can say that it
	// expired and its history can be read.
	keepCodes  = 400 * 24 * time.Hour
	maxPayload = 1 << 10 // bytes
)

func (db *DB) secretIndex(mutuality string, p credentials.Purpose, secret string) []byte {
	return db.cfg.Keys.Index("code "+string(p), mutuality, secret)
}

// PutCode implements credentials.Store.
func (db *DB) PutCode(ctx context.Context, c credentials.Code, secret, actor string) error {
	note := db.ownEntry(ctx, c.Mutuality, c.Member, audit.IssueCode, object("code", string(c.Purpose)))
	if actor != "" {
		note.Actor = actor
	}
	err := db.write(ctx, note, func(t *tx) error {
		_, err := t.code(db, c, secret)
		return err
	})
	if err != nil {
		return fmt.Errorf("storing code: %w", err)
	}
	return nil
}

// code stores a code in the act's own commit, for a letter or mail that leaves with it,
// and returns its id. Codes of the same purpose that the member had die, but for those
// that undo or stop something: two changes must not leave the first for good.
func (t *tx) code(db *DB, c credentials.Code, secret string) (string, error) {
	clean := c.Purpose.Clean(secret)
	if clean == "" || len(c.Payload) > maxPayload {
		return "", errors.New("code is not one of ours")
	}
	key, err := db.keyOf(t.conn, c.Mutuality, c.Member)
	if err != nil {
		return "", err
	}
	if c.ID == "" {
		if c.ID, err = timeid.New(db.cfg.Now(), db.cfg.Rand); err != nil {
			return "", err
		}
	}
	if !c.Purpose.Many() { // of those, each undoes another thing: endUndos
		_, err = t.exec(`
			UPDATE credential_codes SET ended_at = ?, outcome = 'replaced'
			WHERE mutuality = ? AND member = ? AND purpose = ? AND outcome = ''`,
			micros(c.Created), c.Mutuality, string(c.Member), string(c.Purpose))
		if err != nil {
			return "", err
		}
	}
	_, err = t.exec(`
		INSERT INTO credential_codes (mutuality, member, code, purpose, secret_index, tries, created_at, expires_at, outcome, payload_sealed)
		VALUES (?, ?, ?, ?, ?, 0, ?, ?, '', ?)`,
		c.Mutuality, string(c.Member), c.ID, string(c.Purpose), db.secretIndex(c.Mutuality, c.Purpose, clean),
		micros(c.Created), micros(c.Expires), key.seal(sealedPayload, c.ID, 1, []byte(c.Payload)))
	return c.ID, err
}

// FindCode implements credentials.Store. It reads without an audit row: what is found is
// the code's own, and the secret was at hand.
func (db *DB) FindCode(ctx context.Context, mutuality string, p credentials.Purpose, secret string, now time.Time) (credentials.Code, error) {
	var code credentials.Code
	err := db.read(ctx, func(c *conn) (err error) {
		code, err = db.findCode(c, mutuality, p, secret, now)
		return err
	})
	return code, err
}

func (db *DB) findCode(c *conn, mutuality string, p credentials.Purpose, secret string, now time.Time) (credentials.Code, error) {
	code := credentials.Code{Mutuality: mutuality, Purpose: p}
	clean := p.Clean(secret)
	if clean == "" {
		return code, credentials.ErrCode
	}
	var member string
	var created, expires int64
	var ended sql.NullInt64
	var payload []byte
	err := c.get(`
		SELECT member, code, tries, created_at, expires_at, ended_at, outcome, payload_sealed FROM credential_codes
		WHERE mutuality = ? AND purpose = ? AND secret_index = ?`,
		[]any{mutuality, string(p), db.secretIndex(mutuality, p, clean)},
		&member, &code.ID, &code.Tries, &created, &expires, &ended, &code.Outcome, &payload)
	if errors.Is(err, sql.ErrNoRows) {
		return credentials.Code{}, credentials.ErrCode
	}
	if err != nil {
		return credentials.Code{}, fmt.Errorf("reading code: %w", err)
	}
	code.Member, code.Created, code.Expires, code.Ended = auth.MemberID(member), fromMicros(created), fromMicros(expires), fromMaybe(ended)
	if code.Outcome != "" {
		return credentials.Code{}, credentials.ErrCode
	}
	// A clock that went back behind the making of the code does not lengthen its life.
	if now.After(code.Expires) || now.Before(code.Created.Add(-clockBack)) {
		return credentials.Code{}, credentials.ErrCodeExpired
	}
	key, err := db.keyOf(c, mutuality, code.Member)
	if err != nil {
		return credentials.Code{}, err
	}
	text, err := key.open(sealedPayload, code.ID, 1, payload)
	code.Payload = string(text)
	return code, err
}

// UseCode implements credentials.Store.
func (db *DB) UseCode(ctx context.Context, mutuality string, p credentials.Purpose, secret string, now time.Time) (credentials.Code, error) {
	var code credentials.Code
	err := db.write(ctx, audit.Entry{}, func(t *tx) (err error) {
		code, err = db.useCode(ctx, t, mutuality, p, secret, now)
		return err
	})
	return code, err
}

// useCode ends a living code with its row, in the transaction of what it is for.
func (db *DB) useCode(ctx context.Context, t *tx, mutuality string, p credentials.Purpose, secret string, now time.Time) (credentials.Code, error) {
	code, err := db.findCode(t.conn, mutuality, p, secret, now)
	if err != nil {
		return code, err
	}
	if err := endCode(t, code, now); err != nil {
		return credentials.Code{}, err
	}
	if err := t.letterUsed(db, mutuality, code.Member, code.ID); err != nil {
		return credentials.Code{}, err
	}
	return code, t.note(db.ownEntry(ctx, mutuality, code.Member, audit.UseCode, object("code", string(p))))
}

// endCode marks a code as used; ErrCode if it is not alive any more.
func endCode(t *tx, c credentials.Code, now time.Time) error {
	n, err := t.exec(`
		UPDATE credential_codes SET ended_at = ?, outcome = 'used'
		WHERE mutuality = ? AND member = ? AND code = ? AND outcome = ''`,
		micros(now), c.Mutuality, string(c.Member), c.ID)
	if err == nil && n == 0 {
		return credentials.ErrCode
	}
	return err
}

// endCodes lets all living codes die that lead to a password, at once or by way of
// another address: one was set.
func endCodes(t *tx, mutuality string, member auth.MemberID, now time.Time) error {
	_, err := t.exec(`
		UPDATE credential_codes SET ended_at = ?, outcome = 'replaced'
		WHERE mutuality = ? AND member = ? AND outcome = ''
			AND purpose IN ('activate-letter', 'reset-letter', 'counter', 'reset-link', 'renew', 'reactivate', 'confirm-email')`,
		micros(now), mutuality, string(member))
	return err
}

// endLinks lets die what was asked for from a browser that is not trusted any more: what
// comes by post to her home lives on, and so does what undoes a change of address.
func endLinks(t *tx, mutuality string, member auth.MemberID, now time.Time) error {
	_, err := t.exec(`
		UPDATE credential_codes SET ended_at = ?, outcome = 'replaced'
		WHERE mutuality = ? AND member = ? AND outcome = '' AND purpose IN ('reset-link', 'renew', 'confirm-email')`,
		micros(now), mutuality, string(member))
	return err
}

// endUndos ends what would undo the changes of address made since the one now undone.
func endUndos(t *tx, undone credentials.Code, now time.Time) error {
	_, err := t.exec(`
		UPDATE credential_codes SET ended_at = ?, outcome = 'replaced'
		WHERE mutuality = ? AND member = ? AND outcome = '' AND purpose = 'undo-email' AND created_at >= ?`,
		micros(now), undone.Mutuality, string(undone.Member), micros(undone.Created))
	return err
}

// codeTyped is the living code of a letter or counter that was typed as a password, "" if
// it is none of hers.
func (db *DB) codeTyped(t *tx, try credentials.Try, member auth.MemberID) (code string, err error) {
	clean, shaped := credentials.CleanCode(try.Typed)
	if !shaped {
		return "", nil
	}
	for _, p := range []credentials.Purpose{credentials.ActivateLetter, credentials.ResetLetter, credentials.Counter} {
		err := t.get(`
			SELECT code FROM credential_codes WHERE mutuality = ? AND purpose = ? AND secret_index = ?
				AND member = ? AND outcome = '' AND expires_at >= ? AND created_at <= ?`,
			[]any{try.Mutuality, string(p), db.secretIndex(try.Mutuality, p, clean), string(member),
				micros(try.At), micros(try.At.Add(clockBack))}, &code)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			return code, err
		}
	}
	return "", nil
}

// countCode counts what has the shape of a code and is none of hers as a try at each of
// them, and the last one kills it.
func countCode(t *tx, try credentials.Try, member auth.MemberID) error {
	if _, shaped := credentials.CleanCode(try.Typed); !shaped {
		return nil
	}
	_, err := t.exec(`
		UPDATE credential_codes SET tries = tries + 1,
			ended_at = CASE WHEN tries + 1 >= ? THEN ? ELSE ended_at END,
			outcome = CASE WHEN tries + 1 >= ? THEN 'dead' ELSE '' END
		WHERE mutuality = ? AND member = ? AND outcome = '' AND purpose IN ('activate-letter', 'reset-letter', 'counter')`,
		credentials.MaxTries, micros(try.At), credentials.MaxTries, try.Mutuality, string(member))
	return err
}

func sweepCodes(t *tx, now time.Time) (int64, error) {
	return t.exec(`
		DELETE FROM credential_codes WHERE (mutuality, member, code) IN
			(SELECT mutuality, member, code FROM credential_codes WHERE expires_at < ? ORDER BY expires_at LIMIT ?)`,
		micros(now.Add(-keepCodes)), sweepRows)
}
