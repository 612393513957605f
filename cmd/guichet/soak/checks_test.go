package soak

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// findings are what a check holds against a counter. None is good.
type findings []string

func (f *findings) add(format string, args ...any) { *f = append(*f, fmt.Sprintf(format, args...)) }

// report fails the test with the first few.
func (f findings) report(t *testing.T) {
	t.Helper()
	for i, text := range f {
		if i == 20 {
			t.Errorf("and %d more", len(f)-i)
			return
		}
		t.Error(text)
	}
}

// check is all checks of evidence. raised says that every document must have reached
// B-LTA by now.
func (e *evidence) check(raised bool) findings {
	return slices.Concat(e.kept(), e.judged(raised), e.signedByCards(), e.oneEnd(), e.joined(), e.chained())
}

// told selects the lines of a deed.
func (e *evidence) told(d deed, told bool) []record {
	var list []record
	for _, r := range e.journal {
		if r.Do == d && r.Told == told {
			list = append(list, r)
		}
	}
	return list
}

// kept is N1: every document whose completion or download was acknowledged is there,
// and is the one that was. Raising may put other evidence around it; then there is an
// audit row of that, and what was signed, and the value, are the same.
func (e *evidence) kept() (f findings) {
	raised := map[string]bool{}
	for _, r := range e.rows {
		if r.Action == "document.raise" && r.Outcome == "done" {
			raised[strings.TrimPrefix(r.Object, "document/")] = true
		}
	}
	for _, r := range e.told(complete, true) {
		if e.vault[e.requests[r.Request].document].request != r.Request {
			f.add("N1: signing request %s was acknowledged, and there is no document", r.Request)
		}
	}
	for _, r := range e.told(fetch, true) {
		d, ok := e.vault[r.Document]
		now := sha256.Sum256(d.pdf)
		if !ok {
			f.add("N1: document %s is gone", r.Document)
			continue
		}
		if hex.EncodeToString(now[:]) == r.SHA256 {
			continue
		}
		is, err := readSignature(d.pdf)
		switch {
		case err != nil:
			f.add("N1: document %s: %v", r.Document, err)
		case r.Final || !raised[r.Document]:
			f.add("N1: document %s has SHA-256 %x, was %s, and was not raised", r.Document, now, r.SHA256)
		case r.Core != is.core():
			f.add("N1: document %s holds another signature than before", r.Document)
		}
	}
	return f
}

// judged is the rest of N1: outside judges find every document validly signed.
func (e *evidence) judged(raised bool) (f findings) {
	for id, d := range e.vault {
		if strings.Count(d.pdfsig, "Signature is Valid.") != 1 || strings.Contains(d.pdfsig, "Invalid") {
			f.add("N1: pdfsig does not find %s validly signed: %s", id, strings.Join(strings.Fields(d.pdfsig), " "))
		}
		sum := sha256.Sum256(d.pdf)
		if n := d.verify.signatures(); n != 1 || d.verify.SHA256 != hex.EncodeToString(sum[:]) {
			f.add("N1: guichet verify sees %d signatures in %s", n, id)
			continue
		}
		s := d.verify.Signatures[0]
		if s.Level != d.level {
			f.add("N1: %s is %s, and its page says %s", id, s.Level, d.level)
		}
		late := s.Indication == "INDETERMINATE" && s.SubIndication == "TRY_LATER" && (s.Level == "B-B" || s.Level == "B-T")
		if !d.verify.Valid && (raised || !late) {
			f.add("N1: guichet verify says %s %s (%s) of %s", s.Indication, s.SubIndication, s.Level, id)
		}
	}
	return f
}

