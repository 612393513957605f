package store

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/handover"
	"guichet.example/portal/locale"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/timeid"
	"guichet.example/signing/document"
)

var _ handover.Store = (*DB)(nil)

// sealedExport is what waits for the insurance system, as it stands in its context.
const sealedExport = "export"

// outgoing is something that the insurance system is to have.
type outgoing struct {
	Mutuality string
	Member    auth.MemberID
	Kind      string // bank-change, contact-change, order, access
	Object    string // its id: the same kind and object twice is one
	At        time.Time
	Fields    map[string]any
	Document  string // id in the member's vault; "" without one
}

// export puts something in line for the insurance system, in the commit in which it came to
// be in force. Its line is made now: what is given does not change by waiting.
func (t *tx) export(db *DB, o outgoing) error {
	key, err := db.keyOf(t.conn, o.Mutuality, o.Member)
	if err != nil {
		return err
	}
	item := handover.Item{Kind: o.Kind, Object: o.Object, At: fromMicros(micros(o.At))}
	err = t.get(`SELECT affiliation FROM members WHERE mutuality = ? AND member = ?`, []any{o.Mutuality, string(o.Member)}, &item.Affiliation)
	if err != nil {
		return err
	}
	if item.Fields, err = json.Marshal(o.Fields); err != nil {
		return err
	}
	line, err := item.Line()
	if err != nil {
		return err
	}
	id, err := timeid.New(db.cfg.Now(), db.cfg.Rand)
	if err != nil {
		return err
	}
	_, err = t.exec(`
		INSERT INTO exports (mutuality, export, kind, object, member, at, sealed, document, version, batch)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0) ON CONFLICT (mutuality, kind, object) DO NOTHING`,
		o.Mutuality, id, o.Kind, o.Object, string(o.Member), micros(o.At), key.seal(sealedExport, id, 1, line), o.Document)
	return err
}

// exportChange is the line of a change of account that is in force.
func (db *DB) exportChange(t *tx, key memberKey, r requests.Request, act document.BankChange, since time.Time, version int) error {
	b, _, err := db.findChange(t.conn, key, r)
	if err != nil {
		return err
	}
	return t.export(db, outgoing{
		Mutuality: key.mutuality, Member: auth.MemberID(key.member), Kind: string(document.KindBankChange), Object: r.ID,
		At: db.cfg.Now(), Document: r.Document, Fields: map[string]any{
			"reference": r.Reference, "purpose": string(bank.Benefits), "iban": act.NewIBAN, "bic": act.BIC, "bank": act.Bank, "holder": act.Holder,
			"in-force": since.Format(time.DateOnly), "replaces-last4": act.ReplacesLast4, "version": version,
			"signed-at": r.SignedAt.UTC().Format(time.RFC3339), "method": string(r.Method), "agreed-by": b.agreedBy, "confirmed-by": b.confirmed},
	})
}

// exportOrder is the line of an order that an officer accepted.
func (db *DB) exportOrder(t *tx, o auth.Officer, key memberKey, r requests.Request) error {
	act, err := document.Marshal(r.Act)
	if err != nil {
		return err
	}
	return t.export(db, outgoing{
		Mutuality: key.mutuality, Member: auth.MemberID(key.member), Kind: "order", Object: r.ID, At: db.cfg.Now(), Document: r.Document,
		Fields: map[string]any{"reference": r.Reference, "order": string(r.Act.Kind()), "act": json.RawMessage(act),
			"signed-at": r.SignedAt.UTC().Format(time.RFC3339), "method": string(r.Method), "accepted-by": string(o.ID)},
	})
}

// OpenBatch implements handover.Store.
func (db *DB) OpenBatch(ctx context.Context, mutuality string, limit int) (b handover.Batch, err error) {
	note := db.byEntry(ctx, office.By{Mutuality: mutuality}, audit.ExportBatch, "")
	err = db.write(ctx, audit.Entry{}, func(t *tx) error {
		b = handover.Batch{}
		var made int64
		err := t.get(`SELECT batch, made_at FROM export_batches WHERE mutuality = ? AND acked_at IS NULL ORDER BY batch LIMIT 1`,
			[]any{mutuality}, &b.Number, &made)
		if err == nil || !errors.Is(err, sql.ErrNoRows) {
			b.Made = fromMicros(made)
			return err
		}
		if b, err = t.newBatch(mutuality, limit, db.cfg.Now()); err != nil {
			return err
		}
		note.Object = object("batch", fmt.Sprint(b.Number))
		return t.note(note)
	})
	if err != nil {
		return handover.Batch{}, fmt.Errorf("opening a batch: %w", err)
	}
	return b, nil
}

