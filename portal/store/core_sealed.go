package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/timeid"
)

// sealedDelivery is the PDF of a received document, sealed before the transaction that
// stores it: sealing, and an object store, keep nobody waiting.
type sealedDelivery struct {
	document string // its id
	sum      [sha256.Size]byte
	blob     sealedBlob
}

// sealDelivery seals the PDFs of a batch that are not there yet, and places them. What has
// changed when the batch is stored is sealed again there.
func (db *DB) sealDelivery(ctx context.Context, mutuality string, batch core.Batch, laid *draft) (map[[2]string]sealedDelivery, error) {
	if batch.Kind != core.KindReceived {
		return nil, nil
	}
	var found map[[2]string]sealedDelivery
	err := db.snapshot(ctx, func(c *conn) error {
		found = map[[2]string]sealedDelivery{}
		l := &load{db: db, conn: c, mutuality: mutuality, batch: batch, draft: laid}
		if err := l.findMembers(); err != nil {
			return err
		}
		for _, row := range batch.Rows {
			r := row.(core.Received)
			member, wrong := l.member("member", r.Member)
			if wrong != nil || wrongPDF(r) != nil {
				continue
			}
			at := [2]string{member, r.Reference}
			if _, twice := found[at]; twice {
				continue
			}
			one, err := l.sealReceived(auth.MemberID(member), r)
			if err != nil {
				return err
			}
			if one.document != "" {
				found[at] = one
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	keys, blobs := make([][2]string, 0, len(found)), make([]*sealedBlob, 0, len(found))
	for at, one := range found {
		keys, blobs = append(keys, at), append(blobs, &one.blob)
	}
	if err := db.place(ctx, blobs...); err != nil {
		return nil, err
	}
	for i, at := range keys {
		one := found[at]
		one.blob = *blobs[i]
		found[at] = one
	}
	return found, nil
}

// sealReceived seals a PDF under the id that its document has, or will have; it has none
// where the same bytes are there.
func (l *load) sealReceived(member auth.MemberID, r core.Received) (one sealedDelivery, err error) {
	var had []byte
	one.sum = sha256.Sum256(r.PDF)
	err = l.get(`SELECT document, sha256 FROM received_documents WHERE mutuality = ? AND member = ? AND reference = ?`,
		[]any{l.mutuality, string(member), r.Reference}, &one.document, &had)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		if one.document, err = l.newDocument(r); err != nil {
			return one, err
		}
	case err != nil:
		return one, err
	case string(had) == string(one.sum[:]):
		return sealedDelivery{}, nil
	}
	key, err := l.db.keyOf(l.conn, l.mutuality, member)
	if err == nil {
		one.blob = key.sealBlob(sealedReceived, one.document, 1, r.PDF)
	}
	return one, err
}

// newDocument is an id for a received document. The hour keeps documents of one day behind
// what was signed that day in the morning.
func (l *load) newDocument(r core.Received) (string, error) {
	issued := r.Issued
	if issued.IsZero() {
		issued = l.db.cfg.Now()
	}
	return timeid.New(issued.Add(12*time.Hour), l.db.cfg.Rand)
}
