package store_test

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/account"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
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
