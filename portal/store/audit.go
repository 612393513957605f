package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"guichet.example/auth"
	"guichet.example/auth/webeid"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/credentials"
	"guichet.example/portal/documents"
	"guichet.example/portal/federal"
	"guichet.example/portal/handover"
	"guichet.example/portal/jobs"
	"guichet.example/portal/kiosk"
	"guichet.example/portal/letters"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/people"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/portal/signin"
)

// entry is the row of an act of someone who is signed in. Its outcome is filled in
// when it is written.
func (db *DB) entry(ctx context.Context, login auth.Login, action audit.Action, object string) audit.Entry {
	return audit.Entry{
		At: db.cfg.Now(), Mutuality: login.Mutuality, Member: string(login.Member), Actor: string(login.Member),
		Session: login.Session, Method: string(login.Method), Assurance: login.Assurance.String(),
		Action: action, Object: object, RequestID: audit.RequestID(ctx),
	}
}

// ownEntry is the row of an act of the system on a member's record.
func (db *DB) ownEntry(ctx context.Context, mutuality string, member auth.MemberID, action audit.Action, object string) audit.Entry {
	return audit.Entry{
		At: db.cfg.Now(), Mutuality: mutuality, Member: string(member), Actor: audit.System,
		Action: action, Object: object, RequestID: audit.RequestID(ctx),
	}
}

// rules are the errors that are a refusal, not a fault of ours; their texts are fit
// for an audit row.
var rules = []error{
	signin.ErrUnknownMember, signin.ErrNoSession, signin.ErrClosed, webeid.ErrChallengeNotFound, bank.ErrNoAccount,
	requests.ErrNotFound, requests.ErrChanged, requests.ErrNoAccess, requests.ErrNotOpen, requests.ErrPreparationExpired,
	requests.ErrProof, requests.ErrWrongPerson,
	federal.ErrNoFlow, federal.ErrReplayed, federal.ErrNoProof, requests.ErrAnotherValue, requests.ErrReferenceTaken, requests.ErrTooMany, requests.ErrTooManyPapers, requests.ErrOrdered, documents.ErrNotFound, ErrNumberTaken, ErrDamaged,
	credentials.ErrCode, credentials.ErrCodeExpired, credentials.ErrTaken, account.ErrNoSession,
	letters.ErrLetter, letters.ErrState, letters.ErrCount, letters.ErrNothing, letters.ErrNotFound,
	bank.ErrLink, bank.ErrInForce, office.ErrFirst, office.ErrAccountChanged, handover.ErrNothing, handover.ErrNoBatch,
	office.ErrNoOpening, office.ErrSearches, office.ErrOwn, office.ErrReason, office.ErrState, office.ErrHeld, office.ErrNotFound, office.ErrProofs,
	office.ErrUnknownStaff, office.ErrStaffExists, office.ErrOwnRoles, office.ErrLastAdministrator, office.ErrChanged,
	jobs.ErrLeaseLost, jobs.ErrNotFound, refunds.ErrNotFound,
	kiosk.ErrUnknown, kiosk.ErrSuspended, kiosk.ErrRevoked, kiosk.ErrChanged, kiosk.ErrKiosk, kiosk.ErrNoMore, kiosk.ErrNoCard,
	messages.ErrNotFound, messages.ErrState, messages.ErrTooMany, messages.ErrTooManyFiles,
	kiosk.ErrCardMissing, kiosk.ErrCardForged, kiosk.ErrCardOther, kiosk.ErrCardExpired, kiosk.ErrNoPrint, kiosk.ErrPrinted,
	people.ErrMinor, people.ErrNotOnBooklet, people.ErrNotVisible,
}

// refusal is the row of an act that failed with err; none for one that was done before.
func refusal(note audit.Entry, err error) audit.Entry {
	if errors.Is(err, errAgain) {
		return audit.Entry{}
	}
	note.Outcome, note.Reason = audit.Failed, "internal error"
	for _, rule := range rules {
		if errors.Is(err, rule) {
			note.Outcome, note.Reason = audit.Refused, rule.Error()
		}
	}
	if errors.Is(err, ErrDamaged) {
		note.Outcome = audit.Failed
	}
	return note
}

// reveal reads what belongs to a member and returns once the row of the look is on
// disk. Reading goes on while the disk is full: the row is logged, and written as soon
// as there is room.
func (db *DB) reveal(ctx context.Context, note audit.Entry, read func(*conn) error) error {
	err := db.look(ctx, read)
	if err != nil {
		note = refusal(note, err)
	}
	noting := db.write(ctx, note, nil)
	if errors.Is(noting, ErrFull) && db.writer.owed.add(note) {
		db.cfg.Log.Warn("disk is full, audit row will follow", "action", note.Action, "object", note.Object,
			"member", note.Member, "session", note.Session, "outcome", note.Outcome, "ref", note.RequestID)
		noting = nil
	}
	if err != nil {
		return err
	}
	return noting
}

