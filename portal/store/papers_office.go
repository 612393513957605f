package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/office"
	"guichet.example/portal/papers"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// PaperAt implements papers.Store: whose file is open, and the paper that is being signed
// in it. The paper is part of the opening and ends with it.
func (db *DB) PaperAt(ctx context.Context, o auth.Officer, opening string) (papers.At, error) {
	var at papers.At
	err := db.snapshot(ctx, func(c *conn) error {
		open, key, err := db.opening(c, o, opening)
		if err != nil {
			return err
		}
		m, err := db.member(c, loginOf(key))
		if err != nil {
			return err
		}
		at.Person = document.Person{Name: m.Name(), Birth: m.Birth, Affiliation: document.Affiliation(m.Affiliation)}
		at.Ends = open.Ends
		var waiting int
		err = c.get(`SELECT count(*) FROM papers WHERE mutuality = ? AND member = ? AND opening = ? AND ends_at IS NOT NULL`,
			[]any{key.mutuality, key.member, opening}, &waiting)
		at.Waits = waiting > 0
		return err
	})
	if err != nil {
		return papers.At{}, fmt.Errorf("reading an open file: %w", err)
	}
	return at, nil
}

// loginOf is the member as who owns what is touched; nobody is signed in as her.
func loginOf(key memberKey) auth.Login {
	return auth.Login{Mutuality: key.mutuality, Member: auth.MemberID(key.member)}
}

// paperIn is the request of the paper in an opening, the newest; "" if there is none.
func paperIn(c *conn, key memberKey, opening string) (string, error) {
	var request string
	err := c.get(`SELECT request FROM papers WHERE mutuality = ? AND member = ? AND opening = ? ORDER BY request DESC LIMIT 1`,
		[]any{key.mutuality, key.member, opening}, &request)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return request, err
}

// PapersAt is what a signature of an officer is made with: the store of one opening. The
// login that its methods take is not looked at: whose file it is, the opening says, and
// what is done is the officer's.
func (db *DB) PapersAt(o auth.Officer, opening string) requests.SignStore {
	return &openPaper{db: db, officer: o, opening: opening}
}

type openPaper struct {
	db      *DB
	officer auth.Officer
	opening string
}

func (p *openPaper) note(ctx context.Context, action audit.Action, object string) audit.Entry {
	return p.db.officerEntry(ctx, p.officer, "", action, object)
}

// PutRequest puts the paper into the opening. One that was there and is not signed makes
// room.
func (p *openPaper) PutRequest(ctx context.Context, _ auth.Login, r requests.Request, formKey string) (string, error) {
	id, err := p.putRequest(ctx, r, formKey)
	if err != nil {
		return "", fmt.Errorf("storing a paper: %w", err)
	}
	return id, nil
}

func (p *openPaper) putRequest(ctx context.Context, r requests.Request, formKey string) (id string, err error) {
	if err := checkRequest(r, formKey); err != nil {
		return "", err
	}
	paper, ok := r.Act.(document.Paper)
	if !ok || paper.Officer == "" {
		return "", errors.New("not a paper of an officer")
	}
	if formKey != "" {
		formKey = "office." + p.opening + "." + formKey
	}
	id = r.ID
	note := p.note(ctx, audit.FreezeRequest, object("request", r.ID))
	err = p.db.inFile(ctx, p.officer, p.opening, note, func(t *tx, open office.Opening, key memberKey) error {
		if err := notOwn(t.conn, p.officer, open.Member); err != nil {
			return err
		}
		earlier, err := claimKey(t, loginOf(key), formKey)
		if err != nil {
			return err
		}
		if earlier != "" {
			id = earlier
			return errAgain
		}
		if err := p.makeRoom(t, key); err != nil {
			return err
		}
		return p.insert(t, key, open, r, paper, formKey)
	})
	if errors.Is(err, errAgain) {
		err = nil
	}
	return id, err
}

func (p *openPaper) insert(t *tx, key memberKey, open office.Opening, r requests.Request, paper document.Paper, formKey string) error {
	frozen, err := freeze(key, r)
	if err != nil {
		return err
	}
	sheet, err := freezeSheet(key, r.ID, r.Sheet)
	if err != nil {
		return err
	}
	if err := insertRequest(t, key, r, frozen, sheet, key.sealBlob(sealedDrawn, r.ID, 1, r.PDF)); err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO papers (mutuality, member, request, staff, opening, size, ends_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		key.mutuality, key.member, r.ID, string(p.officer.ID), p.opening, paper.Size, micros(open.Ends))
	if err != nil {
		return err
	}
	return keepKey(t, loginOf(key), formKey, r.ID)
}

// makeRoom deletes the unsigned papers of the opening.
func (p *openPaper) makeRoom(t *tx, key memberKey) error {
	var old []string
	err := t.each(`SELECT request FROM papers WHERE mutuality = ? AND member = ? AND opening = ? AND ends_at IS NOT NULL`,
		[]any{key.mutuality, key.member, p.opening}, func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			old = append(old, id)
			return err
		})
	for _, id := range old {
		err = errors.Join(err, dropPaper(t, key.mutuality, key.member, id))
	}
	return err
}