// signedByCards is N2: every signature in the vault is one that a card's own record
// holds, over the digest its holder was shown, on the document that she read.
func (e *evidence) signedByCards() (f findings) {
	byDigest := map[string][]signed{} // two preparations of one second have one digest
	for _, s := range e.cards {
		byDigest[string(s.Digest)] = append(byDigest[string(s.Digest)], s)
	}
	drawn, shown := map[string]string{}, map[string][]string{}
	for _, r := range e.journal {
		switch {
		case r.Do == read && r.Told:
			drawn[r.Request] = r.Drawn
		case r.Do == prepare && r.Told:
			shown[r.Request] = append(shown[r.Request], string(r.Digest))
		}
	}
	for id, d := range e.vault {
		is, err := readSignature(d.pdf)
		if err != nil {
			f.add("N2: %s: %v", id, err)
			continue
		}
		cards := byDigest[string(is.digest)]
		of := slices.IndexFunc(cards, func(s signed) bool { return bytes.Equal(s.Value, is.value) })
		switch {
		case len(cards) == 0:
			f.add("N2: no card signed what %s holds", id)
		case of < 0:
			f.add("N2: %s holds another value than the card made", id)
		case cards[of].Member != d.member:
			f.add("N2: %s was signed by another member's card", id)
		case !slices.Contains(shown[d.request], string(is.digest)):
			f.add("N2: the digest signed in %s was shown to nobody", id)
		case !beginsWith(d.pdf, drawn[d.request]):
			f.add("N2: %s does not begin with the document that was read", id)
		}
	}
	return f
}

// beginsWith reports whether the file begins with a document of that SHA-256: all its
// revisions end in %%EOF, and updates are appended.
func beginsWith(pdf []byte, sha string) bool {
	for end := 0; ; {
		i := bytes.Index(pdf[end:], []byte("%%EOF"))
		if i < 0 {
			return false
		}
		end += i + len("%%EOF")
		for _, tail := range []int{0, 1, 2} { // line end
			if end+tail > len(pdf) {
				break
			}
			if s := sha256.Sum256(pdf[:end+tail]); hex.EncodeToString(s[:]) == sha {
				return true
			}
		}
	}
}

// ends are the actions that end a request, one of which happens once.
var ends = map[string]string{
	"request.complete": "signed", "request.decline": "declined", "request.expire": "expired",
}

// oneEnd is N3: every request has one end or none, and as many documents as requests
// are signed.
func (e *evidence) oneEnd() (f findings) {
	preparations := e.preparations()
	ended := map[string][]string{}
	for _, r := range e.rows {
		if end, ok := ends[r.Action]; ok && r.Outcome == "done" {
			_, id, _ := strings.Cut(r.Object, "/")
			if r.Action == "request.complete" {
				id = preparations[id].Request
			}
			ended[id] = append(ended[id], end)
		}
	}
	documents := map[string]int{}
	for id, d := range e.vault {
		documents[d.request]++
		if e.requests[d.request].document != id {
			f.add("N3: document %s belongs to request %s, which knows nothing of it", id, d.request)
		}
	}
	signed := 0
	for id, r := range e.requests {
		want := 0
		switch r.state {
		case "signed", "pending", "withdrawn", "accepted", "rejected":
			want = 1
			signed++
		}
		if documents[id] != want {
			f.add("N3: request %s is %s and has %d documents", id, r.state, documents[id])
		}
		switch end := ended[id]; {
		case len(end) > 1:
			f.add("N3: request %s ended %d times: %v", id, len(end), end)
		case (want == 1) != slices.Contains(end, "signed"), r.state == "declined" && !slices.Contains(end, "declined"):
			f.add("N3: request %s is %s and ended as %v", id, r.state, end)
		}
	}
	if signed != len(e.vault) {
		f.add("N3: %d requests are signed, and there are %d documents", signed, len(e.vault))
	}
	return f
}

// preparations by id, as members were told.
func (e *evidence) preparations() map[string]record {
	known := map[string]record{}
	for _, r := range e.told(prepare, true) {
		known[r.Preparation] = r
	}
	return known
}

// chained has `guichet audit verify` walk the trail, with the heads noted elsewhere.
func (e *evidence) chained() (f findings) {
	out, err := exec.Command(guichet, "audit", "verify", "-export", e.export, "-heads", e.heads).CombinedOutput()
	if err != nil {
		f.add("N5: guichet audit verify: %v: %s", err, lastLines(string(out), 3))
	}
	hashes := map[string]bool{}
	for _, r := range e.rows {
		hashes[r.Hash] = true
	}
	for _, r := range e.told(noted, true) {
		if !hashes[r.SHA256] {
			f.add("N5: the row whose hash %s was noted is not there any more", r.SHA256)
		}
	}
	return f
}

