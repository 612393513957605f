package enrol

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/credentials"
	"guichet.example/portal/jobs"
	"guichet.example/portal/letters"
	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// JobKind is the kind of the jobs by which an enrolment goes on unseen.
const JobKind = "enrol"

// order is what a page asks the job to do, sealed in its payload.
type order struct {
	Way    profile.Way      `json:"way"`
	Kind   credentials.Kind `json:"kind,omitempty"`
	Number string           `json:"number,omitempty"`
	// Person is what was typed of six facts; Nobody says that the mutuality is another.
	Person *credentials.Person `json:"person,omitempty"`
	Nobody bool                `json:"nobody,omitempty"`
	Lang   string              `json:"lang,omitempty"` // in which it was asked
}

// errOrder means a job that no page of ours has made.
var errOrder = errors.New("order of an enrolment cannot be read")

// queue hands an order to the job. A form that is sent twice is one job: its key is the
// job's; after that job is done, the bounds of what it sends make one of the two.
func (e *Enrol) queue(c *gin.Context, o order) error {
	o.Lang = string(page.From(c).Lang)
	payload, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("writing an order: %w", err)
	}
	if err := e.Store.QueueEnrolment(c.Request.Context(), jobs.Job{Kind: JobKind, Mutuality: e.Mutuality, Key: page.Key(c), Payload: payload, Created: e.Now()}); err != nil {
		return fmt.Errorf("queueing an enrolment: %w", err)
	}
	return nil
}

// Plan is how the jobs are done.
func (e *Enrol) Plan() jobs.Plan {
	return jobs.Plan{Do: e.Do, First: 5 * time.Second, Last: time.Hour, Tries: 30}
}

// Do is the handler of jobs of JobKind. What it does and the end of the job are one
// commit: a server that dies in between sends nothing twice.
func (e *Enrol) Do(ctx context.Context, j jobs.Job) error {
	var o order
	if err := json.Unmarshal(j.Payload, &o); err != nil {
		return jobs.Never(errOrder)
	}
	var err error
	switch o.Way {
	case profile.ByLetter:
		err = e.sendLetter(ctx, j, o)
	case profile.BySixFields:
		err = e.matchFacts(ctx, j, o)
	default:
		return jobs.Never(errOrder)
	}
	if err != nil {
		return err
	}
	return jobs.ErrSettled
}

// LetterOrder is a first letter that was asked for.
type LetterOrder struct {
	Handle credentials.Handle
	Code   credentials.Code // without its member; its purpose is the letter's
	Secret string
	By     string // day by which it has come, 2006-01-02
	Bounds letters.Bounds
	At     time.Time
}

func (e *Enrol) sendLetter(ctx context.Context, j jobs.Job, o order) error {
	code, secret, err := e.Classic.NewCode(credentials.Grant{Purpose: credentials.ActivateLetter})
	if err != nil {
		return err
	}
	letter := e.letterOrder(code, secret)
	letter.Handle = credentials.Handle{Kind: o.Kind, Value: o.Number}
	return e.Store.SendFirstLetter(ctx, j, letter)
}

// letterOrder is a letter that is asked for now.
func (e *Enrol) letterOrder(code credentials.Code, secret string) LetterOrder {
	now := e.Now()
	return LetterOrder{Code: code, Secret: secret, By: e.House.ExpectedBy(now).Format(time.DateOnly), Bounds: e.House.Bounds(now), At: now}
}
