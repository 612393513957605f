package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
	"guichet.example/portal/timeid"
)

// maxPage is the most rows any list returns at once.
const maxPage = 100

// maxKey is the longest idempotency key of a form, in bytes.
const maxKey = 128

// PutRequest implements requests.Store. A request without an id gets one. The key is
// that of the form; without one, each call is a request of its own.
func (db *DB) PutRequest(ctx context.Context, login auth.Login, r requests.Request, key string) (string, error) {
	id, err := db.putRequest(ctx, login, r, key)
	if err != nil {
		return "", fmt.Errorf("storing request: %w", err)
	}
	return id, nil
}

func (db *DB) putRequest(ctx context.Context, login auth.Login, r requests.Request, formKey string) (string, error) {
	if r.ID == "" {
		id, err := timeid.New(r.Created, db.cfg.Rand)
		if err != nil {
			return "", err
		}
		r.ID = id
	}
	if err := checkRequest(r, formKey); err != nil {
		return "", err
	}
	key, err := db.key(ctx, login)
	if err != nil {
		return "", err
	}
	frozen, err := freeze(key, r)
	if err != nil {
		return "", err
	}
	sheet, err := freezeSheet(key, r.ID, r.Sheet)
	if err != nil {
		return "", err
	}
	drawn := key.sealBlob(sealedDrawn, r.ID, 1, r.PDF)
	if err := db.place(ctx, &drawn); err != nil {
		return "", err
	}
	id := r.ID
	note := db.entry(ctx, login, audit.FreezeRequest, object("request", r.ID))
	err = db.write(ctx, note, func(t *tx) error {
		earlier, err := claimKey(t, login, formKey)
		if err != nil {
			return err
		}
		if earlier != "" {
			id = earlier
			return errAgain
		}
		if err := db.bounded(t, login); err != nil {
			return err
		}
		if err := insertRequest(t, key, r, frozen, sheet, drawn); err != nil {
			return err
		}
		if err := db.insertPeople(t, key, login, r); err != nil {
			return err
		}
		if err := db.insertCheck(t, key, r); err != nil {
			return err
		}
		if err := orderRoom(t, key, r, db.cfg.Now()); err != nil {
			return err
		}
		if err := db.insertPaper(t, key, r); err != nil {
			return err
		}
		return keepKey(t, login, formKey, r.ID)
	})
	if errors.Is(err, errAgain) {
		return id, nil
	}
	return id, err
}

// bounded refuses a request when the member made as many as she may in 24 hours: each
// keeps a drawn PDF. It looks at one row of her own.
func (db *DB) bounded(t *tx, login auth.Login) error {
	if db.cfg.RequestsPerDay < 0 {
		return nil
	}
	var created int64
	err := t.get(`SELECT created_at FROM requests WHERE mutuality = ? AND member = ? ORDER BY request DESC LIMIT 1 OFFSET ?`,
		[]any{login.Mutuality, string(login.Member), db.cfg.RequestsPerDay - 1}, &created)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	case created > micros(db.cfg.Now().Add(-24*time.Hour)):
		return requests.ErrTooMany
	}
	return nil
}

// errAgain ends an act that was done before: nothing is written, not even a row.
var errAgain = errors.New("done before")

func checkRequest(r requests.Request, key string) error {
	switch {
	case !isID(r.ID):
		return errors.New("id is not an id")
	case r.Act == nil || r.Sheet.Title == "" || len(r.PDF) == 0 || r.Reference == "" || r.Created.IsZero():
		return errors.New("act, sheet, PDF, reference and time are required")
	case len(key) > maxKey:
		return fmt.Errorf("key of the form is longer than %d bytes", maxKey)
	case sha256.Sum256(r.PDF) != r.SHA256:
		return errors.New("digest is not that of the PDF")
	}
	return nil
}

