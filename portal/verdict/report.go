package verdict

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/a-h/templ"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// Bounds on what a page shows of a report. A file from outside can have thousands of
// revisions; the JSON has them all.
const (
	maxSignatures = 20
	maxRevisions  = 40
	maxChanges    = 20  // of one revision
	maxShown      = 160 // characters of a name or remark that the file brought along
)

// Answer is a report as programs get it: the page's verdict, and all it rests on.
type Answer struct {
	Valid    bool                    `json:"valid"`
	Sentence signing.Sentence        `json:"sentence"`
	Why      []signing.SubIndication `json:"why,omitempty"`
	Text     string                  `json:"text"` // the sentence in the language asked for
	*signing.Report
}

// AnswerOf is the answer for a report, in a language.
func AnswerOf(l locale.Language, r *signing.Report) Answer {
	return Answer{Valid: Good(r), Sentence: r.Sentence(), Why: r.Why(), Text: Sentence(l, r), Report: r}
}

// Box is the large answer of a page: what holds in a few words, who signed, then the
// sentence, and why it is no better one.
func Box(v page.View, r *signing.Report) page.Verdict {
	text := Sentence(v.Lang, r)
	if Good(r) || r.Sentence() == signing.Added {
		text = signers(v, r) + text
	}
	if why := Reasons(v.Lang, r); len(why) > 0 {
		text += " " + why[0]
	}
	return page.Verdict{Kind: Kind(r.Sentence()), Title: Title(v.Lang, r), Text: text}
}

// signers names who signed and sealed a good file, the first few of them.
func signers(v page.View, r *signing.Report) string {
	const most = 3
	var b strings.Builder
	n := 0
	for i := range r.Signatures {
		s := &r.Signatures[i]
		name := strings.ReplaceAll(shown(s.Signer), "*", "") // mark-up of the sentence
		if s.Kind == signing.Timestamp || name == "" || n == most {
			continue
		}
		n++
		b.WriteString(v.T("verify.who."+string(s.Kind), locale.A("name", name)) + " ")
	}
	return b.String()
}

// Title is the answer in a few words, for a heading.
func Title(l locale.Language, r *signing.Report) string {
	return locale.T(l, "verify.title."+string(r.Sentence()))
}

// Kind is the colour and shape of a sentence.
func Kind(s signing.Sentence) page.Kind {
	switch s {
	case signing.ValidToday, signing.ValidThen:
		return page.Valid
	case signing.Uncheckable, signing.Added:
		return page.Checking
	case signing.Unsigned:
		return page.Neutral
	}
	return page.Changed
}

// shown is a text that the file brought along, fit for a page: bounded, without
// characters that one cannot see or that turn the line around, and without national
// numbers.
func shown(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxShown {
			b.WriteString("…")
			break
		}
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Zs, r) {
			r = ' '
		}
		b.WriteRune(r)
	}
	return document.MaskNumbers(strings.TrimSpace(b.String()))
}

// signatureTitle names a signature by who made it.
func signatureTitle(v page.View, s *signing.SignatureReport) string {
	title := "verify.report.title." + string(s.Kind)
	if name := shown(s.Signer); name != "" {
		return v.T(title, locale.A("name", name))
	}
	return v.T(title + ".nobody")
}

// outcome is the badge of a signature: passed, not to be told, failed or changed since.
func outcome(v page.View, s *signing.SignatureReport) templ.Component {
	kind, word := outcomeOf(s)
	return page.Badge(kind, v.T("verify.report.outcome."+word))
}

func outcomeOf(s *signing.SignatureReport) (page.Kind, string) {
	switch {
	case len(s.ChangedAfter) > 0:
		return page.Changed, "changed"
	case s.Indication == signing.TotalPassed:
		return page.Valid, "passed"
	case s.Indication == signing.TotalFailed:
		return page.Changed, "failed"
	}
	return page.Checking, "unsure"
}

// indication is the main status in the words of the standard.
func indication(i signing.Indication, sub signing.SubIndication) string {
	if sub != "" {
		return string(i) + ", " + string(sub)
	}
	return string(i)
}

