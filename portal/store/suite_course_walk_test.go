package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/bank"
	"guichet.example/portal/jobs"
	"guichet.example/portal/mail"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

// walk is members, officers, a mailroom and an insurance system that work on two processes
// of one store, one after the other and at once.
type walk struct {
	*bed
	*rand.Rand
	course
	processes [2]*store.DB
	officers  []auth.Officer
	pool      *sql.DB
	secrets   map[string]string // of the links that stop, by reference
	sent      map[string]int    // mails that there were, by template and reference
	lost      []lostJob
}

// lostJob is a job of a process that is gone, and which lease of it that was.
type lostJob struct {
	jobs.Job
	lease int
}

// starts are days before weekends, holidays, the end of February and both changes of the hour.
var starts = []string{
	"2026-11-06", "2026-12-18", "2027-02-24", "2027-03-22", "2027-04-30", "2027-07-16", "2027-10-25", "2028-02-24", "2028-03-22", "2028-04-12",
}

func TestCourseSQLite(t *testing.T) { t.Parallel(); runCourse(t, openSQLite, 10) }

func TestCoursePostgreSQL(t *testing.T) { t.Parallel(); runCourse(t, openPostgreSQL, 3) }

// Whoever does what, in whatever order or at once, whatever the day: each request takes the
// course that the rules give it, and account, batches, mails and audit trail say the same.
// GUICHET_COURSE_SEED walks the way of one seed again.
func runCourse(t *testing.T, open opener, few int) {
	var seeds []uint64
	for seed := range uint64(few) {
		seeds = append(seeds, seed)
	}
	for range soak(0, 100) {
		seeds = append(seeds, rand.Uint64())
	}
	if text := os.Getenv("GUICHET_COURSE_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		seeds = []uint64{seed}
	}
	for _, seed := range seeds {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			k := newWalk(t, open, seed)
			var story []string
			for step := 0; step < soak(200, 400) && !t.Failed(); step++ {
				did := k.step()
				story = append(story, fmt.Sprintf("%d, %s: %s", step, k.now.In(brussels).Format("Mon 2 Jan 2006 15:04:05.000"), did))
			}
			if k.end(); t.Failed() {
				t.Log(strings.Join(story, "\n"))
			}
		})
	}
}

func newWalk(t *testing.T, open opener, seed uint64) *walk {
	k := &walk{bed: newBed(t, open), Rand: rand.New(rand.NewPCG(seed, 0)), course: newCourse(), secrets: map[string]string{}, sent: map[string]int{}}
	own := k.hire("Claire Delcourt", number(claireNumber), auth.Advisor)
	k.officers = []auth.Officer{k.ines(), k.hire("Bob Leroy", adaNumber, auth.Advisor), own}
	k.course.own = own.ID
	k.accounts[claire.ID], k.accounts[k.bram.Member] = money{claireIBAN, 1}, money{bramIBAN, 1}
	k.bram.Holder.SerialNumber = bramNumber
	day, err := time.ParseInLocation(time.DateOnly, starts[k.IntN(len(starts))], brussels)
	if err != nil {
		t.Fatal(err)
	}
	k.clock.add(day.Add(time.Duration(k.IntN(24*60)) * time.Minute).Sub(k.clock.Now()))
	k.processes[0], k.pool = k.DB, raw(t, k.bed)
	k.restart()
	return k
}

// restart starts the second process, or starts it anew.
func (k *walk) restart() {
	cfg := k.cfg
	cfg.Anchors += "-b"
	if address, ok := databases.Load(cfg.Path); ok {
		cfg.Database = address.(string)
	}
	if k.processes[1] != nil {
		if err := k.processes[1].Close(); err != nil {
			k.t.Fatal(err)
		}
	}
	k.processes[1] = openStore(k.t, cfg)
}

// step is an act, some at once, or time that passes.
func (k *walk) step() (did string) {
	switch n := k.IntN(20); {
	case n == 0 && k.IntN(3) == 0:
		k.restart()
		return "the second process starts anew"
	case n < 2:
		return k.pass()
	case n == 2:
		return k.at(k.aside(k.focus()), k.IntN(2))
	case n < 7:
		return k.at(k.act(k.focus()), k.IntN(2))
	case n < 11:
		id := k.focus()
		list := []act{k.act(id), k.act(id)}
		if k.IntN(3) == 0 {
			list = append(list, k.act(id))
		}
		return k.atOnce(list)
	}
	return k.at(k.onward(k.focus()), k.IntN(2))
}