func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}

// joined is N5: journal and trail tell the same story, by request.
func (e *evidence) joined() (f findings) {
	asked, told, done := map[string]int{}, map[string]int{}, map[string]int{}
	requestOf := map[string]string{} // by form
	for _, r := range e.told(freeze, true) {
		requestOf[r.Form] = r.Request
	}
	for _, r := range e.journal {
		if r.Do == freeze && requestOf[r.Form] == "" && !r.Told {
			f.add("N5: a form was sent and its end never learnt: the journal is not finished")
		}
		key, ok := deedKey(r, requestOf)
		if ok && r.Told {
			told[key]++
		} else if ok {
			asked[key]++
		}
	}
	for _, r := range e.rows {
		if key, ok := rowKey(r); ok {
			done[key]++
		} else if !foreseen(r) {
			f.add("N5: nobody did %s %s %s (%s)", r.Action, r.Object, r.Outcome, r.Reason)
		}
	}
	every := maps.Clone(asked)
	maps.Copy(every, told)
	maps.Copy(every, done)
	for key := range every {
		most := asked[key]
		if once(key) {
			most = min(most, 1)
		}
		least := min(told[key], most)
		if done[key] < least || done[key] > most {
			f.add("N5: %s was asked %d times, acknowledged %d times, and has %d rows", key, asked[key], told[key], done[key])
		}
	}
	if n := count(e.rows, "member.import"); n != e.people {
		f.add("N5: %d imports of members, want %d", n, e.people)
	}
	return f
}

// once tells deeds that happen once however often they are asked for.
func once(key string) bool {
	for _, d := range []deed{freeze, complete, decline, withdraw} {
		if strings.HasPrefix(key, string(d)+" ") {
			return true
		}
	}
	return false
}

// deedKey names what a line of the journal is about; rowKey the same for an audit row.
func deedKey(r record, requestOf map[string]string) (string, bool) {
	switch r.Do {
	case signIn:
		return "sign-in " + r.Member, true
	case freeze:
		return "freeze " + requestOf[r.Form], true
	case prepare:
		return "prepare " + r.Request, true
	case complete:
		return "complete " + r.Preparation, true
	case decline, withdraw:
		return string(r.Do) + " " + r.Request, true
	case fetch:
		return "fetch " + r.Document, r.Document != ""
	}
	return "", false
}

var rowDeeds = map[string]deed{
	"session.sign-in": signIn, "request.freeze": freeze, "request.prepare": prepare, "request.complete": complete,
	"request.decline": decline, "request.withdraw": withdraw, "document.open": fetch,
}

func rowKey(r row) (string, bool) {
	d, ok := rowDeeds[r.Action]
	if !ok || r.Outcome != "done" {
		return "", false
	}
	if d == signIn {
		return "sign-in " + r.Member, true
	}
	_, id, _ := strings.Cut(r.Object, "/")
	return string(d) + " " + id, true
}

// foreseen tells rows that need no line in the journal: looks, refusals, and what the
// counter does by itself.
func foreseen(r row) bool {
	if r.Outcome == "refused" {
		return true
	}
	switch r.Action {
	case "home.read", "account.read", "contact.read", "person.read", "bank.read", "request.list", "request.read", "document.list",
		"document.read", "session.sign-out":
		return r.Outcome == "done"
	case "credentials.enrol": // the first card login of a member opens her account
		return r.Object == "way/card" && r.Outcome == "done"
	case "audit.start", "audit.stop", "member.import", "import.batch":
		return r.Actor == "system" && r.Outcome == "done"
	case "document.raise":
		return r.Actor == "system"
	case "letter.request": // a change of account is told by letter to who has no address of mail
		return r.Actor == "system" && r.Outcome == "done"
	}
	return false
}

func count(rows []row, action string) int {
	n := 0
	for _, r := range rows {
		if r.Action == action {
			n++
		}
	}
	return n
}
