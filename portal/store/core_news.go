package store

import (
	"maps"
	"slices"
	"strings"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/people"
)

const (
	// newsDays is how old what is delivered may be to be news: a history is none.
	newsDays = 31
	// newsHour is when members are told of it, in Belgium: deliveries come at night.
	newsHour = 8
)

// paymentKind is the place of that column of payments, as coreTables lists them.
const paymentKind = 3

// newPayment is told to who gets money.
func newPayment(l *load, values []any) {
	treated, _ := values[paymentTreated].(string)
	kind, _ := values[paymentKind].(string)
	member, _ := values[paymentMember].(string)
	if k := core.PaymentKind(kind); k != core.Contribution && k != core.Recovery && l.isNews(treated) {
		l.tell(auth.MemberID(member), mail.NewRefunds)
	}
}

// isNews tells whether something of a day is to be told of.
func (l *load) isNews(day string) bool {
	if l.newsFrom == "" {
		l.newsFrom = people.Today(l.db.cfg.Now()).AddDate(0, 0, -newsDays).Format(time.DateOnly)
	}
	return day >= l.newsFrom
}

// tell notes that there is news for a member.
func (l *load) tell(member auth.MemberID, about mail.Template) {
	if l.news == nil {
		l.news = map[mail.Template]map[auth.MemberID]bool{}
	}
	if l.news[about] == nil {
		l.news[about] = map[auth.MemberID]bool{}
	}
	l.news[about][member] = true
}

// mailNews puts one mail for each member, kind of news and day into the queue, to those who
// have an account. It leaves in the morning: what more is delivered until then is in it.
func (l *load) mailNews() error {
	due := nextMorning(l.db.cfg.Now())
	for _, about := range slices.Sorted(maps.Keys(l.news)) {
		err := inChunks(slices.Sorted(maps.Keys(l.news[about])), func(some []auth.MemberID) error {
			here, err := l.active(some)
			for _, member := range here {
				if err == nil {
					err = l.db.noticeAt(l.t, l.mutuality, member, about, due)
				}
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// active are those of the members who have an account that is open.
func (l *load) active(some []auth.MemberID) (here []auth.MemberID, err error) {
	args := []any{l.mutuality, string(credentials.Active)}
	for _, member := range some {
		args = append(args, string(member))
	}
	err = l.each(`SELECT member FROM credentials WHERE mutuality = ? AND state = ? AND member IN (?`+strings.Repeat(", ?", len(some)-1)+`)`, args, func(scan func(...any) error) error {
		var member string
		err := scan(&member)
		here = append(here, auth.MemberID(member))
		return err
	})
	return here, err
}

// nextMorning is the next time the clock shows newsHour in Belgium.
func nextMorning(now time.Time) time.Time {
	now = now.In(locale.Zone())
	y, m, d := now.Date()
	morning := time.Date(y, m, d, newsHour, 0, 0, 0, locale.Zone())
	if !morning.After(now) {
		morning = time.Date(y, m, d+1, newsHour, 0, 0, 0, locale.Zone())
	}
	return morning
}

// noticeAt is a notice that leaves later; until then a second one of the same kind for the
// same time is the same one.
func (db *DB) noticeAt(t *tx, mutuality string, member auth.MemberID, about mail.Template, due time.Time) error {
	m, ok, err := db.noticeOf(t, mutuality, member, about, nil)
	if err != nil || !ok {
		return err
	}
	payload, err := m.Marshal()
	if err != nil {
		return err
	}
	return t.enqueue(db, jobs.Job{
		Kind: mail.JobKind, Mutuality: mutuality, Member: member, Payload: payload, Created: db.cfg.Now(), Due: due,
		Key: "news/" + string(about) + "/" + string(member) + "/" + due.Format(time.DateOnly),
	})
}
