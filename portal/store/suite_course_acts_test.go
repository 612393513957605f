package store_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/handover"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/signing/document"
)

// act is something that somebody does, and what is to come of it: the answer and the error.
// The rule is told the answer that there was, which it may have to choose by.
type act struct {
	what string
	do   func(ctx context.Context, db *store.DB) (string, error)
	rule func(c *course, did string) (string, error)
	lost []error // what it may end with beside others at once, having done nothing
}

// plain is an act without an answer.
func plain(what string, do func(ctx context.Context, db *store.DB) error, rule func(c *course) error) act {
	return act{what: what,
		do:   func(ctx context.Context, db *store.DB) (string, error) { return "", do(ctx, db) },
		rule: func(c *course, _ string) (string, error) { return "", rule(c) }}
}

// freeze asks for something new; sent twice under its key it is one request.
func (k *walk) freeze(login auth.Login, change bool, key string) act {
	r := k.request()
	w := wish{login: login, reference: r.Reference, change: change, made: r.Created, version: k.accounts[login.Member].version,
		affiliation: string(claire.Affiliation), drawn: r.PDF}
	if login.Member != claire.ID {
		w.affiliation = bramAffiliation
	}
	base := bankChange(w.version)
	base.Reference, base.Date = r.Reference, belgianDate(r.Created)
	base.Member.Affiliation = w.affiliation
	if change {
		base.NewIBAN = []string{newIBAN, "BE43068999999501", claireIBAN}[k.IntN(3)]
		base.From = base.Date.AddDate(0, 0, k.IntN(20))
		w.iban, w.from = base.NewIBAN, base.From
		r.Act = base
	} else {
		r.Act = document.EHICOrder{Reference: r.Reference, Language: base.Language, Mutuality: base.Mutuality, Member: base.Member,
			Date: base.Date, ForPersons: []string{"Claire Delcourt"}, DeliverTo: []string{"Claire Delcourt", "Rue Neuve 1", "4000 Liège"}}
	}
	r.Sheet = r.Act.Sheet()
	return act{what: fmt.Sprintf("%s asks for %s under %q", login.Member, r.Act.Kind(), key),
		do: func(ctx context.Context, db *store.DB) (string, error) { return db.PutRequest(ctx, login, r, key) },
		rule: func(c *course, _ string) (string, error) {
			if had := c.keys[string(login.Member)+key]; had != "" && key != "" {
				return had, nil
			}
			w := w
			w.state, w.revision = requests.ToSign, 1
			c.keys[string(login.Member)+key], c.wishes[r.ID] = r.ID, w
			c.note(audit.FreezeRequest, "request", r.ID)
			return r.ID, nil
		}}
}

