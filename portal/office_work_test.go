package portal_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/certs/certstest"
	"guichet.example/portal/audit"
	"guichet.example/portal/locale"
)

var (
	bea      = certstest.Person{GivenNames: "Bea", Surname: "Bis", NationalNumber: "72022911853", Algorithm: certstest.P384}
	itemLink = regexp.MustCompile(`href="(/fr/office/queue/[0-9a-z-]{26,53})"`)
)

// openMathieu opens his file and returns its address.
func (v *visitor) openMathieu() string {
	v.t.Helper()
	resp, body := v.send("/fr/office/person", search(nil))
	if resp.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("opening a file: %s %s", resp.Status, body)
	}
	return resp.Header.Get("Location")
}

func (v *visitor) wants(method, path string, values url.Values, status int) string {
	v.t.Helper()
	var resp *http.Response
	var body string
	if method == http.MethodGet {
		resp, body = v.get(path)
	} else {
		resp, body = v.send(path, values)
	}
	if resp.StatusCode != status {
		v.t.Fatalf("%s %s = %s, want %d: %s", method, path, resp.Status, status, title(body))
	}
	return body
}

// An account is closed with a reason, its sessions end at once, the member asks for it
// back after a right sign-in, one advisor alone takes that on, and opens it again.
func TestAccountIsClosedAndAskedBack(t *testing.T) {
	c := open(t)
	member := c.visitor(t).in()
	v, _ := c.officer(t, auth.Advisor)
	_, card := c.colleague(t, bea, auth.Advisor)
	second := c.visitor(t)
	second.atOffice(card)
	file := v.openMathieu()

	for name, wrong := range map[string]url.Values{
		"no reason":        {"to": {"disabled"}, "words": {"x"}},
		"reason of other":  {"to": {"disabled"}, "reason": {"cleared"}, "words": {"x"}},
		"no words":         {"to": {"disabled"}, "reason": {"abuse"}},
		"words to the sky": {"to": {"disabled"}, "reason": {"abuse"}, "words": {strings.Repeat("x", 1001)}},
	} {
		if resp, _ := v.send(file+"/account", wrong); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	if resp, _ := v.send(file+"/account", url.Values{"to": {"active"}, "reason": {"mistake"}, "words": {"x"}}); resp.StatusCode != http.StatusConflict {
		t.Errorf("opening what is open: %s", resp.Status)
	}
	member.wants("GET", "/fr/account", nil, http.StatusOK)
	v.wants("POST", file+"/account", url.Values{"to": {"disabled"}, "reason": {"security"}, "words": {"Carte volée"}}, http.StatusSeeOther)
	if resp, _ := member.get("/fr/account"); resp.StatusCode != http.StatusSeeOther {
		t.Errorf("the session lives on: %s", resp.Status)
	}

	resp, body := member.signIn(c.card)
	if resp.StatusCode != http.StatusOK || !strings.Contains(body, "/fr/sign-in/disabled") || member.cookies["__Host-session"] != "" {
		t.Fatalf("sign-in when disabled: %s %s", resp.Status, body)
	}
	member.wants("POST", "/fr/sign-in/disabled", url.Values{"said": {"J'ai retrouvé ma carte"}}, http.StatusSeeOther)

	item := itemLink.FindStringSubmatch(v.wants("GET", "/fr/office/queue?kind=reactivation&who=free", nil, http.StatusOK))
	if item == nil {
		t.Fatal("the queue does not hold the request")
	}
	if strings.Contains(v.wants("GET", item[1], nil, http.StatusOK), "retrouvé") {
		t.Error("what was said shows before the item is taken")
	}
	if resp, _ := v.send(item[1]+"/close", url.Values{"answer": {"closed"}, "words": {"x"}}); resp.StatusCode != http.StatusConflict {
		t.Errorf("closing what nobody took: %s", resp.Status)
	}
	v.wants("POST", item[1]+"/take", nil, http.StatusSeeOther)
	v.wants("POST", item[1]+"/take", nil, http.StatusSeeOther) // sent twice
	if !strings.Contains(v.wants("GET", item[1], nil, http.StatusOK), "retrouvé") {
		t.Error("what was said does not show")
	}
	held := second.wants("POST", item[1]+"/take", nil, http.StatusConflict)
	if !strings.Contains(held, "Inès Collard") {
		t.Error("the page does not say who has the item")
	}
	for _, act := range []string{"/close", "/release", "/file"} {
		if resp, body := second.send(item[1]+act, url.Values{"answer": {"closed"}, "words": {"x"}}); resp.StatusCode != http.StatusConflict || strings.Contains(body, "retrouvé") {
			t.Errorf("%s by who does not hold it: %s", act, resp.Status)
		}
	}
	v.wants("POST", item[1]+"/file", nil, http.StatusSeeOther)
	v.wants("POST", file+"/account", url.Values{"to": {"active"}, "reason": {"asked-back"}, "words": {"Identité vérifiée"}}, http.StatusSeeOther)
	v.wants("POST", item[1]+"/close", url.Values{"answer": {"closed"}}, http.StatusUnprocessableEntity)
	saved := locale.T(locale.FR, "office.done.item")
	if strings.Contains(v.wants("GET", item[1]+"?done=1", nil, http.StatusOK), saved) {
		t.Error("what was not done is confirmed")
	}
	closed, _ := v.send(item[1]+"/close", url.Values{"answer": {"answered"}, "words": {"Rouvert"}})
	if to := closed.Header.Get("Location"); closed.StatusCode != http.StatusSeeOther || !strings.Contains(v.wants("GET", to, nil, http.StatusOK), saved) {
		t.Errorf("the answer is not confirmed: %s to %s", closed.Status, to)
	}
	if strings.Contains(second.wants("GET", item[1]+"?done=1", nil, http.StatusOK), saved) {
		t.Error("a colleague is told that she answered")
	}
	queue := v.wants("GET", "/fr/office/queue", nil, http.StatusOK)
	if itemLink.MatchString(queue) {
		t.Error("a closed item waits in the queue")
	}
	if !strings.Contains(queue, html.EscapeString(locale.T(locale.FR, "office.queue.empty.all"))) || strings.Contains(queue, locale.T(locale.FR, "office.queue.lead")) {
		t.Error("after the last item the queue does not say that nothing waits")
	}
	member.in()
	member.wants("GET", "/fr/account", nil, http.StatusOK)
	refusedToReopen(c, v, member, file)

	acts := map[audit.Action]int{}
	ok(t, c.store.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Method == audit.Office && e.Outcome == audit.Done {
			acts[e.Action]++
		}
		if strings.Contains(e.Reason, "volée") || strings.Contains(e.Reason, "retrouvé") {
			t.Errorf("%s holds what was typed", e.Action)
		}
		return nil
	}))
	for action, want := range map[audit.Action]int{audit.DisableAccount: 2, audit.EnableAccount: 1, audit.TakeTask: 2, audit.CloseTask: 2, audit.OpenFile: 2} {
		if acts[action] != want {
			t.Errorf("%d rows of %s, want %d", acts[action], action, want)
		}
	}
}

