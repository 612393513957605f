package store

import (
	"context"
	"fmt"
	"math"
	"strings"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
)

// seenAs are the rows of others that show a member's data, and the word of what they show.
// Rows of the system's own work, and those that change without showing, are not looks.
var seenAs = map[audit.Action]string{
	audit.ReadFile: "file", audit.CheckIdentity: "identity", audit.EnrolMember: "identity", audit.AskEmail: "contact",
	audit.ReadTask: "request", audit.OpenTaskPDF: "request", audit.OpenAnswer: "request", audit.OpenAttached: "request", audit.OpenApproval: "request",
	audit.OpenDocument: "document", audit.ReadDocument: "document", audit.ListDocuments: "document",
	audit.ReadAccess: "access", audit.ChangeAccess: "access", audit.DisableAccount: "account", audit.EnableAccount: "account",
	audit.ReadOverview: "care", audit.ReadCover: "cover", audit.ReadEuropeanCard: "cover", audit.ListRefunds: "care", audit.ReadRefund: "care", audit.ListReceipts: "care",
	audit.ReadMedicalFiles: "rights", audit.ReadMaf: "rights", audit.ReadSavings: "rights", audit.ReadAgreements: "rights",
	audit.ReadIndemnities: "indemnities", audit.ReadAppointment: "indemnities", audit.ReadStatement: "indemnities",
	audit.ListAppointments: "appointment",
}

// Looks implements account.Store.
func (db *DB) Looks(ctx context.Context, login auth.Login, from account.LookPlace, limit int) (list []account.Look, err error) {
	if from == (account.LookPlace{}) {
		from.At = math.MaxInt64
	}
	actions := make([]any, 0, len(seenAs))
	for action := range seenAs {
		actions = append(actions, string(action))
	}
	query := `
		SELECT a.at, a.chain, a.seq, a.method, a.actor, a.action, a.reason, coalesce(s.roles, '')
		FROM looks l
			JOIN audit a ON a.chain = l.chain AND a.seq = l.seq
			LEFT JOIN staff s ON a.method = 'office' AND s.mutuality = a.mutuality AND s.staff = a.actor
		WHERE l.mutuality = ? AND l.member = ? AND a.action IN (?` + strings.Repeat(", ?", len(actions)-1) + `)
			AND l.at <= ? AND (l.at < ? OR l.chain < ? OR l.chain = ? AND l.seq < ?)
		ORDER BY l.at DESC, l.chain DESC, l.seq DESC LIMIT ?`
	args := append([]any{login.Mutuality, string(login.Member)}, actions...)
	args = append(args, from.At, from.At, from.Chain, from.Chain, from.Seq, bounded(limit))
	err = db.reveal(ctx, db.entry(ctx, login, audit.ListLooks, ""), func(c *conn) error {
		list = list[:0]
		return c.each(query, args, func(scan func(...any) error) error {
			var l account.Look
			var method string
			var action audit.Action
			err := scan(&l.Place.At, &l.Place.Chain, &l.Place.Seq, &method, &l.By, &action, &l.Reason, &l.Roles)
			l.At, l.Holder, l.What = fromMicros(l.Place.At), method != audit.Office, seenAs[action]
			list = append(list, l)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("reading looks: %w", err)
	}
	return list, nil
}