// facts are who, when and what became of it.
func facts(v page.View, s *signing.SignatureReport) []page.SummaryRow {
	rows := []page.SummaryRow{{Label: v.T("verify.report.outcome"), Content: outcome(v, s), Detail: because(v, s)}}
	if s.Kind != signing.Timestamp {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.by." + string(s.Kind)), Value: orNobody(v, s.Signer), Detail: issuer(v, s)})
	}
	at := page.SummaryRow{Label: v.T("verify.report.at"), Value: v.T("verify.report.nobody")}
	switch {
	case !s.Timestamp.IsZero():
		at.Value, at.Detail = locale.DateTime(v.Lang, s.Timestamp), v.T("verify.report.attested", locale.A("name", orNobody(v, s.TSA)))
	case !s.Claimed.IsZero():
		at.Value, at.Detail = locale.DateTime(v.Lang, s.Claimed), v.T("verify.report.claimed")
	}
	rows = append(rows, at)
	if s.Kind != signing.Timestamp && s.Level != 0 {
		rows = append(rows, LevelRow(v, s.Level))
	}
	if until := proves(s); !until.IsZero() {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.until"), Value: locale.Date(v.Lang, until), Detail: v.T("verify.report.until.detail")})
	}
	if all := remarks(v, s); len(all) > 0 {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.remarks"), Value: strings.Join(all, " ")})
	}
	rows = append(rows, page.SummaryRow{Label: v.T("verify.report.since"), Value: since(v, s), Detail: added(v, s)})
	if how := algorithm(s); how != "" {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.algorithm"), Content: english(how)})
	}
	return append(rows, page.SummaryRow{Label: v.T("verify.report.indication"), Content: english(indication(s.Indication, s.SubIndication))})
}

// proves is when the first certificate of a good document timestamp runs out: until then it
// proves by itself what it covers. Zero for everything else.
func proves(s *signing.SignatureReport) (until time.Time) {
	if s.Kind != signing.Timestamp || s.Indication != signing.TotalPassed {
		return until
	}
	for _, c := range s.Path {
		if until.IsZero() || c.NotAfter.Before(until) {
			until = c.NotAfter
		}
	}
	return until
}

// algorithm is how a signature was calculated; empty if that could not be read.
func algorithm(s *signing.SignatureReport) string {
	return shown(strings.Trim(s.Algorithm+", "+s.Hash, ", "))
}

// because is why a signature did not pass, in a sentence.
func because(v page.View, s *signing.SignatureReport) string {
	if s.SubIndication == "" {
		return ""
	}
	return v.T("verify.why." + string(s.SubIndication))
}

func orNobody(v page.View, name string) string {
	if name = shown(name); name == "" {
		return v.T("verify.report.nobody")
	}
	return name
}

func issuer(v page.View, s *signing.SignatureReport) string {
	if s.Issuer == "" {
		return ""
	}
	return v.T("verify.report.issuer", locale.A("name", shown(s.Issuer)))
}

func since(v page.View, s *signing.SignatureReport) string {
	switch {
	case len(s.ChangedAfter) > 0:
		return v.T("verify.report.since.changed")
	case !s.Integrity.Passed || !s.Coverage.Passed:
		return v.T("verify.report.since.unknown")
	}
	return v.T("verify.report.since.no")
}

// added tells of what was permitted after the signature.
func added(v page.View, s *signing.SignatureReport) string {
	if len(s.ChangedAfter) > 0 || len(s.AddedAfter) == 0 || !s.Integrity.Passed || !s.Coverage.Passed {
		return ""
	}
	return v.T("verify.report.since.added")
}

// LevelRow is a level: its name, and what it is good for.
func LevelRow(v page.View, l signing.Level) page.SummaryRow {
	return page.SummaryRow{Label: v.T("verify.report.level"), Content: english(l.String()), Detail: levelText(v, l)}
}

// levelText says what a level is good for.
func levelText(v page.View, l signing.Level) string {
	switch {
	case l >= signing.LevelLTA:
		return v.T("verify.report.level.lta")
	case l == signing.LevelLT:
		return v.T("verify.report.level.lt")
	case l == signing.LevelT:
		return v.T("verify.report.level.t")
	}
	return v.T("verify.report.level.b")
}

// blocks are the building blocks of the validation (EN 319 102-1, clause 5).
func blocks(v page.View, s *signing.SignatureReport) page.Table {
	t := page.Table{Caption: v.T("verify.report.blocks"), Columns: []page.Column{
		{Head: v.T("verify.report.block"), Width: 45}, {Head: v.T("verify.report.clause"), Width: 15}, {Head: v.T("verify.report.found")}}}
	for _, b := range s.Blocks {
		found := string(b.Indication)
		if len(b.Details) > 0 {
			found += ": " + shown(strings.Join(b.Details, "; "))
		}
		t.Rows = append(t.Rows, page.TableRow{english(b.Name), page.Text(b.Clause), english(found)})
	}
	return t
}

// certificates are a path, each with the revocation answer that it rests on.
func certificates(v page.View, caption string, path []signing.CertificateReport) page.Table {
	t := page.Table{Caption: caption, Columns: []page.Column{
		{Head: v.T("verify.report.certificate"), Width: 30}, {Head: v.T("verify.report.validity"), Width: 25}, {Head: v.T("verify.report.status")}}}
	for _, c := range path {
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{Text: orNobody(v, c.Subject)}, shown(c.Key)),
			page.Text(v.T("verify.report.between", locale.A("from", locale.Date(v.Lang, c.NotBefore)), locale.A("to", locale.Date(v.Lang, c.NotAfter)))),
			page.Text(status(v, c)),
		})
	}
	return t
}

