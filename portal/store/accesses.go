package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/letters"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// onBooklet holds for a row h of households that counts on the day given twice.
const onBooklet = `(h.since IS NULL OR h.since <= ?) AND (h.until IS NULL OR h.until >= ?)`

// catchUp is how long after a birthday the letter of majority still leaves: whoever is
// older when we first hear of her was never shown to the holder, and is not asked.
const catchUp = 1 // years

// ComeOfAge asks persons who came of age whether the holder keeps access, by a letter,
// lets silence decide for those who did not answer in time, and ends what those allowed who
// left the booklet: each once, at most limit of all. It returns how many there were; to be
// called until there is none.
func (db *DB) ComeOfAge(ctx context.Context, mutuality string, r people.Rules, limit int) (n int, err error) {
	left, err := db.leftBehind(ctx, mutuality, limit)
	if err == nil {
		err = db.write(ctx, audit.Entry{}, func(t *tx) error {
			gone, err := db.endLeft(ctx, t, mutuality, left)
			if err != nil {
				return err
			}
			asked, err := db.askAll(ctx, t, mutuality, r, limit-gone)
			if err != nil {
				return err
			}
			silent, err := db.silence(ctx, t, mutuality, r, limit-gone-asked)
			n = gone + asked + silent
			return err
		})
	}
	if err != nil {
		return 0, fmt.Errorf("asking who came of age: %w", err)
	}
	return n, nil
}