// pass lets time pass: often to the very moment at which something comes to be, or to just
// before it. What has ended is swept, as it is each minute.
func (k *walk) pass() string {
	now := k.clock.Now()
	y, m, d := now.In(brussels).Date()
	moments := []time.Time{now.Add(time.Duration(k.IntN(20)) * time.Minute), now.Add(time.Duration(k.IntN(30)) * time.Hour),
		time.Date(y, m, d+1, 0, 0, 0, 0, brussels), now.AddDate(0, 0, k.IntN(4)), time.Date(y, m, d+1+k.IntN(3), 9, 0, 0, 0, brussels)}
	for _, w := range k.wishes {
		if w.open() && w.notBefore.After(now) {
			moments = append(moments, w.notBefore.Add(-time.Millisecond))
			if w.state == requests.Accepted {
				moments = append(moments, w.notBefore, w.notBefore, w.notBefore)
			}
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	to := moments[k.IntN(len(moments))]
	k.clock.add(to.Sub(now))
	k.now = k.clock.Now()
	if err := k.processes[k.IntN(2)].Sweep(k.t.Context(), k.now); err != nil {
		k.t.Error(err)
	}
	for id, w := range k.wishes {
		if w.state == requests.ToSign && w.made.Before(k.now.Add(-30*24*time.Hour)) {
			k.move(id, requests.Expired)
			k.note(audit.ExpireRequest, "request", id)
		}
	}
	k.compare()
	return "it is " + to.Format(time.RFC3339Nano)
}

// at has a process do an act.
func (k *walk) at(a act, process int) string {
	k.now = k.clock.Now()
	did, err := a.do(k.t.Context(), k.processes[process])
	want, wanted := a.rule(&k.course, did)
	if did != want || !same(err, wanted) {
		k.t.Errorf("%q, %v, want %q, %v", did, err, want, wanted)
	}
	k.compare()
	k.read()
	return a.what
}

func same(err, want error) bool { return (err == nil) == (want == nil) && errors.Is(err, want) }

// atOnce has both processes do acts at once: what comes of them is what comes of some order.
func (k *walk) atOnce(list []act) string {
	k.now = k.clock.Now()
	did := make([]string, len(list))
	errs := together(len(list), func(i int) (err error) {
		did[i], err = list[i].do(context.Background(), k.processes[i%2])
		return err
	})
	found := k.stored()
	order := make([]int, len(list))
	for i := range order {
		order[i] = i
	}
	fits := false
	for each := range permutations(order) {
		c := k.course.copied()
		if fits = c.follow(list, each, did, errs) && slices.Equal(c.lines(), found); fits {
			k.course = c
			break
		}
	}
	var told []string
	for i, a := range list {
		told = append(told, fmt.Sprintf("%s (%q, %v)", a.what, did[i], errs[i]))
	}
	what := "at once: " + strings.Join(told, "; ")
	if !fits {
		c := k.course.copied()
		c.follow(list, order, did, errs)
		k.t.Errorf("no order of these gives\n%s\none gives\n%s", strings.Join(found, "\n"), strings.Join(c.lines(), "\n"))
	}
	k.read()
	return what
}

// follow does the acts in an order, and says whether all went as they did.
func (c *course) follow(list []act, order []int, did []string, errs []error) bool {
	for _, i := range order {
		if slices.ContainsFunc(list[i].lost, func(l error) bool { return errors.Is(errs[i], l) }) {
			continue
		}
		if want, wanted := list[i].rule(c, did[i]); did[i] != want || !same(errs[i], wanted) {
			return false
		}
	}
	return true
}

// permutations are all orders of a list.
func permutations(list []int) func(yield func([]int) bool) {
	var each func(done, left []int, yield func([]int) bool) bool
	each = func(done, left []int, yield func([]int) bool) bool {
		if len(left) == 0 {
			return yield(done)
		}
		for i := range left {
			rest := slices.Delete(slices.Clone(left), i, i+1)
			if !each(append(slices.Clone(done), left[i]), rest, yield) {
				return false
			}
		}
		return true
	}
	return func(yield func([]int) bool) { each(nil, list, yield) }
}

// storedRows is what the tables say of requests and what comes of them, a row a line.
const storedRows = `
	SELECT 'request ' || request || ' ' || state || ' ' || revision || ' ' || COALESCE(method, '') || CASE WHEN asked_at IS NULL THEN '' ELSE ' asked' END FROM requests
	UNION ALL SELECT 'change ' || request || ' ' || not_before || ' by ' || agreed_by || ' and ' || confirmed_by || ', stopped by ' || stopped_by
		|| CASE WHEN in_force IS NULL THEN '' ELSE ', in force' END FROM bank_changes
	UNION ALL SELECT 'hold ' || task || ' ' || staff FROM task_holds
	UNION ALL SELECT 'due ' || name || ' ' || due_at FROM jobs WHERE kind = '` + bank.JobKind + `'
	UNION ALL SELECT 'handed ' || object || ' ' || batch FROM exports
	UNION ALL SELECT 'batch ' || batch || ' ' || items || CASE WHEN acked_at IS NULL THEN '' ELSE ' acknowledged' END FROM export_batches
	UNION ALL SELECT 'prepared ' || reference || ' ' || state FROM shipments
	UNION ALL SELECT 'letters ' || count(*) FROM letters WHERE kind = 'bank-asked'
	UNION ALL SELECT 'orders ' || count(*) FROM letters WHERE kind = 'order'
	UNION ALL SELECT 'calls ' || count(*) FROM tasks WHERE kind = 'bank-stopped'`

func (k *walk) stored() []string {
	found := texts(k.t, k.pool, storedRows)
	for _, login := range []auth.Login{k.claire, k.bram} {
		list, err := k.Accounts(k.t.Context(), login)
		if err != nil || len(list) != 1 {
			k.t.Fatal(list, err)
		}
		found = append(found, fmt.Sprintf("account %s %d %q", login.Member, list[0].Version, string(list[0].IBAN)))
	}
	slices.Sort(found)
	return found
}

// rows is what the tables are to say.
func (c *course) lines() (list []string) {
	add := func(format string, args ...any) { list = append(list, fmt.Sprintf(format, args...)) }
	flag := func(is bool, text string) string {
		if is {
			return text
		}
		return ""
	}
	told := 0
	for id, w := range c.wishes {
		add("request %s %s %d %s%s", id, w.state, w.revision, w.method, flag(w.asked, " asked"))
		if w.change && !w.signed.IsZero() {
			told++
			add("change %s %d by %s and %s, stopped by %s%s", id, w.notBefore.UnixMicro(), w.agreed, w.confirmed, w.stopped, flag(w.inForce, ", in force"))
		}
	}
	for member, a := range c.accounts {
		add("account %s %d %q", member, a.version, a.iban)
	}
	for item, h := range c.holds {
		add("hold %s %s", item, h.Staff)
	}
	for id, d := range c.coming {
		add("due %s %d", id, d.at.UnixMicro())
	}
	for id, l := range c.handed {
		add("handed %s %d", id, l.batch)
	}
	for n, b := range c.batches {
		add("batch %d %d%s", n+1, len(b.lines), flag(b.acked, " acknowledged"))
	}
	for id, printed := range c.printed {
		if printed {
			add("prepared %s prepared", c.wishes[id].reference)
		}
	}
	add("letters %d", told)
	add("orders %d", len(c.printed))
	add("calls %d", c.calls)
	slices.Sort(list)
	return list
}

func (k *walk) compare() {
	if found, want := k.stored(), k.lines(); !slices.Equal(found, want) {
		only := func(a, b []string) string {
			return strings.Join(slices.DeleteFunc(slices.Clone(a), func(row string) bool { return slices.Contains(b, row) }), "\n")
		}
		k.t.Errorf("stored is\n%s\nwant\n%s", only(found, want), only(want, found))
	}
}

// read reads the mails of changes when there is a new link among them.
func (k *walk) read() {
	for _, w := range k.wishes {
		if !w.notBefore.IsZero() && k.secrets[w.reference] == "" {
			k.readAll()
			return
		}
	}
}

func (k *walk) readAll() {
	for list := k.sentMails(); len(list) > 0; list = k.sentMails() {
		for _, m := range list {
			reference := m.Values[string(mail.Reference)]
			if link := m.Values[string(mail.Link)]; m.Template == mail.BankAsked {
				k.secrets[reference] = link[strings.LastIndex(link, "/")+1:]
			}
			if strings.HasPrefix(string(m.Template), "bank-") {
				k.sent[string(m.Template)+" "+reference]++
			}
		}
	}
}

// end holds what a step is too short for: what was given, the mails and the audit trail.
func (k *walk) end() {
	for n, b := range k.batches {
		if lines, err := given(k.t.Context(), k.DB, n+1); err != nil || !slices.Equal(lines, b.lines) {
			k.t.Errorf("batch %d is %q, %v, want %q", n+1, lines, err, b.lines)
		}
	}
	k.readAll()
	if !maps.Equal(k.sent, k.told) {
		k.t.Errorf("mails %v, want %v", k.sent, k.told)
	}
	found, of := map[string]int{}, map[string]bool{}
	for row := range k.trail {
		action, _, _ := strings.Cut(row, " ")
		of[action] = true
	}
	for _, e := range k.bed.rows() {
		if e.Outcome == audit.Done && of[string(e.Action)] {
			found[string(e.Action)+" "+e.Object]++
		}
	}
	for row, n := range found {
		if k.trail[row] != n {
			k.t.Errorf("%d rows of %s, want %d", n, row, k.trail[row])
		}
	}
	for row, n := range k.trail {
		if found[row] != n {
			k.t.Errorf("%d rows of %s, want %d", found[row], row, n)
		}
	}
}
