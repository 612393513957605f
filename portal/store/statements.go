package store

import (
	"context"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// statementKind is the kind of received documents that are statements of benefits.
const statementKind = "statement"

// Statements implements refunds.Store.
func (db *DB) Statements(ctx context.Context, login auth.Login, from time.Time) (refunds.Statements, error) {
	var s refunds.Statements
	err := db.reveal(ctx, db.entry(ctx, login, audit.ListDocuments, object("kind", statementKind)), func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			key, err := db.keyOf(c, login.Mutuality, login.Member)
			if err != nil {
				return err
			}
			if s, err = statementsChoice(c, key); err != nil {
				return err
			}
			first, limit := "0000", refunds.FewStatements
			if s.Online {
				first, limit = from.Format(time.DateOnly), maxReceipts
			}
			return c.each(`
				SELECT document, title, language, issued, size, pages FROM received_documents
				WHERE mutuality = ? AND member = ? AND kind = ? AND issued >= ? ORDER BY document DESC LIMIT ?`,
				[]any{key.mutuality, key.member, statementKind, first, limit}, func(scan func(...any) error) error {
					var one refunds.Statement
					var d dates
					err := scan(&one.Document, &one.Title, &one.Language, d.at(&one.Issued), &one.Size, &one.Pages)
					if err == nil {
						err = d.read()
					}
					s.List = append(s.List, one)
					return err
				})
		})
	})
	if err != nil {
		return refunds.Statements{}, fmt.Errorf("listing statements: %w", err)
	}
	return s, nil
}

// statementsChoice reads what the newest accepted request says, and whether a newer one
// waits. Before the first, statements come on paper.
func statementsChoice(c *conn, key memberKey) (s refunds.Statements, err error) {
	settled := false
	err = c.each(`
		SELECT `+requestColumns+` FROM requests
		WHERE mutuality = ? AND member = ? AND kind IN (?, ?) AND state IN ('to-sign', 'signed', 'pending', 'accepted')
		ORDER BY request DESC LIMIT ?`,
		[]any{key.mutuality, key.member, string(document.KindStatementsOnline), string(document.KindStatementsPaper), maxPage},
		func(scan func(...any) error) error {
			r, _, err := scanRequest(scan, key)
			act, ok := r.Act.(document.StatementsChange)
			if err != nil || !ok || settled {
				return err
			}
			if r.State == requests.Accepted {
				s.Online, s.Since, settled = !act.Paper, r.Created, true
			} else if s.Waiting == "" {
				s.Waiting, s.WaitingOnline = r.ID, !act.Paper
			}
			return nil
		})
	return s, err
}