// claimKey returns the request made under the form's key before, if there is one.
func claimKey(t *tx, login auth.Login, key string) (string, error) {
	if key == "" {
		return "", nil
	}
	hash := sha256.Sum256([]byte(key))
	var earlier string
	err := t.get(`SELECT request FROM request_keys WHERE mutuality = ? AND member = ? AND key_hash = ?`,
		[]any{login.Mutuality, string(login.Member), hash[:]}, &earlier)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return earlier, err
}

func keepKey(t *tx, login auth.Login, key, request string) error {
	if key == "" {
		return nil
	}
	hash := sha256.Sum256([]byte(key))
	_, err := t.exec(`INSERT INTO request_keys (mutuality, member, key_hash, request) VALUES (?, ?, ?, ?)`,
		login.Mutuality, string(login.Member), hash[:], request)
	return err
}

func insertRequest(t *tx, key memberKey, r requests.Request, frozen, sheet []byte, drawn sealedBlob) error {
	if err := putBlob(t, key, drawn); err != nil {
		return err
	}
	added, err := t.exec(`
		INSERT INTO requests (mutuality, member, request, reference, kind, state, revision, created_at, pages, frozen_sealed, sheet_sealed, pdf)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, reference) DO NOTHING`,
		key.mutuality, key.member, r.ID, r.Reference, string(r.Act.Kind()), string(requests.ToSign), 1,
		micros(r.Created), r.Pages, frozen, sheet, drawn.address[:])
	if err == nil && added == 0 {
		return requests.ErrReferenceTaken
	}
	return err
}

// Requests implements requests.Store. At most 100 at once. One that does not open does
// not hide the others: it is Damaged.
func (db *DB) Requests(ctx context.Context, login auth.Login, before string, limit int) ([]requests.Request, error) {
	var list []requests.Request
	note := db.entry(ctx, login, audit.ListRequests, "")
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) (err error) {
			list, err = db.requests(ctx, c, login, before, limit)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("listing requests: %w", err)
	}
	return list, nil
}

const requestColumns = `request, reference, state, created_at, pages, frozen_sealed, revision, document, signed_at, reason_sealed, pdf, method, asked_at, news_at`

func (db *DB) requests(ctx context.Context, c *conn, login auth.Login, before string, limit int) ([]requests.Request, error) {
	key, err := db.keyOf(c, login.Mutuality, login.Member)
	if err != nil {
		return nil, err
	}
	if before == "" {
		before = lastID
	}
	var list []requests.Request
	err = c.each(`
		SELECT `+requestColumns+` FROM requests
		WHERE mutuality = ? AND member = ? AND request < ? AND `+asked+`
		ORDER BY request DESC LIMIT ?`,
		[]any{key.mutuality, key.member, before, bounded(limit)}, func(scan func(...any) error) error {
			r, _, err := scanRequest(scan, key)
			if errors.Is(err, ErrDamaged) {
				db.damaged(ctx, "request", r.ID, err)
				r = requests.Request{ID: r.ID, Reference: r.Reference, State: r.State, Created: r.Created, Revision: r.Revision, Damaged: true}
				err = nil
			}
			list = append(list, r)
			return err
		})
	return list, err
}

// damaged writes the cause of a row that a list cannot show, under the number that the
// page gives the member.
func (db *DB) damaged(ctx context.Context, what, id string, cause error) {
	db.cfg.Log.Error("damaged row in a list", "ref", audit.RequestID(ctx), what, id, "cause", cause)
}

// lastID sorts after every id.
const lastID = "~"

func bounded(limit int) int { return min(max(limit, 1), maxPage) }

func scanRequest(scan func(...any) error, key memberKey) (r requests.Request, pdf []byte, err error) {
	var created int64
	var signed, asked, news sql.NullInt64
	var doc sql.NullString
	var frozen, reason []byte
	err = scan(&r.ID, &r.Reference, &r.State, &created, &r.Pages, &frozen, &r.Revision, &doc, &signed, &reason, &pdf, &r.Method, &asked, &news)
	if err != nil {
		return r, nil, err
	}
	r.Created, r.SignedAt, r.Document, r.Asked = fromMicros(created), fromMaybe(signed), doc.String, fromMaybe(asked)
	r.New = news.Valid
	if err := thaw(key, frozen, &r); err != nil {
		return r, nil, err
	}
	if reason != nil {
		text, err := key.open(sealedReason, r.ID, 1, reason)
		if err != nil {
			return r, nil, err
		}
		r.Reason = string(text)
	}
	return r, pdf, nil
}