// newBatch puts what waits longest into a batch, each document as it is now.
func (t *tx) newBatch(mutuality string, limit int, now time.Time) (handover.Batch, error) {
	type waiting struct{ export, member, document string }
	var list []waiting
	err := t.each(`SELECT export, member, document FROM exports WHERE mutuality = ? AND batch = 0 ORDER BY export LIMIT ?`,
		[]any{mutuality, min(max(limit, 1), handover.MaxItems)}, func(scan func(...any) error) error {
			var w waiting
			err := scan(&w.export, &w.member, &w.document)
			list = append(list, w)
			return err
		})
	if err == nil && len(list) == 0 {
		err = handover.ErrNothing
	}
	b := handover.Batch{Made: fromMicros(micros(now))}
	if err == nil {
		err = t.get(`SELECT coalesce(max(batch), 0) + 1 FROM export_batches WHERE mutuality = ?`, []any{mutuality}, &b.Number)
	}
	if err != nil {
		return b, err
	}
	for _, w := range list {
		version := 0
		if w.document != "" {
			err := t.get(`SELECT version FROM documents WHERE mutuality = ? AND member = ? AND document = ?`, []any{mutuality, w.member, w.document}, &version)
			if err != nil {
				return b, err
			}
		}
		_, err := t.exec(`UPDATE exports SET batch = ?, version = ? WHERE mutuality = ? AND export = ? AND batch = 0`, b.Number, version, mutuality, w.export)
		if err != nil {
			return b, err
		}
	}
	_, err = t.exec(`INSERT INTO export_batches (mutuality, batch, made_at, items) VALUES (?, ?, ?, ?)`, mutuality, b.Number, micros(now), len(list))
	return b, err
}

// EachItem implements handover.Store.
func (db *DB) EachItem(ctx context.Context, mutuality string, batch int, f func(handover.Item) error) error {
	type row struct {
		export, member, document, reference string
		version                             int
		sealed                              []byte
	}
	var list []row
	err := db.read(ctx, func(c *conn) error {
		return c.each(`
			SELECT e.export, e.member, e.document, e.version, e.sealed, coalesce(d.reference, '') FROM exports e
			LEFT JOIN documents d ON d.mutuality = e.mutuality AND d.member = e.member AND d.document = e.document
			WHERE e.mutuality = ? AND e.batch = ? ORDER BY e.export`, []any{mutuality, batch}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.export, &r.member, &r.document, &r.version, &r.sealed, &r.reference)
			list = append(list, r)
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("reading batch %d: %w", batch, err)
	}
	for _, r := range list {
		var item handover.Item
		err := db.read(ctx, func(c *conn) error {
			key, err := db.keyOf(c, mutuality, auth.MemberID(r.member))
			if err != nil {
				return err
			}
			line, err := key.open(sealedExport, r.export, 1, r.sealed)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(line, &item); err != nil {
				return fmt.Errorf("export %s: %w", r.export, ErrDamaged)
			}
			if r.document == "" {
				return nil
			}
			var sum []byte
			err = c.get(`SELECT sha256, size FROM document_versions WHERE mutuality = ? AND member = ? AND document = ? AND version = ?`,
				[]any{mutuality, r.member, r.document, r.version}, &sum, &item.Size)
			item.Document, item.SHA256 = "documents/"+r.reference+".pdf", hex.EncodeToString(sum)
			item.Open = func() (pdf []byte, err error) {
				err = db.snapshot(ctx, func(c *conn) error {
					pdf, err = openVersion(c, key, r.document, r.version)
					return err
				})
				return pdf, err
			}
			return err
		})
		if err == nil {
			err = f(item)
		}
		if err != nil {
			return fmt.Errorf("reading batch %d: %w", batch, err)
		}
	}
	return nil
}

// AckBatch implements handover.Store.
func (db *DB) AckBatch(ctx context.Context, mutuality string, batch int) error {
	note := db.byEntry(ctx, office.By{Mutuality: mutuality}, audit.AckBatch, object("batch", fmt.Sprint(batch)))
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		var acked sql.NullInt64
		err := t.get(`SELECT acked_at FROM export_batches WHERE mutuality = ? AND batch = ?`, []any{mutuality, batch}, &acked)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return handover.ErrNoBatch
		case err != nil || acked.Valid:
			return err
		}
		_, err = t.exec(`UPDATE export_batches SET acked_at = ? WHERE mutuality = ? AND batch = ? AND acked_at IS NULL`, micros(db.cfg.Now()), mutuality, batch)
		if err != nil {
			return err
		}
		return t.note(note)
	})
	if err != nil {
		return fmt.Errorf("acknowledging batch %d: %w", batch, err)
	}
	return nil
}

// belgianDay is the date in Belgium, as midnight UTC.
func belgianDay(at time.Time) time.Time {
	y, m, d := at.In(locale.Zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
