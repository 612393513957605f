package store

import (
	"context"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// RefundHolder implements refunds.Store.
func (db *DB) RefundHolder(ctx context.Context, login auth.Login) (document.Person, error) {
	m, err := db.person(ctx, login)
	return document.Person{Name: m.Name(), Birth: m.Birth, Affiliation: m.Affiliation}, err
}

// maxReceipts is how many receipts or statements are listed.
const maxReceipts = 100

// Receipts implements refunds.Store.
func (db *DB) Receipts(ctx context.Context, login auth.Login) ([]refunds.Receipt, error) {
	var list []refunds.Receipt
	err := db.reveal(ctx, db.entry(ctx, login, audit.ListReceipts, ""), func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			err := c.each(`
				SELECT receipt, document, reference, made_at, cents FROM refund_receipts
				WHERE mutuality = ? AND member = ? ORDER BY receipt DESC LIMIT ?`,
				[]any{login.Mutuality, string(login.Member), maxReceipts}, func(scan func(...any) error) error {
					var r refunds.Receipt
					var made int64
					err := scan(&r.ID, &r.Document, &r.Reference, &made, &r.Cents)
					r.Made = fromMicros(made)
					list = append(list, r)
					return err
				})
			for i := range list {
				if err != nil {
					break
				}
				err = c.each(`
					SELECT payment FROM refund_receipt_items WHERE mutuality = ? AND member = ? AND receipt = ? ORDER BY place`,
					[]any{login.Mutuality, string(login.Member), list[i].ID}, func(scan func(...any) error) error {
						var payment string
						err := scan(&payment)
						list[i].Payments = append(list[i].Payments, payment)
						return err
					})
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing receipts: %w", err)
	}
	return list, nil
}

// insertReceipt writes what a receipt of refunds lists into the ledger, in the act that
// seals it.
func insertReceipt(t *tx, key memberKey, r requests.Request, c requests.Completion) error {
	act, ok := r.Act.(document.RefundReceipt)
	if !ok {
		return nil
	}
	_, err := t.exec(`
		INSERT INTO refund_receipts (mutuality, member, receipt, document, reference, made_at, cents) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		key.mutuality, key.member, r.ID, c.Document, r.Reference, micros(c.At), act.Total())
	for i, p := range act.Payments {
		if err != nil {
			break
		}
		_, err = t.exec(`
			INSERT INTO refund_receipt_items (mutuality, member, payment, receipt, place, cents) VALUES (?, ?, ?, ?, ?, ?)`,
			key.mutuality, key.member, p.Reference, r.ID, i+1, p.Refunded())
	}
	return err
}
