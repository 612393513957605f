package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/timeid"
	"guichet.example/signing/document"
)

// sealedAnswer is a file that a member sent in answer, as it stands in its context.
const sealedAnswer = "answer-file"

// ask has a request wait for its member: what is asked is an event of it, which she reads.
func (db *DB) ask(ctx context.Context, t *tx, o auth.Officer, key memberKey, r requests.Request) error {
	_, err := t.exec(`UPDATE requests SET asked_at = ? WHERE mutuality = ? AND member = ? AND request = ?`,
		micros(db.cfg.Now()), key.mutuality, key.member, r.ID)
	if err != nil {
		return err
	}
	if err := t.requestNews(db, key, r.ID, requests.NewsAsked); err != nil {
		return err
	}
	member := auth.MemberID(key.member)
	if err := t.note(db.officerEntry(ctx, o, member, audit.AskMember, object("request", r.ID))); err != nil {
		return err
	}
	return db.notice(t, key.mutuality, member, mail.MessageInSpace, nil)
}

// AnswerOffice implements requests.Store: the request is back in the queue.
func (db *DB) AnswerOffice(ctx context.Context, login auth.Login, id string, a requests.Answer) error {
	key, err := db.key(ctx, login)
	if err != nil {
		return fmt.Errorf("answering the office: %w", err)
	}
	if len(a.Files) > requests.MaxAnswerFiles || a.Text == "" {
		return fmt.Errorf("answering the office: %w", requests.ErrNotOpen)
	}
	ids := make([]string, len(a.Files))
	blobs := make([]sealedBlob, len(a.Files))
	for n, f := range a.Files {
		if ids[n], err = timeid.New(db.cfg.Now(), db.cfg.Rand); err != nil {
			return err
		}
		blobs[n] = key.sealBlob(sealedAnswer, ids[n], 1, f.Content)
		if err := db.place(ctx, &blobs[n]); err != nil {
			return fmt.Errorf("answering the office: %w", err)
		}
	}
	note := db.entry(ctx, login, audit.AnswerOffice, object("request", id))
	err = db.write(ctx, note, func(t *tx) error {
		if err := ofMember(t, key, id); err != nil {
			return err
		}
		answered, err := t.exec(`
			UPDATE requests SET asked_at = NULL WHERE mutuality = ? AND member = ? AND request = ? AND asked_at IS NOT NULL AND state = ?`,
			key.mutuality, key.member, id, string(requests.Signed))
		if err == nil && answered == 0 {
			err = requests.ErrNotOpen
		}
		if err != nil {
			return err
		}
		item := office.Item{ID: key.member + "-" + id, Member: login.Member}
		if err := t.event(db, auth.Officer{Mutuality: key.mutuality}, item, office.EventReplied, a.Text); err != nil {
			return err
		}
		for n, f := range a.Files {
			if err := putBlob(t, key, blobs[n]); err != nil {
				return err
			}
			sum := sha256.Sum256(f.Content)
			_, err := t.exec(`
				INSERT INTO request_files (mutuality, member, request, file, event, media, size, sha256, address, added_at)
				VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
				key.mutuality, key.member, id, ids[n], "", string(f.Media), len(f.Content), sum[:], blobs[n].address[:], micros(db.cfg.Now()))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("answering the office: %w", err)
	}
	return nil
}

// Thread implements requests.Store. It comes with the request on the same page and has no
// row of its own.
func (db *DB) Thread(ctx context.Context, login auth.Login, id string) ([]requests.Said, error) {
	var list []requests.Said
	err := db.snapshot(ctx, func(c *conn) error {
		list = list[:0]
		key, err := db.keyOf(c, login.Mutuality, login.Member)
		if err != nil {
			return err
		}
		history, err := db.history(c, login.Mutuality, office.Item{ID: key.member + "-" + id, Member: login.Member})
		for _, e := range history {
			if e.What == office.EventAsked || e.What == office.EventReplied {
				list = append(list, requests.Said{At: e.At, Mine: e.What == office.EventReplied, Text: e.Words})
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what was asked: %w", err)
	}
	return list, nil
}

// answerFiles lists what the member sent with her answers.
func answerFiles(c *conn, key memberKey, request string) ([]office.Enclosed, error) {
	var list []office.Enclosed
	err := c.each(`SELECT media, size FROM request_files WHERE mutuality = ? AND member = ? AND request = ? ORDER BY file LIMIT ?`,
		[]any{key.mutuality, key.member, request, maxPage}, func(scan func(...any) error) error {
			var f office.Enclosed
			err := scan(&f.Media, &f.Size)
			list = append(list, f)
			return err
		})
	return list, err
}

// answerFile opens file n, from 1, of the answers to a request.
func answerFile(c *conn, key memberKey, request string, n int) (f office.Enclosed, content []byte, err error) {
	var id string
	var sum, address []byte
	err = c.get(`
		SELECT file, media, size, sha256, address FROM request_files
		WHERE mutuality = ? AND member = ? AND request = ? ORDER BY file LIMIT 1 OFFSET ?`,
		[]any{key.mutuality, key.member, request, max(n, 1) - 1}, &id, &f.Media, &f.Size, &sum, &address)
	if errors.Is(err, sql.ErrNoRows) || n < 1 {
		return f, nil, office.ErrState // the item is hers, and has no such file
	}
	if err != nil {
		return f, nil, err
	}
	content, err = blob(c, key, sealedAnswer, id, 1, address)
	if got := sha256.Sum256(content); err == nil && !bytes.Equal(got[:], sum) {
		err = fmt.Errorf("file %s does not match its hash: %w", id, ErrDamaged)
	}
	return f, content, err
}

// carryOut begins what follows from a request that was accepted: an order is sent, and how
// statements are sent is the insurance system's to change.
func (db *DB) carryOut(t *tx, o auth.Officer, key memberKey, r requests.Request) error {
	switch r.Act.(type) {
	case document.EHICOrder, document.PostOrder:
		return db.sendOrder(t, o, key, r)
	case document.StatementsChange:
		return db.exportOrder(t, o, key, r)
	}
	return nil
}

// sendOrder has an accepted order sent: a letter in the mailroom, which goes with what was
// ordered, and a line for the insurance system.
func (db *DB) sendOrder(t *tx, o auth.Officer, key memberKey, r requests.Request) error {
	sheet, err := sheetOf(t.conn, key, r)
	if err != nil {
		return err
	}
	matter := letters.Matter{Request: r.ID, Reference: r.Reference, At: r.SignedAt}
	switch act := r.Act.(type) {
	case document.EHICOrder:
		matter.Rows = letters.Ordered(sheet, act.ForPersons, act.DeliverTo)
	case document.PostOrder:
		matter.Rows = letters.Ordered(sheet, act.ForPersons, act.DeliverTo)
	}
	_, err = t.letter(db, letters.Letter{Mutuality: key.mutuality, Member: auth.MemberID(key.member), Kind: letters.Order,
		Lang: string(r.Act.Head().Language), Matter: &matter})
	if err != nil {
		return err
	}
	return db.exportOrder(t, o, key, r)
}
