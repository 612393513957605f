package store_test

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/mail"
	"guichet.example/portal/office"
	"guichet.example/portal/requests"
)

// course is what requests are to have become, by the rules of the counter and nothing else.
// It holds values alone: copied, it goes on by itself.
type course struct {
	now      time.Time
	keys     map[string]string       // request, by the form's key
	wishes   map[string]wish         // by request
	forCard  map[string]readied      // by preparation
	proved   map[string]proof        // by approval
	accounts map[auth.MemberID]money // benefits are paid on
	signins  map[string]entry        // by session
	holds    map[string]office.Hold  // by item
	disabled map[auth.StaffID]bool
	own      auth.StaffID        // the officer who is Claire
	coming   map[string]leased   // by request: waits for its day
	handed   map[string]exported // by request: the insurance system is to have it
	batches  []batch             // from number 1
	printed  map[string]bool     // orders accepted, by request
	trail    map[string]int      // rows of what was done, by action and object
	told     map[string]int      // mails, by template and reference
	calls    int                 // tasks of the office after a stop
}

// wish is a request.
type wish struct {
	login             auth.Login
	reference         string
	affiliation       string
	made              time.Time
	change            bool // of account; else an order
	iban              string
	version           int // of the account that it replaces
	from              time.Time
	state             requests.State
	revision          int
	method            requests.Method
	signed, notBefore time.Time
	drawn             []byte
	document          string
	pdf               string // the digest of what was signed
	settled           bool   // nobody asks any more for the status of the card
	asked             bool   // the office asked its member, who owes the answer
	agreed, confirmed auth.StaffID
	stopped           string
	inForce           bool
	linkUsed          bool
}

// open says that the mutuality has it and may still be kept from doing it.
func (w wish) open() bool {
	return w.state == requests.Signed || w.state == requests.Pending || w.state == requests.Accepted
}

type readied struct {
	request string
	expires time.Time
	value   string // that completed it
}

type proof struct {
	request string
	expires time.Time
	used    bool
}

type money struct {
	iban    string
	version int
}

type entry struct {
	member auth.MemberID
	at     time.Time
	denied bool
}

type leased struct {
	at, until time.Time
	lease     int // counts who had it
}

type exported struct {
	text  string
	batch int
}

type batch struct {
	lines []string
	acked bool
}

func newCourse() course {
	return course{
		keys: map[string]string{}, wishes: map[string]wish{}, forCard: map[string]readied{}, proved: map[string]proof{},
		accounts: map[auth.MemberID]money{}, signins: map[string]entry{}, holds: map[string]office.Hold{}, disabled: map[auth.StaffID]bool{},
		coming: map[string]leased{}, handed: map[string]exported{}, printed: map[string]bool{}, trail: map[string]int{}, told: map[string]int{},
	}
}

func (c course) copied() course {
	c.keys, c.wishes, c.forCard, c.proved = maps.Clone(c.keys), maps.Clone(c.wishes), maps.Clone(c.forCard), maps.Clone(c.proved)
	c.accounts, c.signins, c.holds, c.disabled = maps.Clone(c.accounts), maps.Clone(c.signins), maps.Clone(c.holds), maps.Clone(c.disabled)
	c.coming, c.handed, c.batches, c.printed = maps.Clone(c.coming), maps.Clone(c.handed), slices.Clone(c.batches), maps.Clone(c.printed)
	c.trail, c.told = maps.Clone(c.trail), maps.Clone(c.told)
	return c
}

func (c *course) note(action audit.Action, what, id string) {
	c.trail[string(action)+" "+what+"/"+id]++
}

func (c *course) tell(t mail.Template, w wish) { c.told[string(t)+" "+w.reference]++ }

// of is the member's request; another's is not found.
func (c *course) of(login auth.Login, id string) (wish, error) {
	w, ok := c.wishes[id]
	if !ok || w.login.Member != login.Member {
		return wish{}, requests.ErrNotFound
	}
	return w, nil
}

// move writes a new state.
func (c *course) move(id string, to requests.State) {
	w := c.wishes[id]
	w.state, w.revision = to, w.revision+1
	c.wishes[id] = w
}

// sign is what follows from a consent: the shield of a change begins.
func (c *course) sign(id string, state requests.State, method requests.Method, at time.Time, document string, pdf []byte) {
	c.move(id, state)
	w := c.wishes[id]
	w.method, w.signed, w.document, w.pdf = method, at, document, fmt.Sprintf("%x", sha256.Sum256(pdf))
	if w.change {
		w.notBefore = firstMoment(at, w.from)
		c.tell(mail.BankAsked, w)
	}
	c.wishes[id] = w
}