// Request implements requests.SignStore.
func (p *openPaper) Request(ctx context.Context, _ auth.Login, id string) (requests.Request, error) {
	var r requests.Request
	note := p.note(ctx, audit.ReadRequest, object("opening", p.opening))
	err := p.db.read(ctx, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			key, have, err := p.find(c, id)
			if err == nil {
				note.Member, note.Object = key.member, object("request", have)
				r, err = p.db.requestOf(c, key, have)
			}
			return err
		})
	})
	if err != nil {
		note = refusal(note, err)
	}
	if noting := p.db.write(ctx, note, nil); err == nil {
		err = noting
	}
	if err != nil {
		return requests.Request{}, fmt.Errorf("reading a paper: %w", err)
	}
	return r, nil
}

// find opens the key of the member whose paper that is, if it lies in this opening; an
// empty id is that of the one that does. requests.ErrNotFound, office.ErrNoOpening.
func (p *openPaper) find(c *conn, id string) (key memberKey, have string, err error) {
	if _, key, err = p.db.opening(c, p.officer, p.opening); err != nil {
		return key, "", err
	}
	have, err = paperIn(c, key, p.opening)
	if err == nil && (have == "" || id != "" && have != id) {
		err = requests.ErrNotFound
	}
	return key, have, err
}

// RequestForCard implements requests.SignStore.
func (p *openPaper) RequestForCard(ctx context.Context, login auth.Login, id string) (requests.Request, error) {
	return p.Request(ctx, login, id)
}

// Prepare implements requests.SignStore.
func (p *openPaper) Prepare(ctx context.Context, _ auth.Login, prep requests.Preparation) error {
	key, err := p.key(ctx, prep.Request)
	if err != nil {
		return fmt.Errorf("storing preparation: %w", err)
	}
	return p.db.prepareAs(ctx, key, prep, p.noteOf(ctx, key, audit.PrepareRequest, object("request", prep.Request)), func(t *tx) error {
		_, _, err := p.find(t.conn, prep.Request)
		return err
	})
}

func (p *openPaper) noteOf(ctx context.Context, key memberKey, action audit.Action, object string) audit.Entry {
	return p.db.officerEntry(ctx, p.officer, auth.MemberID(key.member), action, object)
}

// key is find for a caller that holds no connection.
func (p *openPaper) key(ctx context.Context, id string) (key memberKey, err error) {
	err = p.db.read(ctx, func(c *conn) error {
		key, _, err = p.find(c, id)
		return err
	})
	return key, err
}

// Preparation implements requests.SignStore.
func (p *openPaper) Preparation(ctx context.Context, _ auth.Login, id string) (requests.Preparation, error) {
	var prep requests.Preparation
	err := p.db.snapshot(ctx, func(c *conn) error {
		_, key, err := p.db.opening(c, p.officer, p.opening)
		if err != nil {
			return err
		}
		if prep, err = preparationWithBytes(c, key, id); err != nil {
			return err
		}
		_, _, err = p.find(c, prep.Request)
		return err
	})
	if err != nil {
		return requests.Preparation{}, fmt.Errorf("reading preparation: %w", err)
	}
	return prep, nil
}

// Complete implements requests.SignStore: nobody has to answer what the mutuality itself
// put into the vault, and the member is told.
func (p *openPaper) Complete(ctx context.Context, _ auth.Login, c requests.Completion) (requests.Request, error) {
	var key memberKey
	err := p.db.read(ctx, func(conn *conn) (err error) {
		_, key, err = p.db.opening(conn, p.officer, p.opening)
		return err
	})
	if err != nil {
		return requests.Request{}, fmt.Errorf("completing a paper: %w", err)
	}
	note := p.noteOf(ctx, key, audit.CompleteRequest, object("preparation", c.Preparation))
	r, err := p.db.completeAs(ctx, loginOf(key), c, note, func(t *tx, r requests.Request) error {
		if _, _, err := p.find(t.conn, r.ID); err != nil {
			return err
		}
		return notOwn(t.conn, p.officer, auth.MemberID(key.member))
	})
	if err != nil {
		return requests.Request{}, fmt.Errorf("completing a paper: %w", err)
	}
	return r, nil
}

// RefuseSignature implements requests.SignStore.
func (p *openPaper) RefuseSignature(ctx context.Context, _ auth.Login, request, state string) error {
	note := p.note(ctx, audit.SignRequest, object("request", request))
	note.Outcome, note.Reason = audit.Refused, state
	if key, err := p.key(ctx, request); err == nil {
		note.Member = key.member
	}
	if err := p.db.write(ctx, note, nil); err != nil {
		return fmt.Errorf("recording refused signature: %w", err)
	}
	return nil
}

// DueDocument implements requests.SignStore.
func (p *openPaper) DueDocument(ctx context.Context, _ auth.Login, document string) (requests.Raise, error) {
	var key memberKey
	err := p.db.read(ctx, func(c *conn) (err error) {
		_, key, err = p.db.opening(c, p.officer, p.opening)
		return err
	})
	if err != nil {
		return requests.Raise{}, fmt.Errorf("leasing document: %w", err)
	}
	return p.db.DueDocument(ctx, loginOf(key), document)
}
