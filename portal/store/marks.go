package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/portal/audit"
)

// marksSince is the version of the schema that has marks.
const marksSince = 41

// errNotMarked means that a chain in the database does not end as this program left it.
var errNotMarked = errors.New("audit chain does not end as it was marked")

// auditKey marks the chains. Config.Keys is needed.
func (db *DB) auditKey() audit.Key { return audit.NewKey(db.cfg.Keys.AuditKey()) }

// putMark writes the mark of a chain over the one before.
func putMark(c *conn, key audit.Key, head audit.Head) error {
	mac := key.Mark(head)
	n, err := c.exec(`UPDATE audit_marks SET seq = ?, mac = ? WHERE chain = ?`, head.Seq, mac, head.Chain)
	if err == nil && n == 0 {
		_, err = c.exec(`INSERT INTO audit_marks (chain, seq, mac) VALUES (?, ?, ?)`, head.Chain, head.Seq, mac)
	}
	if err != nil {
		return fmt.Errorf("marking audit chain: %w", err)
	}
	return nil
}

// isMarked tells whether the head is the one that its chain's mark vouches for.
func isMarked(c *conn, key audit.Key, head audit.Head) (bool, error) {
	var seq int64
	var mac []byte
	err := c.get(`SELECT seq, mac FROM audit_marks WHERE chain = ?`, []any{head.Chain}, &seq, &mac)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("reading mark of audit chain: %w", err)
	}
	return seq == head.Seq && key.Holds(head, mac), nil
}

// readRoll reads the roll, and which chain is the newest that has a mark.
func readRoll(c *conn) (roll audit.Roll, newest string, err error) {
	err = c.get(`SELECT chains, mac FROM audit_roll`, nil, &roll.Chains, &roll.MAC)
	if err == nil || errors.Is(err, sql.ErrNoRows) {
		err = c.get(`SELECT coalesce(max(chain), '') FROM audit_marks`, nil, &newest)
	}
	if err != nil {
		return roll, "", fmt.Errorf("reading roll of audit chains: %w", err)
	}
	return roll, newest, nil
}

// checkMarks looks whether the newest chain that has a mark ends with it, and the roll with
// that chain. The text says what is wrong; that a text is returned is no error.
func (db *DB) checkMarks(c *conn) (problem string, err error) {
	roll, newest, err := readRoll(c)
	if err != nil || roll.Chains == 0 && newest == "" {
		return "", err
	}
	if !roll.Holds(db.auditKey(), newest) {
		return "the roll does not end with chain " + newest, nil
	}
	head, err := headOf(c, newest)
	if err != nil && !errors.Is(err, sql.ErrNoRows) && !errors.Is(err, ErrDamaged) {
		return "", err
	}
	whole, unread := isMarked(c, db.auditKey(), head)
	if unread != nil || err == nil && whole {
		return "", unread
	}
	return "chain " + newest + " does not end as it was marked", nil
}

// enrol gives a chain its mark and adds it to the roll. A roll that does not hold stays as
// it is, or what was done to it would be covered.
func (db *DB) enrol(c *conn, first audit.Head) error {
	key := db.auditKey()
	roll, newest, err := readRoll(c)
	if err != nil {
		return err
	}
	if err := putMark(c, key, first); err != nil {
		return err
	}
	switch {
	case roll.Chains == 0 && newest == "":
		_, err = c.exec(`INSERT INTO audit_roll (one, chains, mac) VALUES (1, 1, ?)`, key.Roll(1, first.Chain))
	case roll.Holds(key, newest):
		_, err = c.exec(`UPDATE audit_roll SET chains = ?, mac = ?`, roll.Chains+1, key.Roll(roll.Chains+1, first.Chain))
	}
	if err != nil {
		return fmt.Errorf("adding to the roll of audit chains: %w", err)
	}
	return nil
}

// headOf is the last row of a chain: sql.ErrNoRows, ErrDamaged.
func headOf(c *conn, chain string) (audit.Head, error) {
	h := audit.Head{Chain: chain}
	var hash []byte
	err := c.get(`SELECT seq, hash FROM audit WHERE chain = ? ORDER BY seq DESC LIMIT 1`, []any{chain}, &h.Seq, &hash)
	if err != nil {
		return h, err
	}
	return h, copyHash(&h.Hash, hash)
}

// VerifyAudit walks the audit rows and holds them against the anchors and, where
// Config.Keys is set, against their marks. marked: there are such; a schema of before has
// none.
func (db *DB) VerifyAudit(ctx context.Context, anchors []audit.Anchor) (report audit.Report, marked bool, err error) {
	var marks audit.Marks
	if db.cfg.Keys != nil {
		err = db.snapshot(ctx, func(c *conn) error {
			marks, marked, err = db.auditMarks(c)
			return err
		})
		if err != nil {
			return audit.Report{}, false, err
		}
	}
	if !marked {
		report, err = audit.Verify(ctx, db.AuditRows, anchors)
	} else {
		report, err = audit.VerifyMarked(ctx, db.AuditRows, anchors, marks)
	}
	return report, marked, err
}

func (db *DB) auditMarks(c *conn) (m audit.Marks, there bool, err error) {
	var version int64
	if err := c.get(`SELECT max(version_id) FROM goose_db_version WHERE is_applied`, nil, &version); err != nil || version < marksSince {
		return m, false, err
	}
	m.Key = db.auditKey()
	if m.Roll, _, err = readRoll(c); err != nil {
		return m, true, err
	}
	if err := c.get(`SELECT coalesce(max(chain), '') FROM audit`, nil, &m.Newest); err != nil {
		return m, true, fmt.Errorf("reading audit chains: %w", err)
	}
	err = c.each(`
		SELECT chain, seq, mac, coalesce((SELECT max(seq) FROM audit WHERE audit.chain = audit_marks.chain), 0)
		FROM audit_marks ORDER BY chain`, nil, func(scan func(...any) error) error {
		var mark audit.Mark
		err := scan(&mark.Chain, &mark.Seq, &mark.MAC, &mark.Last)
		m.Chains = append(m.Chains, mark)
		return err
	})
	if err != nil {
		return m, true, fmt.Errorf("reading marks of audit chains: %w", err)
	}
	return m, true, nil
}
