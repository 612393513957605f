package store

import (
	"bytes"
	"database/sql"
	"errors"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/bank"
)

// deliveredAccounts are those of a member that a delivery of the insurance system's data of
// asOf puts in place of ours. A change of account that came to be in force at the counter
// stands until the system has acknowledged it: what it delivers before, and what it wrote
// before, is the account that was replaced. An account that is ours anyway is taken
// with what else is said of it. kept counts those that are not taken.
func (db *DB) deliveredAccounts(c *conn, mutuality string, member auth.MemberID, accounts []bank.Account, asOf time.Time) (taken []bank.Account, kept int, err error) {
	for _, a := range accounts {
		var index []byte
		err := c.get(`SELECT iban_index FROM accounts WHERE mutuality = ? AND member = ? AND purpose = ?`,
			[]any{mutuality, string(member), string(a.Purpose)}, &index)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, 0, err
		}
		other := err == nil && !bytes.Equal(index, db.cfg.Keys.Index(sealedIBAN, mutuality, string(a.IBAN)))
		if other && a.Purpose == bank.Benefits {
			stands, err := changeStands(c, mutuality, member, asOf)
			if err != nil {
				return nil, 0, err
			}
			if stands {
				kept++
				continue
			}
		}
		taken = append(taken, a)
	}
	return taken, kept, nil
}

// changeStands tells whether the member's newest change of account that is in force is
// newer than data of asOf; a zero asOf is older than any.
func changeStands(c *conn, mutuality string, member auth.MemberID, asOf time.Time) (bool, error) {
	var acked sql.NullInt64
	err := c.get(`
		SELECT b.acked_at FROM bank_changes c
		LEFT JOIN exports e ON e.mutuality = c.mutuality AND e.kind = 'bank-change' AND e.object = c.request
		LEFT JOIN export_batches b ON b.mutuality = e.mutuality AND b.batch = e.batch
		WHERE c.mutuality = ? AND c.member = ? AND c.in_force IS NOT NULL
		ORDER BY c.in_force DESC LIMIT 1`, []any{mutuality, string(member)}, &acked)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && (!acked.Valid || asOf.Before(fromMicros(acked.Int64))), err
}