// status is what is known of a certificate, and from where.
func status(v page.View, c signing.CertificateReport) string {
	s := c.Status
	switch {
	case c.Anchor:
		return v.T("verify.report.status.anchor")
	case s == nil:
		return v.T("verify.report.status.none")
	}
	text := v.T("verify.report.status."+s.Status, locale.A("source", s.Source))
	if !s.RevokedAt.IsZero() {
		text += " " + v.T("verify.report.status.since", locale.A("date", locale.DateTime(v.Lang, s.RevokedAt)))
	}
	if s.Embedded {
		text += " " + v.T("verify.report.status.embedded")
	} else {
		text += " " + v.T("verify.report.status.asked")
	}
	if !s.ThisUpdate.IsZero() {
		text += " " + v.T("verify.report.status.at", locale.A("date", locale.DateTime(v.Lang, s.ThisUpdate)))
	}
	if s.Responder != "" {
		text += " " + v.T("verify.report.status.responder", locale.A("name", shown(s.Responder)))
	}
	return text
}

// timestamps are those over a signature.
func timestamps(v page.View, s *signing.SignatureReport) page.Table {
	t := page.Table{Caption: v.T("verify.report.timestamps"), Columns: []page.Column{
		{Head: v.T("verify.report.time"), Width: 30}, {Head: v.T("verify.report.authority"), Width: 35}, {Head: v.T("verify.report.found")}}}
	for _, stamp := range s.Timestamps {
		word := "verify.report.stamp.failed"
		if stamp.Passed {
			word = "verify.report.stamp.passed"
		}
		t.Rows = append(t.Rows, page.TableRow{
			page.Text(locale.DateTime(v.Lang, stamp.Time)),
			page.TitleCell(page.Link{Text: orNobody(v, stamp.TSA)}, shown(stamp.Hash+", "+stamp.Policy)),
			page.Text(v.T(word) + " " + v.T("verify.report.stamp."+stamp.Over)),
		})
	}
	return t
}

// history are the revisions of the file, each with what it did and the rule of it.
func history(v page.View, r *signing.Report) page.Table {
	t := page.Table{Caption: v.T("verify.report.history"), Columns: []page.Column{
		{Head: v.T("verify.report.revision"), Width: 30}, {Head: v.T("verify.report.changes")}}}
	for i, rev := range r.History {
		if i == maxRevisions {
			t.Rows = append(t.Rows, page.TableRow{page.Text(v.TN("verify.report.more", len(r.History)-i)), page.Text("")})
			break
		}
		what := v.T("verify.report.revision." + revision(rev.What))
		bytes := v.T("verify.report.bytes", locale.A("from", strconv.Itoa(rev.From)), locale.A("to", strconv.Itoa(rev.To)))
		t.Rows = append(t.Rows, page.TableRow{
			page.TitleCell(page.Link{Text: fmt.Sprintf("%d. %s", rev.Number, what)}, bytes), changes(v, rev)})
	}
	return t
}

// revision is the key of what a revision is.
func revision(what string) string {
	switch what {
	case "original", "signature", "timestamp", "evidence", "change":
		return what
	}
	return "other"
}

// active names what in a file can act or hides beside its pages.
func active(v page.View, r *signing.Report) string {
	var names []string
	for _, what := range r.Active {
		name := shown(what)
		if key := "verify.report.active." + strings.ToLower(strings.ReplaceAll(what, " ", "-")); locale.Has(key) {
			name = v.T(key)
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// file is what the file is as a whole.
func file(v page.View, r *signing.Report) []page.SummaryRow {
	rows := []page.SummaryRow{
		{Label: v.T("verify.report.digest"), Content: english(digestOf(r.SHA256))},
		{Label: v.T("verify.report.size"), Value: locale.Bytes(v.Lang, int64(r.Size))},
		{Label: v.T("verify.report.revisions"), Value: strconv.Itoa(r.Revisions)},
	}
	if r.Structure != "" {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.structure"), Content: english(shown(r.Structure))})
	}
	if r.Trailing > 0 {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.trailing"), Value: locale.Bytes(v.Lang, int64(r.Trailing))})
	}
	if len(r.Active) > 0 {
		rows = append(rows, page.SummaryRow{Label: v.T("verify.report.active"), Value: active(v, r)})
	}
	return append(rows, page.SummaryRow{Label: v.T("verify.report.checked"), Value: locale.DateTime(v.Lang, r.At)})
}

// digestOf is a digest as people compare it; what is none stays what it is.
func digestOf(text string) string {
	sum, err := hex.DecodeString(text)
	if err != nil {
		return shown(text)
	}
	return document.Digest(sum)
}