// look is read for a look whose row will follow: the writer knows that it is on its way.
func (db *DB) look(ctx context.Context, read func(*conn) error) error {
	if db.writer != nil {
		db.writer.coming.Add(1)
		defer db.writer.coming.Add(-1)
	}
	return db.read(ctx, read)
}

// maxOwed is the most rows that wait for room on the disk. Past it reading stops too.
const maxOwed = 10_000

// owed are rows of looks made while the disk was full, oldest first.
type owed struct {
	mu   sync.Mutex
	rows []audit.Entry
}

func (o *owed) add(e audit.Entry) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.rows) >= maxOwed {
		return false
	}
	if e.Outcome == "" {
		e.Outcome = audit.Done
	}
	e.Reason = "written late, disk was full; " + e.Reason
	o.rows = append(o.rows, e)
	return true
}

func (o *owed) list() []audit.Entry {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.rows[:len(o.rows):len(o.rows)]
}

// settled drops the first n, which are on disk now.
func (o *owed) settled(n int) {
	if n == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rows = append([]audit.Entry(nil), o.rows[n:]...)
}

// settle adds what is owed to the transaction and returns how many rows that was.
func (w *writer) settle() (int, error) {
	rows := w.owed.list()
	for _, e := range rows {
		w.append(e)
	}
	return len(rows), w.flush()
}

// newestHead is the last row of the newest chain; the zero Head if there is no row.
func newestHead(c *conn) (audit.Head, error) {
	var h audit.Head
	var hash []byte
	err := c.get(`SELECT chain, seq, hash FROM audit ORDER BY chain DESC, seq DESC LIMIT 1`, nil, &h.Chain, &h.Seq, &hash)
	if errors.Is(err, sql.ErrNoRows) {
		return audit.Head{}, nil
	}
	if err != nil {
		return audit.Head{}, fmt.Errorf("reading audit chain: %w", err)
	}
	return h, copyHash(&h.Hash, hash)
}

// auditPage is how many rows AuditRows reads at a time.
const auditPage = 500

// AuditRows calls fn for every audit row, by chain and sequence, until fn returns an
// error, which it returns. It holds no transaction open: rows written meanwhile may or
// may not be among them.
func (db *DB) AuditRows(ctx context.Context, fn func(audit.Entry) error) error {
	var last audit.Head
	for {
		page, err := db.auditPage(ctx, last)
		if err != nil {
			return fmt.Errorf("reading audit rows: %w", err)
		}
		for _, e := range page {
			if err := fn(e); err != nil {
				return err
			}
			last = audit.Head{Chain: e.Chain, Seq: e.Seq}
		}
		if len(page) < auditPage {
			return nil
		}
	}
}

func (db *DB) auditPage(ctx context.Context, after audit.Head) ([]audit.Entry, error) {
	var page []audit.Entry
	err := db.read(ctx, func(c *conn) error {
		return c.each(`
			SELECT chain, seq, at, mutuality, member, actor, session, method, assurance,
				action, object, outcome, request_id, reason, prev, hash
			FROM audit WHERE (chain, seq) > (?, ?) ORDER BY chain, seq LIMIT ?`,
			[]any{after.Chain, after.Seq, auditPage}, func(scan func(...any) error) error {
				e, err := scanAudit(scan)
				page = append(page, e)
				return err
			})
	})
	return page, err
}

func scanAudit(scan func(...any) error) (e audit.Entry, err error) {
	var at int64
	var prev, hash []byte
	err = scan(&e.Chain, &e.Seq, &at, &e.Mutuality, &e.Member, &e.Actor, &e.Session, &e.Method, &e.Assurance,
		&e.Action, &e.Object, &e.Outcome, &e.RequestID, &e.Reason, &prev, &hash)
	if err != nil {
		return e, err
	}
	// A damaged row is handed on as it is: Verify names it. A hash of another length
	// stays zero and matches nothing.
	e.At = time.UnixMicro(at).UTC()
	copyHash(&e.Prev, prev)
	copyHash(&e.Hash, hash)
	return e, nil
}

func copyHash(into *[32]byte, from []byte) error {
	if len(from) != len(into) {
		return fmt.Errorf("hash of %d bytes: %w", len(from), ErrDamaged)
	}
	copy(into[:], from)
	return nil
}