// Request implements requests.Store. What is new of it is news no more.
func (db *DB) Request(ctx context.Context, login auth.Login, id string) (requests.Request, error) {
	var r requests.Request
	note := db.entry(ctx, login, audit.ReadRequest, object("request", id))
	err := db.reveal(ctx, note, func(c *conn) error {
		return onSnapshot(c, func(c *conn) (err error) {
			if r, err = db.request(c, login, id); err == nil {
				r.Shipments, err = shipments(c, login.Mutuality, r)
			}
			if err == nil {
				r.Certificate, err = db.certified(c, login, r)
			}
			return err
		})
	})
	if err == nil && r.New {
		err = db.newsSeen(ctx, login, r.ID)
	}
	if err != nil {
		return requests.Request{}, fmt.Errorf("reading request: %w", err)
	}
	return r, nil
}

// RequestForCard implements requests.Store. One commit less than Request: the step it
// is for waits for the disk once, with its own row.
func (db *DB) RequestForCard(ctx context.Context, login auth.Login, id string) (requests.Request, error) {
	var r requests.Request
	err := db.snapshot(ctx, func(c *conn) (err error) {
		r, err = db.request(c, login, id)
		return err
	})
	if err != nil {
		note := db.entry(ctx, login, audit.ReadRequest, object("request", id))
		err = errors.Join(err, db.write(ctx, refusal(note, err), nil))
		return requests.Request{}, fmt.Errorf("reading request: %w", err)
	}
	return r, nil
}

// request reads a request with its PDF, checked against its digest.
func (db *DB) request(c *conn, login auth.Login, id string) (requests.Request, error) {
	key, err := db.keyOf(c, login.Mutuality, login.Member)
	if errors.Is(err, errNoMember) {
		return requests.Request{}, requests.ErrNotFound
	}
	if err != nil {
		return requests.Request{}, err
	}
	r, err := db.requestOf(c, key, id)
	if err == nil {
		err = notOfOffice(r)
	}
	if err != nil {
		return requests.Request{}, err
	}
	return r, nil
}

// requestOf is request for whoever may have it.
func (db *DB) requestOf(c *conn, key memberKey, id string) (requests.Request, error) {
	r, pdf, err := findRequest(c, key, id)
	if err != nil {
		return requests.Request{}, err
	}
	if r.PDF, err = blob(c, key, sealedDrawn, r.ID, 1, pdf); err != nil {
		return requests.Request{}, err
	}
	if sha256.Sum256(r.PDF) != r.SHA256 {
		return requests.Request{}, fmt.Errorf("PDF of request %s: %w", r.ID, ErrDamaged)
	}
	if r.Sheet, err = sheetOf(c, key, r); err != nil {
		return requests.Request{}, err
	}
	return r, nil
}

// findRequest reads a request without its PDF, whose address it returns.
func findRequest(c *conn, key memberKey, id string) (requests.Request, []byte, error) {
	if !isID(id) {
		return requests.Request{}, nil, requests.ErrNotFound
	}
	var r requests.Request
	var pdf []byte
	err := errNoRow
	each := c.each(`SELECT `+requestColumns+` FROM requests WHERE mutuality = ? AND member = ? AND request = ?`,
		[]any{key.mutuality, key.member, id}, func(scan func(...any) error) error {
			r, pdf, err = scanRequest(scan, key)
			return err
		})
	switch {
	case each != nil:
		return r, nil, each
	case errors.Is(err, errNoRow):
		return r, nil, requests.ErrNotFound
	}
	return r, pdf, err
}

var errNoRow = errors.New("no row")