// refusedToReopen closes the account again and leaves it closed: who comes back after a
// right sign-in reads the advisor's answer, and may ask once more.
func refusedToReopen(c *counter, officer, member *visitor, file string) {
	officer.wants("POST", file+"/account", url.Values{"to": {"disabled"}, "reason": {"security"}, "words": {"Carte volée"}}, http.StatusSeeOther)
	member.signIn(c.card)
	member.wants("POST", "/fr/sign-in/disabled", url.Values{"said": {"J'ai retrouvé ma carte"}}, http.StatusSeeOther)
	item := itemLink.FindStringSubmatch(officer.wants("GET", "/fr/office/queue?kind=reactivation&who=free", nil, http.StatusOK))
	officer.wants("POST", item[1]+"/take", nil, http.StatusSeeOther)
	officer.wants("POST", item[1]+"/close", url.Values{"answer": {"closed"}, "words": {"Présentez-vous au guichet"}}, http.StatusSeeOther)
	member.signIn(c.card)
	if body := member.wants("GET", "/fr/sign-in/disabled", nil, http.StatusOK); !strings.Contains(body, "Présentez-vous au guichet") || !strings.Contains(body, `name="said"`) {
		member.t.Errorf("the refused request is answered by %s", body)
	}
}

// An item changes hands from who has it, with a word why; whoever comes too late is told.
func TestItemIsTakenOver(t *testing.T) {
	c := open(t)
	v, id := c.officer(t, auth.Advisor)
	_, card := c.colleague(t, bea, auth.Advisor)
	second := c.visitor(t)
	second.atOffice(card)
	item := c.asksBack(t, v)
	v.wants("POST", item+"/take", nil, http.StatusSeeOther)
	body := second.wants("GET", item, nil, http.StatusOK)
	since := regexp.MustCompile(`name="since" value="(\d+)"`).FindStringSubmatch(body)
	if since == nil {
		t.Fatal("no way to take the item over")
	}
	over := url.Values{"over": {string(id)}, "since": since[1:]}
	second.wants("POST", item+"/take", over, http.StatusUnprocessableEntity)
	over.Set("words", "Inès est en congé")
	over.Set("since", "1")
	second.wants("POST", item+"/take", over, http.StatusConflict)
	over.Set("since", since[1])
	second.wants("POST", item+"/take", over, http.StatusSeeOther)
	v.wants("POST", item+"/release", nil, http.StatusConflict)
	second.wants("POST", item+"/release", nil, http.StatusSeeOther)
	v.wants("POST", item+"/take", nil, http.StatusSeeOther)
}

