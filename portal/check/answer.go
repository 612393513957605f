package check

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
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
type Answers struct{ aead cipher.AEAD }

const (
	answerLife = 15 * time.Minute
	// answerSize is the length of every answer before it is sealed: found or not, its
	// address is as long.
	answerSize = 320
	// maxAnswer bounds the address, in characters.
	maxAnswer = (answerSize + 12 + 16 + 2) / 3 * 4
)

// NewAnswers makes it from a key of 32 bytes that all servers of a counter share.
func NewAnswers(key []byte) (*Answers, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("key of answers: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &Answers{aead}, err
}

var answerContext = []byte("guichet check answer 1")

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
	return base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, padded, answerContext)), nil
}

// open is its reverse, for as long as an answer lives.
func (s *Answers) open(token string, now time.Time) (a answer, ok bool) {
	if len(token) > maxAnswer {
		return a, false
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil {
		return a, false
	}
	text, err := s.aead.Open(nil, nil, sealed, answerContext)
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
		p.Verdict = page.Verdict{Kind: verdict.Kind(found.Sentence), Title: v.T("verify.title." + string(found.Sentence)),
			Text: v.T("check.issued." + string(found.Sentence)), Step: true}
		p.Rows = []page.SummaryRow{
			{Label: v.T("check.row.reference"), Value: found.Reference},
			{Label: v.T("check.row.kind"), Value: kindName(v, found.Kind)},
			{Label: v.T("check.row.issuer"), Value: a.Issuer},
			{Label: v.T("check.row.date"), Value: locale.DateTime(v.Lang, time.Unix(found.Created, 0))},
			{Label: v.T("check.row.digest"), Content: digest(hex.EncodeToString(found.Digest)), Detail: v.T("check.row.digest.detail")},
		}
	}
	v.Title, v.Section, v.NoHeading = p.Verdict.Title, v.T("check.title"), true
	v.Back = page.Link{URL: v.URL(formPath), Text: v.T("check.another")}
	return page.Render(c, http.StatusOK, answerView(v, p))
}

// kindName is what a document is, in words.
func kindName(v page.View, k document.Kind) string {
	switch k {
	case document.KindBankChange, document.KindEHICOrder:
		return v.T("requests.kind." + string(k))
	}
	return string(k)
}
