package check

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/opaque"
	"guichet.example/portal/page"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// answer is what is told of a document by its reference and code: no name, no number,
// nothing of what it says.
type answer struct {
	Found     bool             `json:"f"`
	At        int64            `json:"t"` // when it was checked, seconds since 1970
	Reference string           `json:"r"`
	Kind      document.Kind    `json:"k"`
	Created   int64            `json:"c"` // when it was signed or sealed
	Digest    []byte           `json:"d"` // SHA-256 of the newest version
	Sentence  signing.Sentence `json:"s"`
}

// Answers seals answers into addresses, so that a page can be loaded again, in another
// language too, and nothing of it is kept.
type Answers struct{ box *opaque.Box }

const (
	answerLife = 15 * time.Minute
	// answerSize is the length of every answer before it is sealed: found or not, its
	// address is as long.
	answerSize = 320
	// answerPurpose is what an answer is sealed for.
	answerPurpose = "guichet check answer 1"
)

// maxAnswer bounds the address, in characters.
var maxAnswer = opaque.Len(answerSize)

// NewAnswers makes it from a key of 32 bytes that all servers of a counter share.
func NewAnswers(key []byte) (*Answers, error) {
	box, err := opaque.New(key)
	if err != nil {
		return nil, fmt.Errorf("key of answers: %w", err)
	}
	return &Answers{box}, nil
}

func (s *Answers) seal(a answer) (string, error) {
	text, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	if len(text) > answerSize {
		return "", errors.New("answer of a check is too long")
	}
	padded := make([]byte, answerSize)
	for i := copy(padded, text); i < len(padded); i++ {
		padded[i] = ' '
	}
	return s.box.Seal(answerPurpose, padded), nil
}

// open is its reverse, for as long as an answer lives.
func (s *Answers) open(token string, now time.Time) (a answer, ok bool) {
	if len(token) > maxAnswer {
		return a, false
	}
	text, err := s.box.Open(answerPurpose, token)
	if err != nil || json.Unmarshal(text, &a) != nil {
		return answer{}, false
	}
	age := now.Sub(time.Unix(a.At, 0))
	return a, age > -time.Minute && age < answerLife
}

// answerPage is what is told.
type answerPage struct {
	Found   bool
	Verdict page.Verdict
	Rows    []page.SummaryRow
	At      string
	Proof   string // address of the proof sheet
}

// issued is what is told of a document that there is, on the page and on paper.
func (a *Check) issued(v page.View, found answer) []document.Row {
	return []document.Row{
		{Label: v.T("check.row.reference"), Value: found.Reference},
		{Label: v.T("check.row.kind"), Value: page.KindName(v, found.Kind)},
		{Label: v.T("check.row.issuer"), Value: a.House.Name},
		{Label: v.T("check.row.date"), Value: locale.DateTime(v.Lang, time.Unix(found.Created, 0))},
	}
}

// head is the heading of the answer on a document that there is. It speaks of ours: what
// the paper says may be another thing.
func head(v page.View, s signing.Sentence) string {
	word := "void"
	switch s {
	case signing.ValidToday, signing.ValidThen:
		word = "valid"
	case signing.Uncheckable, signing.Added:
		word = "unsure"
	}
	return v.T("check.issued.head." + word)
}

// answered shows an answer; one that is too old leads to the form.
func (a *Check) answered(c *gin.Context) error {
	v := page.From(c)
	found, ok := a.Answers.open(c.Query("a"), a.Now())
	if !ok {
		c.Redirect(http.StatusSeeOther, v.URL(formPath))
		return nil
	}
	p := answerPage{Found: found.Found, At: locale.DateTime(v.Lang, time.Unix(found.At, 0)),
		Verdict: page.Verdict{Kind: page.Neutral, Title: v.T("check.unknown.title"), Text: v.T("check.unknown.text"), Step: true}}
	if found.Found {
		p.Verdict = page.Verdict{Kind: verdict.Kind(found.Sentence), Title: head(v, found.Sentence),
			Text: v.T("check.issued." + string(found.Sentence)), Step: true}
		for _, r := range a.issued(v, found) {
			p.Rows = append(p.Rows, page.SummaryRow{Label: r.Label, Value: r.Value})
		}
		p.Rows = append(p.Rows, page.SummaryRow{Label: v.T("check.row.digest"), Content: digest(document.Digest(found.Digest)), Detail: v.T("check.row.digest.detail")})
		p.Proof = v.URL(answerProofPath + "?a=" + c.Query("a"))
	}
	v.Title, v.Section, v.NoHeading = p.Verdict.Title, v.T("check.title"), true
	v.Back = page.Link{URL: v.URL(formPath), Text: v.T("check.another")}
	return page.Render(c, http.StatusOK, answerView(v, p))
}

// answeredProof draws an answer as a sheet to keep with the paper. It says what the page
// says and no more: nobody's name, no certificate.
func (a *Check) answeredProof(c *gin.Context) error {
	v := page.From(c)
	found, ok := a.Answers.open(c.Query("a"), a.Now())
	if !ok || !found.Found || len(found.Digest) != sha256.Size {
		c.Redirect(http.StatusSeeOther, v.URL(formPath))
		return nil
	}
	drawn, err := document.DrawProof(document.Proof{
		Language: document.Language(v.Lang), Mutuality: a.House, Checked: time.Unix(found.At, 0).In(locale.Zone()),
		SHA256: [sha256.Size]byte(found.Digest), Verdict: v.T("check.issued." + string(found.Sentence)),
		Facts: a.issued(v, found), Note: v.T("check.proof.note"),
	}, a.Now())
	if err != nil {
		return fmt.Errorf("drawing a proof sheet: %w", err)
	}
	attach(c, "proof-"+strings.ToLower(hex.EncodeToString(found.Digest[:6]))+".pdf", "application/pdf", drawn.PDF)
	return nil
}