// askAll begins what follows from a birthday.
func (db *DB) askAll(ctx context.Context, t *tx, mutuality string, r people.Rules, limit int) (int, error) {
	now := db.cfg.Now()
	today := people.Today(now)
	day := today.Format(time.DateOnly)
	var found []people.Access
	err := t.each(`
		SELECT h.member, h.person
		FROM members m
			JOIN households h ON h.mutuality = m.mutuality AND h.person = m.member
			LEFT JOIN accesses a ON a.mutuality = h.mutuality AND a.member = h.member AND a.person = h.person
		WHERE m.mutuality = ? AND m.birth <= ? AND m.birth > ? AND h.member <> h.person AND h.role IN ('child', 'other')
			AND `+onBooklet+` AND (a.state IS NULL OR a.state = ?)
		ORDER BY m.birth, h.person LIMIT ?`,
		[]any{mutuality, people.BornBy(today, r.MajorityAge), people.BornBy(today, r.MajorityAge+catchUp), day, day, string(people.Automatic), limit},
		func(scan func(...any) error) error {
			a := people.Access{State: people.Asked, At: now, By: people.BySystem, Ground: people.Majority, AnswerBy: endOfDay(today, r.Answer)}
			err := scan(&a.Holder, &a.Person)
			found = append(found, a)
			return err
		})
	if err != nil {
		return 0, err
	}
	sent := map[auth.MemberID]string{} // on two booklets: one letter
	for _, a := range found {
		if a.Letter = sent[a.Person]; a.Letter == "" {
			if a.Letter, err = db.majorityLetter(t, mutuality, a); err != nil {
				return 0, err
			}
			sent[a.Person] = a.Letter
		}
		note := db.ownEntry(ctx, mutuality, a.Person, audit.AskAccess, object("holder", string(a.Holder)))
		if err := db.putAccess(t, mutuality, a, note); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// endOfDay is the last second of the Belgian day so long after today.
func endOfDay(today time.Time, d time.Duration) time.Time {
	last := today.Add(d)
	return time.Date(last.Year(), last.Month(), last.Day(), 23, 59, 59, 0, locale.Zone())
}

func (db *DB) majorityLetter(t *tx, mutuality string, a people.Access) (string, error) {
	account, _, err := db.account(t.conn, mutuality, a.Person)
	if err != nil {
		return "", err
	}
	return t.letter(db, letters.Letter{Mutuality: mutuality, Member: a.Person, Kind: letters.Majority, Lang: account.Language, Deadline: a.AnswerBy})
}

// silence decides for those who were asked and did not answer.
func (db *DB) silence(ctx context.Context, t *tx, mutuality string, r people.Rules, limit int) (int, error) {
	now := db.cfg.Now()
	var found []people.Access
	err := t.each(`
		SELECT member, person, letter FROM accesses WHERE mutuality = ? AND state = ? AND answer_by < ? ORDER BY answer_by LIMIT ?`,
		[]any{mutuality, string(people.Asked), micros(now), max(limit, 0)}, func(scan func(...any) error) error {
			a := people.Access{State: r.Silence, At: now, By: people.BySystem, Ground: people.Silence}
			err := scan(&a.Holder, &a.Person, &a.Letter)
			found = append(found, a)
			return err
		})
	if err != nil {
		return 0, err
	}
	for _, a := range found {
		note := db.ownEntry(ctx, mutuality, a.Person, audit.ChangeAccess, object("holder", string(a.Holder)))
		note.Reason = string(a.State) + " " + a.Ground
		if err := db.putAccess(t, mutuality, a, note); err != nil {
			return 0, err
		}
	}
	return len(found), nil
}

// putAccess writes how far an access is decided, with its row and the line for the
// insurance system; asking decides nothing. The holder hears that something is new, and
// nothing more.
func (db *DB) putAccess(t *tx, mutuality string, a people.Access, note audit.Entry) error {
	_, err := t.exec(`
		INSERT INTO accesses (mutuality, member, person, state, decided_at, decided_by, reason, letter, answer_by, request)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (mutuality, member, person) DO UPDATE SET
			state = excluded.state, decided_at = excluded.decided_at, decided_by = excluded.decided_by, reason = excluded.reason,
			letter = excluded.letter, answer_by = excluded.answer_by, request = excluded.request, replaced = NULL`,
		mutuality, string(a.Holder), string(a.Person), string(a.State), micros(a.At), a.By, a.Ground, a.Letter, maybeMicros(a.AnswerBy), a.Request)
	if err != nil {
		return fmt.Errorf("writing an access: %w", err)
	}
	if err := t.note(note); err != nil {
		return err
	}
	if a.State != people.Asked {
		if err := db.exportAccess(t, mutuality, a); err != nil {
			return err
		}
	}
	return db.notice(t, mutuality, a.Holder, mail.MessageInSpace, nil)
}

// findAccess reads how far the access of a holder to a person on her booklet is decided.
// people.ErrNotOnBooklet.
func findAccess(c *conn, mutuality string, holder, person auth.MemberID, today time.Time) (a people.Access, birth time.Time, err error) {
	found, err := findBooklets(c, `h.member = ? AND h.person = ?`, "h.person", mutuality, today, string(holder), string(person))
	if err != nil {
		return a, birth, err
	}
	if len(found) == 0 {
		return a, birth, people.ErrNotOnBooklet
	}
	return found[0].Access, found[0].Birth, nil
}

// findBooklets reads rows of households that count today, each with the access and with
// who stands in the column named.
func findBooklets(c *conn, where, who, mutuality string, today time.Time, args ...any) (list []people.OnBooklet, err error) {
	day := today.Format(time.DateOnly)
	err = c.each(`
		SELECT h.member, h.person, h.role, m.member, m.given_names, m.surname, m.birth,
			coalesce(a.state, ?), a.decided_at, coalesce(a.decided_by, ''), coalesce(a.reason, ''), coalesce(a.letter, ''), a.answer_by,
			coalesce(a.request, ''), h.since
		FROM households h
			JOIN members m ON m.mutuality = h.mutuality AND m.member = `+who+`
			LEFT JOIN accesses a ON a.mutuality = h.mutuality AND a.member = h.member AND a.person = h.person
		WHERE h.mutuality = ? AND `+onBooklet+` AND h.member <> h.person AND `+where+` ORDER BY m.birth, m.member`,
		append([]any{string(people.Automatic), mutuality, day, day}, args...), func(scan func(...any) error) error {
			var o people.OnBooklet
			var given, surname string
			var birth sql.NullString
			var at, answer sql.NullInt64
			var since sql.NullString
			err := scan(&o.Holder, &o.Access.Person, &o.Role, &o.Member, &given, &surname, &birth,
				&o.State, &at, &o.By, &o.Ground, &o.Letter, &answer, &o.Request, &since)
			if err != nil {
				return err
			}
			o.State = asItStands(o.State, at, since)
			o.Name, o.At, o.AnswerBy = account.Member{GivenNames: given, Surname: surname}.Name(), fromMaybe(at), fromMaybe(answer)
			o.Birth, err = fromDate(birth)
			list = append(list, o)
			return err
		})
	return list, err
}

// Household implements people.Store.
func (db *DB) Household(ctx context.Context, login auth.Login) (h people.Household, err error) {
	today := people.Today(db.cfg.Now())
	err = db.reveal(ctx, db.entry(ctx, login, audit.ReadAccess, ""), func(c *conn) error {
		me, err := db.member(c, login)
		if err != nil {
			return err
		}
		h = people.Household{Me: people.Person{Member: me.ID, Name: me.Name(), Birth: me.Birth, Self: true}, Affiliation: document.Affiliation(me.Affiliation)}
		if h.Holders, err = findBooklets(c, `h.person = ?`, "h.member", login.Mutuality, today, string(login.Member)); err != nil {
			return err
		}
		h.Persons, err = findBooklets(c, `h.member = ?`, "h.person", login.Mutuality, today, string(login.Member))
		return err
	})
	if err != nil {
		return people.Household{}, fmt.Errorf("reading a household: %w", err)
	}
	for i := range h.Holders {
		o := &h.Holders[i]
		o.Seen, o.Birth = o.Access.Seen(h.Me.Birth, today, db.cfg.MajorityAge), time.Time{} // nothing of the holder but her name
	}
	for i := range h.Persons {
		o := &h.Persons[i]
		if o.Seen = o.Access.Seen(o.Birth, today, db.cfg.MajorityAge); !o.Seen {
			o.Birth = time.Time{}
		}
	}
	return h, nil
}

// AnswerAccess implements people.Store.
func (db *DB) AnswerAccess(ctx context.Context, login auth.Login, holder auth.MemberID, keep bool, r people.Rules) error {
	note := db.entry(ctx, login, audit.ChangeAccess, object("holder", string(holder)))
	err := db.write(ctx, audit.Entry{}, func(t *tx) error {
		return db.decide(t, login.Mutuality, login.Member, decision{
			holder: holder, keep: keep, by: people.ByPerson, ground: people.Answer, end: people.Stopped, rules: r, note: note})
	})
	if err != nil {
		refused := refusal(note, err)
		if noting := db.write(ctx, refused, nil); noting != nil {
			return noting
		}
		return fmt.Errorf("answering who may see: %w", err)
	}
	return nil
}

// decision is what is to hold from now on.
type decision struct {
	holder  auth.MemberID
	keep    bool
	by      string
	ground  string
	end     people.State // Stopped or Blocked
	request string
	rules   people.Rules
	note    audit.Entry
}

// decide makes a decision of the person's own. people.ErrMinor, people.ErrNotOnBooklet.
func (db *DB) decide(t *tx, mutuality string, person auth.MemberID, d decision) error {
	now := db.cfg.Now()
	today := people.Today(now)
	had, birth, err := findAccess(t.conn, mutuality, d.holder, person, today)
	if err != nil {
		return err
	}
	if !people.OfAge(birth, today, d.rules.BlockAge) {
		return people.ErrMinor
	}
	a := people.Access{Holder: d.holder, Person: person, State: d.end, At: now, By: d.by, Ground: d.ground, Letter: had.Letter, Request: d.request}
	if d.keep {
		if a.State = people.Kept; !people.OfAge(birth, today, db.cfg.MajorityAge) {
			a.State = people.Automatic // until her birthday, and then she is asked
		}
	}
	if had.Letter != "" && had.State == people.Asked {
		if err := t.answered(db, mutuality, had.Letter, now); err != nil {
			return err
		}
	}
	d.note.Reason = string(a.State) + " " + a.Ground
	return db.putAccess(t, mutuality, a, d.note)
}

// answered ends the letter that was answered, however far it had come.
func (t *tx) answered(db *DB, mutuality, letter string, now time.Time) error {
	found, err := findLetters(t.conn, `WHERE mutuality = ? AND letter = ? AND state IN ('requested', 'printed', 'posted')`, mutuality, letter)
	if err != nil {
		return err
	}
	for _, l := range found {
		if err := t.endLetter(l, letters.Used, "", now, db.letterRow(l, audit.UseLetter)); err != nil {
			return err
		}
	}
	return nil
}

// accessSigned puts an access change into force in the commit in which its request came to
// the state s. An end holds once it is signed, also while the card's status is still being
// asked; a permission once the signature holds.
func (db *DB) accessSigned(t *tx, key memberKey, r requests.Request, s requests.State, note audit.Entry) error {
	act, ok := r.Act.(document.AccessChange)
	if !ok || s != requests.Signed && (s != requests.Pending || act.Allow) {
		return nil
	}
	note.Action, note.Object = audit.ChangeAccess, object("holder", act.Booklet)
	holder, person := auth.MemberID(act.Booklet), auth.MemberID(key.member)
	before, err := findDoubted(t.conn, key.mutuality, holder, person)
	if err != nil {
		return err
	}
	err = db.decide(t, key.mutuality, person, decision{
		holder: holder, keep: act.Allow, by: people.ByPerson, ground: people.Request, end: people.Blocked, request: r.ID,
		rules: people.Rules{BlockAge: minBlockAge}, note: note}) // the age was checked when it was made
	if errors.Is(err, people.ErrNotOnBooklet) {
		if act.Allow {
			return nil // nothing to be opened any more
		}
		note.Reason = string(people.Blocked) + " " + people.Request // she may come back to it
		err = db.putAccess(t, key.mutuality, people.Access{Holder: holder, Person: person, State: people.Blocked, At: db.cfg.Now(),
			By: people.ByPerson, Ground: people.Request, Request: r.ID}, note)
	}
	if err != nil || s != requests.Pending {
		return err
	}
	return t.keepDoubted(key.mutuality, holder, person, before)
}

// accessSettled is accessSigned for a permission whose signature holds since now: an end
// held at once.
func (db *DB) accessSettled(t *tx, key memberKey, d documents.Document, r requests.Raised) error {
	if d.Kind != document.KindAccessAllow || r.State != requests.Signed {
		return nil
	}
	request, _, err := findRequest(t.conn, key, r.Request)
	if err != nil {
		return err
	}
	return db.accessSigned(t, key, request, r.State, db.ownEntry(context.Background(), key.mutuality, auth.MemberID(key.member), "", ""))
}

// AccessForm implements people.Store.
func (db *DB) AccessForm(ctx context.Context, login auth.Login, holder auth.MemberID) error {
	return db.write(ctx, db.entry(ctx, login, audit.PrintAccess, object("holder", string(holder))), nil)
}

// FileAccess implements people.Store.
func (db *DB) FileAccess(ctx context.Context, o auth.Officer, opening string) (list []people.OnBooklet, err error) {
	note := db.officerEntry(ctx, o, "", audit.ReadAccess, object("opening", opening))
	err = db.read(ctx, func(c *conn) error {
		return onSnapshot(c, func(c *conn) error {
			open, _, err := db.opening(c, o, opening)
			if err != nil {
				return err
			}
			note.Member, note.Reason = string(open.Member), open.Why.Key
			today := people.Today(db.cfg.Now())
			if list, err = findBooklets(c, `h.person = ?`, "h.member", o.Mutuality, today, string(open.Member)); err != nil {
				return err
			}
			var text sql.NullString
			if err := c.get(`SELECT birth FROM members WHERE mutuality = ? AND member = ?`, []any{o.Mutuality, string(open.Member)}, &text); err != nil {
				return err
			}
			birth, err := fromDate(text)
			for i := range list { // nothing of the holder but her name
				list[i].Seen, list[i].Birth = list[i].Access.Seen(birth, today, db.cfg.MajorityAge), time.Time{}
			}
			return err
		})
	})
	if err != nil {
		note = refusal(note, err)
	}
	if noting := db.write(ctx, note, nil); err == nil {
		err = noting
	}
	if err != nil {
		return nil, fmt.Errorf("reading who sees a person: %w", err)
	}
	return list, nil
}

// NoteAccess implements people.Store.
func (db *DB) NoteAccess(ctx context.Context, o auth.Officer, opening string, holder auth.MemberID, keep bool, r people.Rules) error {
	note := db.officerEntry(ctx, o, "", audit.ChangeAccess, object("holder", string(holder)))
	if note.Reason = string(people.Blocked) + " " + people.Paper; keep {
		note.Reason = string(people.Kept) + " " + people.Paper
	}
	err := db.inFile(ctx, o, opening, note, func(t *tx, open office.Opening, _ memberKey) error {
		return db.decide(t, o.Mutuality, open.Member, decision{ // the row is that of the file
			holder: holder, keep: keep, by: people.ByStaff, ground: people.Paper, end: people.Blocked, rules: r})
	})
	if err != nil {
		return fmt.Errorf("noting who may see: %w", err)
	}
	return nil
}

// minBlockAge is the lowest age that a mutuality may set; see people.Settings.
const minBlockAge = 14