// signable says why a request cannot be signed now.
func (c *course) signable(w wish) error {
	switch {
	case w.state != requests.ToSign:
		return requests.ErrNotOpen
	case w.change && c.accounts[w.login.Member].version != w.version:
		return requests.ErrChanged
	}
	return nil
}

// stop keeps a change from coming into force; too late, it calls the office.
func (c *course) stop(id, by string) (late bool) {
	w := c.wishes[id]
	switch {
	case w.open():
		c.move(id, requests.Rejected)
		w = c.wishes[id]
		c.tell(mail.BankStopped, w)
	case w.state == requests.Done && w.stopped == "":
		c.tell(mail.BankLate, w)
	default:
		return w.state == requests.Done
	}
	if w.stopped == "" {
		w.stopped = by
	}
	c.wishes[id] = w
	delete(c.holds, itemOf(w, id))
	c.note(audit.StopBankChange, "request", id)
	c.calls++
	return w.state == requests.Done
}

// day puts a change in force, or refuses it where the account is another one by now.
func (c *course) day(id string) {
	delete(c.coming, id)
	w := c.wishes[id]
	if w.state != requests.Accepted {
		return
	}
	account := c.accounts[w.login.Member]
	if account.version != w.version {
		c.move(id, requests.Rejected)
		c.note(audit.RejectRequest, "request", id)
		c.tell(mail.BankStopped, w)
		c.calls++
		return
	}
	c.pay(w.login.Member, w.iban)
	c.move(id, requests.Done)
	w = c.wishes[id]
	w.inForce = true
	c.wishes[id] = w
	c.note(audit.ApplyBankChange, "request", id)
	c.tell(mail.BankChanged, w)
	c.handed[id] = exported{text: fmt.Sprint("bank-change ", id, " ", w.affiliation, " ", w.pdf, " ", w.iban, " ", w.agreed, " ", w.confirmed, " ",
		c.now.In(brussels).Format(time.DateOnly), " ", c.accounts[w.login.Member].version)}
}

// pay has benefits paid on an account: another one is a new version.
func (c *course) pay(member auth.MemberID, iban string) {
	account := c.accounts[member]
	if account.iban != iban {
		c.accounts[member] = money{iban, account.version + 1}
	}
}

func itemOf(w wish, id string) string { return string(w.login.Member) + "-" + id }

// waits is the item of a request in the queue, as the officer finds it.
func (c *course) waits(id string) (w wish, hold office.Hold, err error) {
	w = c.wishes[id]
	switch {
	case w.pdf == "":
		err = office.ErrNotFound
	case w.state != requests.Signed:
		err = office.ErrState
	}
	return w, c.holds[itemOf(w, id)], err
}

// held is waits for who has it.
func (c *course) held(o auth.Officer, id string) (wish, error) {
	w, hold, err := c.waits(id)
	switch {
	case err != nil:
		return w, err
	case hold.Staff == "":
		return w, office.ErrState
	case hold.Staff != o.ID:
		return w, office.ErrHeld
	}
	return w, nil
}

// hers says that a request is the officer's own.
func (c *course) hers(o auth.Officer, w wish) bool {
	return o.ID == c.own && w.login.Member == claire.ID
}

var brussels = func() *time.Location {
	zone, err := time.LoadLocation("Europe/Brussels")
	if err != nil {
		panic(err)
	}
	return zone
}()

// free are the days of the years of the walk on which nobody works although it is no weekend.
var free = []string{
	"2026-11-11", "2026-12-25", "2027-01-01", "2027-03-29", "2027-05-06", "2027-05-17", "2027-07-21", "2027-11-01", "2027-11-11",
	"2028-04-17", "2028-05-01", "2028-05-25", "2028-06-05", "2028-07-21", "2028-08-15",
}

// firstMoment is when a change may be in force: the day asked for, but no earlier than the
// day after the fifth working day that follows the signature.
func firstMoment(signed, from time.Time) time.Time {
	y, m, d := signed.In(brussels).Date()
	for left := 5; left > 0; {
		d++
		day := time.Date(y, m, d, 12, 0, 0, 0, brussels)
		if w := day.Weekday(); w != time.Saturday && w != time.Sunday && !slices.Contains(free, day.Format(time.DateOnly)) {
			left--
		}
	}
	first := time.Date(y, m, d+1, 0, 0, 0, 0, brussels)
	if asked := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, brussels); asked.After(first) {
		return asked
	}
	return first
}