// asksBack has Mathieu's account closed and asked back, and returns the item.
func (c *counter) asksBack(t *testing.T, v *visitor) string {
	t.Helper()
	file := v.openMathieu()
	v.wants("POST", file+"/account", url.Values{"to": {"disabled"}, "reason": {"security"}, "words": {"x"}}, http.StatusSeeOther)
	member := c.visitor(t)
	member.signIn(c.card)
	member.wants("POST", "/fr/sign-in/disabled", url.Values{"said": {"Bonjour"}}, http.StatusSeeOther)
	item := itemLink.FindStringSubmatch(v.wants("GET", "/fr/office/queue", nil, http.StatusOK))
	if item == nil {
		t.Fatal("the queue is empty")
	}
	return item[1]
}

// A late item rises: it is the first of the queue, and says so.
func TestOverdueIsSaid(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.Advisor)
	c.asksBack(t, v)
	if strings.Contains(v.wants("GET", "/fr/office/queue?due=overdue", nil, http.StatusOK), "/fr/office/queue/0") {
		t.Error("a new item is overdue")
	}
	c.later(7 * 24 * time.Hour)
	v, _ = c.again(t)
	if !strings.Contains(v.wants("GET", "/fr/office/queue?due=overdue&age=3&lang=fr&who=free", nil, http.StatusOK), "en retard depuis") {
		t.Error("an item of a week ago is not overdue")
	}
}

// again is the officer, signed in once more.
func (c *counter) again(t *testing.T) (*visitor, *http.Response) {
	t.Helper()
	card, err := c.pki.Issue(ines)
	ok(t, err)
	v := c.visitor(t)
	resp, body := v.atOffice(card)
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("sign-in: %s %s", resp.Status, body)
	}
	return v, resp
}

// At a contact point: papers, then a code that nobody sees, or the person's own card.
func TestEnrolmentAtTheCounter(t *testing.T) {
	c := open(t)
	v, _ := c.officer(t, auth.ContactPoint)
	file := v.openMathieu()
	if resp, _ := v.get(file + "/enrol"); resp.StatusCode != http.StatusSeeOther || !strings.HasSuffix(resp.Header.Get("Location"), "/identity") {
		t.Errorf("a way in before the identity was checked: %s", resp.Status)
	}
	v.wants("POST", file+"/enrol", nil, http.StatusConflict)
	for name, wrong := range map[string]url.Values{
		"no paper":   {"place": {"Verviers"}, "proof-known": {"1"}, "proof-answers": {"1"}, "proof-photo": {"1"}},
		"paper only": {"place": {"Verviers"}, "proof-eid": {"1"}},
		"no place":   {"proof-eid": {"1"}, "proof-photo": {"1"}},
	} {
		if resp, _ := v.send(file+"/identity", wrong); resp.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	v.wants("POST", file+"/identity", url.Values{"place": {"Verviers"}, "proof-eid": {"1"}, "proof-photo": {"1"}}, http.StatusSeeOther)
	v.wants("GET", file+"/enrol", nil, http.StatusOK)
	resp, body := v.send(file+"/enrol", nil)
	if resp.StatusCode != http.StatusSeeOther || body != "" {
		t.Fatalf("a code: %s %s", resp.Status, body)
	}
	receipt := v.wants("GET", resp.Header.Get("Location"), nil, http.StatusOK)
	if !strings.Contains(receipt, "Verviers") || !strings.Contains(receipt, "Référence du pli") {
		t.Error("the receipt lacks place or letter")
	}

	other, err := c.pki.Issue(bea)
	ok(t, err)
	if resp, body := v.bind(file, other); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, `"wrong_person"`) {
		t.Errorf("another person's card: %s %s", resp.Status, body)
	}
	if resp, body := v.bind(file, c.card); resp.StatusCode != http.StatusOK || !strings.Contains(body, "/receipt") {
		t.Errorf("her own card: %s %s", resp.Status, body)
	}
	if !strings.Contains(v.wants("GET", file, nil, http.StatusOK), "Ouvert") {
		t.Error("the account is not open")
	}
	stale, _ := c.again(t)
	if resp, _ := stale.get(file); resp.StatusCode != http.StatusForbidden {
		t.Errorf("the same officer in another session: %s", resp.Status)
	}
}