func belgianDate(at time.Time) time.Time {
	y, m, d := at.In(brussels).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

func (k *walk) prepare(login auth.Login, id string) act {
	p := k.preparation(id)
	return plain(fmt.Sprintf("%s prepares %s as %s", login.Member, id, p.ID),
		func(ctx context.Context, db *store.DB) error { return db.Prepare(ctx, login, p) },
		func(c *course) error {
			w, err := c.of(login, id)
			if err == nil && w.state != requests.ToSign {
				err = requests.ErrNotOpen
			}
			if err == nil {
				c.forCard[p.ID] = readied{request: id, expires: p.Expires}
			}
			return err
		})
}

func (k *walk) complete(login auth.Login, preparation, value string, state requests.State) act {
	done := k.completion(preparation, value)
	done.State = state
	return act{what: fmt.Sprintf("%s signs %s with %s, %s", login.Member, preparation, value, state),
		do: func(ctx context.Context, db *store.DB) (string, error) {
			r, err := db.Complete(ctx, login, done)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(r.State, " ", r.Document), nil
		},
		rule: func(c *course, _ string) (string, error) {
			p, ok := c.forCard[preparation]
			w, err := c.of(login, p.request)
			switch {
			case !ok || err != nil:
				return "", requests.ErrNotFound
			case p.value == value:
				return fmt.Sprint(w.state, " ", w.document), nil
			case p.value != "":
				return "", requests.ErrAnotherValue
			}
			if err := c.signable(w); err != nil {
				return "", err
			}
			if done.At.After(p.expires) {
				return "", requests.ErrPreparationExpired
			}
			p.value = value
			c.forCard[preparation] = p
			c.sign(p.request, state, requests.ByCard, done.At, done.Document, done.PDF)
			c.note(audit.CompleteRequest, "preparation", preparation)
			return fmt.Sprint(state, " ", done.Document), nil
		}}
}

// prove brings the proof of a federal login.
func (k *walk) prove(login auth.Login, id string) act {
	now, drawn := k.clock.Now(), k.wishes[id].drawn
	a := requests.Approval{ID: fmt.Sprintf("%026d", k.next()), Request: id, Session: login.Session, Size: len(drawn), Document: sha256.Sum256(drawn),
		Created: now, Expires: now.Add(requests.ApprovalLife), Provider: "fas", Issuer: "https://idp.test",
		AssertionSHA256: sha256.Sum256([]byte(assertion)), Level: 500, At: now}
	return plain(fmt.Sprintf("%s proves %s for %s", login.Member, a.ID, id),
		func(ctx context.Context, db *store.DB) error {
			return db.PutApproval(ctx, login, a, number(login.Holder.SerialNumber), []byte(assertion))
		},
		func(c *course) error {
			w, err := c.of(login, id)
			if err == nil && w.state != requests.ToSign {
				err = requests.ErrNotOpen
			}
			if err == nil {
				c.proved[a.ID] = proof{request: id, expires: a.Expires}
				c.note(audit.ProveApproval, "request", id)
			}
			return err
		})
}

// seal seals what was approved, or an order without an approval as received.
func (k *walk) seal(login auth.Login, id, approval string) act {
	s := k.sealed(id, approval)
	return act{what: fmt.Sprintf("%s has %s sealed by %q", login.Member, id, approval),
		do: func(ctx context.Context, db *store.DB) (string, error) {
			r, err := db.Seal(ctx, login, s)
			if err != nil {
				return "", err
			}
			return fmt.Sprint(r.State, " ", r.Document), nil
		},
		rule: func(c *course, _ string) (string, error) {
			w, err := c.of(login, id)
			if err != nil {
				return "", err
			}
			p, ok := c.proved[approval]
			switch {
			case approval == "" && w.state != requests.ToSign && w.method == s.Method:
				return fmt.Sprint(w.state, " ", w.document), nil
			case approval == "":
			case !ok || p.request != id:
				return "", requests.ErrProof
			case p.used:
				return fmt.Sprint(w.state, " ", w.document), nil
			case !s.At.Before(p.expires):
				return "", requests.ErrProof
			}
			if err := c.signable(w); err != nil {
				return "", err
			}
			action := audit.ReceiveRequest
			if approval != "" {
				action, p.used = audit.ApproveRequest, true
				c.proved[approval] = p
			}
			c.sign(id, requests.Signed, s.Method, s.At, s.Document, s.PDF)
			c.note(action, "request", id)
			return fmt.Sprint(requests.Signed, " ", s.Document), nil
		}}
}

func (k *walk) decline(login auth.Login, id string) act {
	return k.leave(login, id, requests.Declined, audit.DeclineRequest, requests.ToSign)
}

func (k *walk) withdraw(login auth.Login, id string) act {
	return k.leave(login, id, requests.Withdrawn, audit.WithdrawRequest, requests.Signed, requests.Pending)
}

func (k *walk) leave(login auth.Login, id string, to requests.State, action audit.Action, from ...requests.State) act {
	return plain(fmt.Sprintf("%s has %s %s", login.Member, id, to),
		func(ctx context.Context, db *store.DB) error { return db.Move(ctx, login, id, from, to, "") },
		func(c *course) error {
			w, err := c.of(login, id)
			if err == nil && !slices.Contains(from, w.state) {
				err = requests.ErrNotOpen
			}
			if err != nil {
				return err
			}
			delete(c.holds, itemOf(w, id))
			c.move(id, to)
			c.note(action, "request", id)
			return nil
		})
}

func (k *walk) stopIn(login auth.Login, id string) act {
	return plain(fmt.Sprintf("%s stops %s in the counter", login.Member, id),
		func(ctx context.Context, db *store.DB) error { return db.StopChange(ctx, login, id) },
		func(c *course) error {
			w, err := c.of(login, id)
			if err == nil && !w.change {
				err = requests.ErrNotFound
			}
			if err == nil && c.stop(id, "member") {
				err = bank.ErrInForce
			}
			return err
		})
}

func (k *walk) stopBy(id string) act {
	secret := cmp.Or(k.secrets[k.wishes[id].reference], linkSecret)
	return plain("the link stops "+id,
		func(ctx context.Context, db *store.DB) error { return db.StopByLink(ctx, "141", secret) },
		func(c *course) error {
			w := c.wishes[id]
			if secret == linkSecret || w.linkUsed || c.now.After(w.notBefore.Add(30*24*time.Hour)) {
				return bank.ErrLink
			}
			w.linkUsed = true
			c.wishes[id] = w
			if c.stop(id, "link") {
				return bank.ErrInForce
			}
			return nil
		})
}

// enter has somebody come in as the member.
func (k *walk) enter(login auth.Login) act {
	session := fmt.Sprintf("%026d", k.next())
	now := k.clock.Now()
	login.Session, login.At = session, now
	return plain(fmt.Sprintf("%s signs in as %s", login.Member, session),
		func(context.Context, *store.DB) error { k.session(session, login); return nil },
		func(c *course) error {
			c.signins[session] = entry{member: login.Member, at: now}
			return nil
		})
}

func (k *walk) deny(login auth.Login, session string) act {
	return plain(fmt.Sprintf("%s denies %s", login.Member, session),
		func(ctx context.Context, db *store.DB) error {
			_, err := db.DenySignIn(ctx, login, session)
			return err
		},
		func(c *course) error {
			s := c.signins[session]
			if s.member != login.Member || s.denied {
				return account.ErrNoSession
			}
			s.denied = true
			c.signins[session] = s
			for id, w := range c.wishes {
				if w.change && w.login.Member == s.member && w.open() && !w.signed.Before(s.at) {
					c.stop(id, "denied")
				}
			}
			return nil
		})
}

func (k *walk) answer(login auth.Login, id string) act {
	return plain(fmt.Sprintf("%s answers about %s", login.Member, id),
		func(ctx context.Context, db *store.DB) error {
			return db.AnswerOffice(ctx, login, id, requests.Answer{Text: sentence})
		},
		func(c *course) error {
			w, err := c.of(login, id)
			if err == nil && (!w.asked || w.state != requests.Signed) {
				err = requests.ErrNotOpen
			}
			if err == nil {
				w.asked = false
				c.wishes[id] = w
				c.note(audit.AnswerOffice, "request", id)
			}
			return err
		})
}

// take takes an item, from whoever is seen to have it.
func (k *walk) take(o auth.Officer, id string) act {
	item := itemOf(k.wishes[id], id)
	over := k.holds[item]
	return plain(fmt.Sprintf("%s takes %s over from %q", o.Name, item, over.Staff),
		func(ctx context.Context, db *store.DB) error { return db.TakeItem(ctx, o, item, over, "urgent") },
		func(c *course) error {
			w, hold, err := c.waits(id)
			switch {
			case err != nil:
				return err
			case hold.Staff == o.ID:
				return nil
			case hold != over:
				return office.ErrHeld
			case c.hers(o, w):
				return office.ErrOwn
			case w.change && w.agreed == o.ID:
				return office.ErrFirst
			}
			c.holds[item] = office.Hold{Staff: o.ID, Since: c.now}
			c.note(audit.TakeTask, "task", item)
			return nil
		})
}

func (k *walk) release(o auth.Officer, id string) act {
	item := itemOf(k.wishes[id], id)
	return plain(fmt.Sprintf("%s releases %s", o.Name, item),
		func(ctx context.Context, db *store.DB) error { return db.ReleaseItem(ctx, o, item) },
		func(c *course) error {
			_, err := c.held(o, id)
			if err == nil {
				delete(c.holds, item)
				c.note(audit.ReleaseTask, "task", item)
			}
			return err
		})
}

func (k *walk) close(o auth.Officer, id string, a office.Answer) act {
	item := itemOf(k.wishes[id], id)
	return plain(fmt.Sprintf("%s says %s to %s", o.Name, a.What, item),
		func(ctx context.Context, db *store.DB) error { return db.CloseItem(ctx, o, item, a) },
		func(c *course) error {
			w, err := c.held(o, id)
			if err == nil {
				err = c.decide(o, id, w, a.What)
			}
			if err == nil {
				delete(c.holds, item)
				c.note(audit.CloseTask, "task", item)
			}
			return err
		})
}

// decide is what an officer's word does: of a change, two of them accept.
func (c *course) decide(o auth.Officer, id string, w wish, what string) error {
	switch {
	case what == office.EventAsked:
		w.asked = true
		c.wishes[id] = w
		c.note(audit.AskMember, "request", id)
	case what == office.EventRejected:
		c.move(id, requests.Rejected)
		c.note(audit.RejectRequest, "request", id)
	case !w.change:
		c.move(id, requests.Accepted)
		c.note(audit.AcceptRequest, "request", id)
		c.printed[id] = false
		c.handed[id] = exported{text: fmt.Sprint("order ", id, " ", w.affiliation, " ", w.pdf, " ", o.ID)}
	case c.accounts[w.login.Member].version != w.version:
		return office.ErrAccountChanged
	case w.agreed == "" || c.disabled[w.agreed]:
		w.agreed = o.ID
		c.wishes[id] = w
		c.note(audit.AgreeBankChange, "request", id)
	case w.agreed == o.ID:
		return office.ErrFirst
	default:
		w.confirmed = o.ID
		c.wishes[id] = w
		c.move(id, requests.Accepted)
		c.note(audit.AcceptRequest, "request", id)
		at := w.notBefore
		if at.Before(c.now) {
			at = c.now
		}
		c.coming[id] = leased{at: at}
	}
	return nil
}

func (k *walk) stopFor(o auth.Officer, id string) act {
	item := itemOf(k.wishes[id], id)
	return plain(fmt.Sprintf("%s stops %s for who calls", o.Name, item),
		func(ctx context.Context, db *store.DB) error { return db.StopForMember(ctx, o, item, "she called") },
		func(c *course) error {
			w := c.wishes[id]
			switch {
			case w.pdf == "":
				return office.ErrNotFound
			case c.hers(o, w):
				return office.ErrOwn
			case !w.change || w.state != requests.Accepted:
				return office.ErrState
			}
			c.stop(id, "office")
			return nil
		})
}

// able disables an officer or lets her in again.
func (k *walk) able(o auth.Officer, disabled bool) act {
	return plain(fmt.Sprintf("%s is disabled: %t", o.Name, disabled),
		func(ctx context.Context, db *store.DB) error { return db.DisableStaff(ctx, house, o.ID, disabled) },
		func(c *course) error {
			if c.disabled[o.ID] == disabled {
				return office.ErrChanged
			}
			c.disabled[o.ID] = disabled
			if disabled {
				maps.DeleteFunc(c.holds, func(_ string, h office.Hold) bool { return h.Staff == o.ID })
			}
			return nil
		})
}

func lease(ctx context.Context, db *store.DB, now time.Time) ([]jobs.Job, error) {
	list, err := db.Lease(ctx, jobs.Order{Now: now, Life: time.Minute, Kinds: []string{bank.JobKind}, Limit: 100})
	slices.SortFunc(list, func(a, b jobs.Job) int { return strings.Compare(a.Key, b.Key) })
	return list, err
}

// ripe are the changes whose day has come and that nobody works at.
func (c *course) ripe() (list []string) {
	for _, id := range slices.Sorted(maps.Keys(c.coming)) {
		if d := c.coming[id]; !d.at.After(c.now) && !d.until.After(c.now) {
			list = append(list, id)
		}
	}
	return list
}

// apply puts in force what is due.
func (k *walk) apply() act {
	return plain("what is due is put in force",
		func(ctx context.Context, db *store.DB) error {
			list, err := lease(ctx, db, k.clock.Now())
			for _, j := range list {
				err = errors.Join(err, db.ApplyChange(ctx, j))
			}
			return err
		},
		func(c *course) error {
			for _, id := range c.ripe() {
				c.day(id)
			}
			return nil
		})
}

// lose has a process take what is due and come back to it later, if at all.
func (k *walk) lose() act {
	return plain("a process takes what is due and is gone",
		func(ctx context.Context, db *store.DB) error {
			list, err := lease(ctx, db, k.clock.Now())
			for _, j := range list {
				k.lost = append(k.lost, lostJob{j, k.coming[j.Key].lease + 1})
			}
			return err
		},
		func(c *course) error {
			for _, id := range c.ripe() {
				d := c.coming[id]
				c.coming[id] = leased{d.at, c.now.Add(time.Minute), d.lease + 1}
			}
			return nil
		})
}

// late has it come back.
func (k *walk) late(j lostJob) act {
	return plain("who was gone puts "+j.Key+" in force",
		func(ctx context.Context, db *store.DB) error { return db.ApplyChange(ctx, j.Job) },
		func(c *course) error {
			if d, ok := c.coming[j.Key]; !ok || d.lease != j.lease {
				return jobs.ErrLeaseLost
			}
			c.day(j.Key)
			return nil
		})
}

// settle brings what was learnt of the card that signed.
func (k *walk) settle(id string, state requests.State) act {
	w := k.wishes[id]
	return plain(fmt.Sprintf("the card of %s makes it %s", id, state),
		func(ctx context.Context, db *store.DB) error {
			due, err := db.DueDocument(ctx, w.login, w.document)
			if err == nil {
				err = db.Raised(ctx, requests.Raised{Raise: due, State: state, Cause: "status"})
			}
			return err
		},
		func(c *course) error {
			w := c.wishes[id]
			if w.settled {
				return requests.ErrNotFound
			}
			w.settled = true
			c.wishes[id] = w
			if w.state == requests.Pending {
				c.move(id, state)
			}
			return nil
		})
}

// letter has the insurance system change the account, as by letter.
func (k *walk) letter(login auth.Login) act {
	a := claireAccount
	a.IBAN = bank.IBAN([]string{newIBAN, "BE71096123456769", claireIBAN}[k.IntN(3)])
	return plain(fmt.Sprintf("the account of %s is %s by letter", login.Member, a.IBAN),
		func(ctx context.Context, db *store.DB) error { return db.ChangeAccount(ctx, "141", login.Member, a) },
		func(c *course) error { c.pay(login.Member, string(a.IBAN)); return nil })
}

// give opens a batch and reads it: the same until it is acknowledged.
func (k *walk) give(limit int) act {
	return act{what: fmt.Sprintf("a batch of %d is given", limit),
		do: func(ctx context.Context, db *store.DB) (string, error) {
			b, err := db.OpenBatch(ctx, "141", limit)
			if err != nil {
				return "", err
			}
			lines, err := given(ctx, db, b.Number)
			return fmt.Sprint(b.Number, "\n", strings.Join(lines, "\n")), err
		},
		rule: func(c *course, did string) (string, error) {
			for n, b := range c.batches {
				if !b.acked {
					return fmt.Sprint(n+1, "\n", strings.Join(b.lines, "\n")), nil
				}
			}
			waiting := map[string]string{}
			for id, l := range c.handed {
				if l.batch == 0 {
					waiting[l.text] = id
				}
			}
			if len(waiting) == 0 {
				return "", handover.ErrNothing
			}
			number, rest, _ := strings.Cut(did, "\n")
			lines := strings.Split(rest, "\n")
			for _, text := range lines {
				id, ok := waiting[text]
				if !ok {
					return "nothing of " + text, nil
				}
				delete(waiting, text)
				c.handed[id] = exported{text, len(c.batches) + 1}
			}
			if len(lines) != limit && len(waiting) > 0 {
				return fmt.Sprintf("all but %q", waiting), nil
			}
			c.batches = append(c.batches, batch{lines: lines})
			c.note(audit.ExportBatch, "batch", number)
			return fmt.Sprint(len(c.batches), "\n", rest), nil
		}}
}

// given are the lines of a batch, each with a document that opens and is the one named.
func given(ctx context.Context, db *store.DB, number int) (lines []string, err error) {
	err = db.EachItem(ctx, "141", number, func(i handover.Item) error {
		var f struct {
			IBAN      string
			Agreed    string `json:"agreed-by"`
			Confirmed string `json:"confirmed-by"`
			Accepted  string `json:"accepted-by"`
			InForce   string `json:"in-force"`
			Version   int
		}
		if err := json.Unmarshal(i.Fields, &f); err != nil {
			return err
		}
		pdf, err := i.Open()
		if err != nil {
			return err
		}
		if got := fmt.Sprintf("%x", sha256.Sum256(pdf)); got != i.SHA256 || len(pdf) != i.Size {
			return fmt.Errorf("the document of %s is another", i.Object)
		}
		text := fmt.Sprint(i.Kind, " ", i.Object, " ", i.Affiliation, " ", i.SHA256, " ", f.Accepted)
		if i.Kind == string(document.KindBankChange) {
			text += fmt.Sprint(f.IBAN, " ", f.Agreed, " ", f.Confirmed, " ", f.InForce, " ", f.Version)
		}
		lines = append(lines, text)
		return nil
	})
	slices.Sort(lines)
	return lines, err
}

func (k *walk) ack(number int) act {
	return plain(fmt.Sprintf("batch %d is acknowledged", number),
		func(ctx context.Context, db *store.DB) error { return db.AckBatch(ctx, "141", number) },
		func(c *course) error {
			switch {
			case number < 1 || number > len(c.batches):
				return handover.ErrNoBatch
			case c.batches[number-1].acked:
				return nil
			}
			c.batches[number-1].acked = true
			c.note(audit.AckBatch, "batch", fmt.Sprint(number))
			return nil
		})
}

// print prints the letters of orders. Who loses the race for one of them prints none.
func (k *walk) print() act {
	room, made := letters.By{Mutuality: "141", Orders: true}, letters.Batch{ID: fmt.Sprintf("%026d", k.next()), Made: k.clock.Now(), Pages: 1}
	a := plain("the mailroom prints",
		func(ctx context.Context, db *store.DB) error { return printOpen(ctx, db, room, made) },
		func(c *course) error {
			err := letters.ErrNothing
			for id, printed := range c.printed {
				if !printed {
					c.printed[id], err = true, nil
				}
			}
			return err
		})
	a.lost = []error{letters.ErrState}
	return a
}
