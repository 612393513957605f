package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/mail"
	"guichet.example/portal/papers"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

var _ papers.Store = (*DB)(nil)

// Sender implements papers.Store.
func (db *DB) Sender(ctx context.Context, login auth.Login) (document.Person, error) {
	m, err := db.person(ctx, login)
	return document.Person{Name: m.Name(), Birth: m.Birth, Affiliation: m.Affiliation}, err
}

// room refuses a member's paper when as many wait for her signature as may.
func room(t *tx, key memberKey, size int) error {
	var count, bytes int
	err := t.get(`SELECT count(*), coalesce(sum(size), 0) FROM papers WHERE mutuality = ? AND member = ? AND staff = '' AND ends_at IS NOT NULL`,
		[]any{key.mutuality, key.member}, &count, &bytes)
	if err == nil && (count >= requests.MaxPapers || bytes+size > requests.MaxPaperBytes) {
		return requests.ErrTooManyPapers
	}
	return err
}

// insertPaper keeps what a request of a file that others wrote has beside it; of other
// requests nothing.
func (db *DB) insertPaper(t *tx, key memberKey, r requests.Request) error {
	paper, ok := r.Act.(document.Paper)
	if !ok {
		return nil
	}
	if err := room(t, key, paper.Size); err != nil {
		return err
	}
	_, err := t.exec(`INSERT INTO papers (mutuality, member, request, staff, opening, size, ends_at) VALUES (?, ?, ?, '', '', ?, ?)`,
		key.mutuality, key.member, r.ID, paper.Size, micros(r.Created.Add(requests.PaperLife)))
	return err
}

// keepPaper says that a paper was signed, and so is not deleted.
func keepPaper(t *tx, key memberKey, r requests.Request) error {
	if !requests.OfPaper(r.Act.Kind()) {
		return nil
	}
	_, err := t.exec(`UPDATE papers SET ends_at = NULL WHERE mutuality = ? AND member = ? AND request = ?`, key.mutuality, key.member, r.ID)
	return err
}

// onceSigned is the state in which a request is once the signature holds: an advisor answers
// what a member asked, and nobody what the mutuality itself put into her vault.
func onceSigned(k document.Kind, s requests.State) requests.State {
	switch {
	case s != requests.Signed:
	case ofMutuality(k):
		return requests.Accepted
	case requests.AtOnce(k):
		return requests.Done
	}
	return s
}

// tellPaper tells a member of a new document in her vault that she did not sign herself,
// once its signature holds.
func (db *DB) tellPaper(t *tx, key memberKey, k document.Kind, s requests.State) error {
	if k != document.KindOfficePaper || s != requests.Signed {
		return nil
	}
	return db.notice(t, key.mutuality, auth.MemberID(key.member), mail.NewDocument, nil)
}

// ofMutuality says that nobody asked for a document of this kind: the office, or the
// mutuality by itself, put it into the vault.
func ofMutuality(k document.Kind) bool { return k == document.KindOfficePaper || requests.Issued(k) }

// asked is the condition in SQL for what a member asked.
var asked = func() string {
	list := "'" + string(document.KindOfficePaper) + "'"
	for _, k := range requests.IssuedKinds() {
		list += ", '" + string(k) + "'"
	}
	return "kind NOT IN (" + list + ")"
}()

// notOfOffice refuses a request that is the mutuality's own to a member's login, as if
// there were none.
func notOfOffice(r requests.Request) error {
	if ofMutuality(r.Act.Kind()) {
		return requests.ErrNotFound
	}
	return nil
}

// ofMember is notOfOffice for a request that is not read.
func ofMember(t *tx, key memberKey, request string) error {
	var kind document.Kind
	err := t.get(`SELECT kind FROM requests WHERE mutuality = ? AND member = ? AND request = ?`, []any{key.mutuality, key.member, request}, &kind)
	if errors.Is(err, sql.ErrNoRows) || err == nil && ofMutuality(kind) {
		return requests.ErrNotFound
	}
	return err
}

