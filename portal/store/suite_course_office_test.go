package store_test

import (
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
