package check

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
	"guichet.example/portal/upload"
	"guichet.example/portal/verdict"
	"guichet.example/signing"
)

// MaxFile is the largest file that is checked here, in bytes.
const MaxFile = 25_000_000

// judging is how long a file may be verified.
const judging = 20 * time.Second

// sentForm is what is sent: a file, the key of the page, and what is to answer.
var sentForm = upload.Form{File: "file", Fields: []string{"key", "as"}, MaxFile: MaxFile, MaxField: 64}

// Why a file that came in is not checked: the end of a key, check.error.<problem>.
var (
	errNotPDF    = refusal{upload.Refusal{Status: http.StatusUnprocessableEntity, Key: "not-pdf"}}
	errLocked    = refusal{upload.Refusal{Status: http.StatusUnprocessableEntity, Key: "locked"}}
	errHeavy     = refusal{upload.Refusal{Status: http.StatusUnprocessableEntity, Key: "heavy"}}
	errLongProof = refusal{upload.Refusal{Status: http.StatusUnprocessableEntity, Key: "proof"}}
)

// refusal is an upload that is not checked, as an error.
type refusal struct{ upload.Refusal }

func (r refusal) Error() string { return "upload refused: " + r.Key }

// refusalOf turns an error of an upload into its refusal; any other stays what it is.
func refusalOf(err error) error {
	if r, ok := upload.RefusalOf(err); ok {
		return refusal{r}
	}
	return err
}

// judged is what was found of a file, ready to be answered.
type judged struct {
	report *signing.Report
	as     string // what the form asked for
	json   []byte
	proof  []byte // the sheet; nil: too long for one
}

// received takes the form in, verifies its file and writes down what was found, within what
// the gate allows. Place and core are given back before anything is answered: who reads
// slowly keeps nobody waiting. Errors are refusals, or faults of ours.
func (a *Check) received(c *gin.Context, v page.View) (judged, error) {
	place, err := a.Gate.Enter(a.Sessions.Network(c))
	if err != nil {
		return judged{}, refusalOf(err)
	}
	defer place.Leave()
	sent, err := sentForm.Receive(c, place)
	if err != nil {
		return judged{}, refusalOf(err)
	}
	done, err := place.Work(c.Request.Context())
	if err != nil {
		return judged{}, refusalOf(err)
	}
	defer done()
	ctx, cancel := context.WithTimeout(c.Request.Context(), judging)
	defer cancel()
	j := judged{as: sent.Fields["as"]}
	if j.report, err = a.judge(ctx, sent.File); err != nil {
		return judged{}, err
	}
	if j.json, err = verdict.PublicJSON(v.Lang, j.report); err != nil {
		return judged{}, err
	}
	if j.as != asJSON {
		j.proof, err = a.proof(v, j.report)
	}
	return j, err
}