// endPaper has a paper deleted by the next sweep; of other requests nothing is.
func (db *DB) endPaper(t *tx, key memberKey, request string) error {
	_, err := t.exec(`UPDATE papers SET ends_at = ? WHERE mutuality = ? AND member = ? AND request = ? AND ends_at IS NOT NULL`,
		micros(db.cfg.Now())-1, key.mutuality, key.member, request)
	return err
}

// sweepPapers deletes files that nobody signed in time, or that she refused to sign, with
// their requests and all that was prepared of them; a row of the trail tells of each.
func (db *DB) sweepPapers(t *tx, now time.Time) (int64, error) {
	type row struct{ mutuality, member, request string }
	var found []row
	err := t.each(`SELECT mutuality, member, request FROM papers WHERE ends_at < ? ORDER BY ends_at LIMIT ?`,
		[]any{micros(now), sweepPaperRows}, func(scan func(...any) error) error {
			var r row
			err := scan(&r.mutuality, &r.member, &r.request)
			found = append(found, r)
			return err
		})
	if err != nil {
		return 0, err
	}
	for _, r := range found {
		if err := dropPaper(t, r.mutuality, r.member, r.request); err != nil {
			return 0, fmt.Errorf("deleting paper %s: %w", r.request, err)
		}
		note := db.ownEntry(context.Background(), r.mutuality, auth.MemberID(r.member), audit.DeletePaper, object("request", r.request))
		if err := t.note(note); err != nil {
			return 0, err
		}
	}
	return int64(len(found)) * sweepRows / sweepPaperRows, nil
}

// sweepPaperRows is how many papers go in one transaction: each is up to nine large blobs.
const sweepPaperRows = 10

// dropPaper deletes an unsigned paper: what was prepared, the keys of its form, itself.
func dropPaper(t *tx, mutuality, member, request string) error {
	whose := []any{mutuality, member, request}
	// Looked at once more where writers are many: it may have been signed.
	gone, err := t.exec(`DELETE FROM papers WHERE mutuality = ? AND member = ? AND request = ? AND ends_at IS NOT NULL`, whose...)
	if err != nil || gone == 0 {
		return err
	}
	var blobs [][]byte
	err = t.each(`
		SELECT prepared FROM preparations WHERE mutuality = ?1 AND member = ?2 AND request = ?3 AND prepared IS NOT NULL
		UNION ALL SELECT pdf FROM requests WHERE mutuality = ?1 AND member = ?2 AND request = ?3`, whose, func(scan func(...any) error) error {
		var address []byte
		err := scan(&address)
		blobs = append(blobs, address)
		return err
	})
	if err != nil {
		return err
	}
	for _, table := range []string{"preparations", "request_keys", "requests"} {
		if _, err := t.exec(`DELETE FROM `+table+` WHERE mutuality = ? AND member = ? AND request = ?`, whose...); err != nil {
			return err
		}
	}
	for _, address := range blobs {
		// A damaged row that points to another's bytes does not keep the rest from being swept.
		others := 0
		err := t.get(`SELECT count(*) FROM requests WHERE mutuality = ? AND member = ? AND pdf = ?`,
			[]any{mutuality, member, address}, &others)
		if err == nil && others == 0 {
			err = dropBlob(t, mutuality, member, address)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// namePapers fills in what only the act of a paper knows: its title, and the officer who
// signed it. A list without papers costs nothing.
func (db *DB) namePapers(ctx context.Context, c *conn, login auth.Login, list []documents.Document) error {
	var key memberKey
	for i := range list {
		d := &list[i]
		if !requests.OfPaper(d.Kind) || d.Damaged {
			continue
		}
		if key.DataKey == nil {
			var err error
			if key, err = db.keyOf(c, login.Mutuality, login.Member); err != nil {
				return err
			}
		}
		r, _, err := findRequest(c, key, d.Request)
		if errors.Is(err, ErrDamaged) {
			db.damaged(ctx, "request", d.Request, err)
			continue
		}
		if err != nil {
			return err
		}
		if paper, ok := r.Act.(document.Paper); ok {
			d.Title, d.Signer = paper.Title, paper.Officer
		}
	}
	return nil
}