// bind puts a person's card into the officer's reader.
func (v *visitor) bind(file string, card *certstest.Card) (*http.Response, string) {
	v.t.Helper()
	_, body := v.post(file+"/card/challenge", "application/json", "{}")
	nonce := regexp.MustCompile(`"nonce":"([^"]+)"`).FindStringSubmatch(body)
	if nonce == nil {
		v.t.Fatalf("challenge: %s", body)
	}
	return v.post(file+"/card", "application/json", token(v.t, card, origin, nonce[1]))
}

func TestStaffPages(t *testing.T) {
	c := open(t)
	v, id := c.officer(t, auth.Administrator)
	own := "/fr/office/staff/" + string(id)
	fields := func(number string, roles ...string) url.Values {
		f := url.Values{"number": {number}, "name": {"Bea Bis"}, "language": {"nl"}, "place": {"Gent"}}
		for _, r := range roles {
			f.Set("role-"+r, "1")
		}
		return f
	}
	v.wants("POST", "/fr/office/staff/new", fields("72022911854", "advisor"), http.StatusUnprocessableEntity)
	v.wants("POST", "/fr/office/staff/new", fields("72022911853", "advisor"), http.StatusSeeOther)
	v.wants("POST", "/fr/office/staff/new", fields("72.02.29-118.53", "mailroom"), http.StatusUnprocessableEntity) // she is there
	list := v.wants("GET", "/fr/office/staff", nil, http.StatusOK)
	bis := regexp.MustCompile(`href="(/fr/office/staff/[a-z2-7]{26})">Bea Bis`).FindStringSubmatch(list)
	if bis == nil || strings.Contains(list, "72022911853") {
		t.Fatal("the list lacks the colleague, or shows a number")
	}
	change := fields("", "administrator")
	v.wants("POST", bis[1], change, http.StatusConflict) // no revision
	change.Set("revision", "1")
	v.wants("POST", bis[1], change, http.StatusSeeOther)
	v.wants("POST", bis[1], change, http.StatusConflict) // of the page before
	own2 := fields("", "advisor")
	own2.Set("revision", "1")
	v.wants("POST", own, own2, http.StatusForbidden)
	v.wants("POST", own+"/disable", nil, http.StatusForbidden)
	v.wants("POST", bis[1]+"/disable", nil, http.StatusSeeOther)
	v.wants("POST", bis[1]+"/disable", nil, http.StatusConflict)
	v.wants("POST", bis[1]+"/enable", nil, http.StatusSeeOther)
	v.wants("GET", "/fr/office/staff/abcdefghijklmnopqrstuvwxya", nil, http.StatusNotFound)
	acts := v.wants("GET", "/fr/office/system/acts", nil, http.StatusOK)
	if !strings.Contains(acts, "Collègue ajouté") || !strings.Contains(acts, "Inès Collard") || strings.Contains(acts, "72022911853") {
		t.Error("the acts of staff lack the new colleague")
	}
	v.wants("GET", "/fr/office/system/acts?day-day=31&day-month=2&day-year=2026", nil, http.StatusUnprocessableEntity)
	v.wants("GET", "/fr/office/system/acts?day-day=1&day-month=2&day-year=2026", nil, http.StatusOK)
	v.wants("POST", "/fr/office/system/jobs/06h029gerwqtfcfprcxr1ynme4", nil, http.StatusSeeOther) // gone meanwhile
}

// Who has looked for as many people as one may in an hour reads so, and how else a file opens.
func TestSearchesAreBounded(t *testing.T) {
	c := open(t)
	_, card := c.colleague(t, ines, auth.Advisor)
	v := c.visitor(t)
	v.atOffice(card)
	nobody := search(map[string]string{"number": "72.02.29-118.53"})
	for range 60 { // as shipped
		v.wants("POST", "/fr/office/person", nobody, http.StatusUnprocessableEntity)
		c.later(10 * time.Second) // or it is too often for a network
	}
	for _, l := range locale.Languages() {
		body := v.wants("POST", "/"+string(l)+"/office/person", search(nil), http.StatusTooManyRequests)
		if !strings.Contains(html.UnescapeString(body), locale.T(l, "office.searches.text")) {
			t.Errorf("in %s: %s", l, title(body))
		}
	}
	c.later(50 * time.Minute)
	v.atOffice(card)
	v.openMathieu()
}
