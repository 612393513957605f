package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"guichet.example/portal/jobs"
)

// Sender hands a mail to whoever carries it. Nil: it was taken. ErrRefused: it will
// never be, and why. Any other error: not now. Doing it again with the same mail is
// harmless to the reader, see Mail.MessageID.
type Sender interface {
	Send(ctx context.Context, m Mail) error
}

// ErrRefused means the mail will never be taken. The wrapping error holds the server's
// code and none of its words, which quote the address.
var ErrRefused = errors.New("mail is refused")

// errLate means that the mail's link is dead by now.
var errLate = errors.New("mail could not leave before its link expired")

// Post sends the mails that wait as jobs. All fields are required.
type Post struct {
	Houses map[string]House // by the mutuality's id
	Sender Sender
	Now    func() time.Time
}

// Plan is how often a mail is tried: after a minute, then ever more rarely, at last
// once in an hour or an hour and a half, for four to six days. Then it is a dead
// letter, which administrators see and can send again.
func (p *Post) Plan() jobs.Plan {
	return jobs.Plan{Do: p.Do, First: time.Minute, Last: time.Hour, Tries: 100, Timeout: attempt}
}

// attempt bounds one attempt, the server's thoughts after the last line included.
const attempt = time.Minute

// Do is the handler of jobs of JobKind.
func (p *Post) Do(ctx context.Context, j jobs.Job) error {
	m, err := Unmarshal(j.Payload)
	if err != nil {
		return jobs.Never(err)
	}
	house, ok := p.Houses[m.Mutuality]
	if !ok {
		return jobs.Never(fmt.Errorf("%w: nobody writes for mutuality %s", ErrMessage, m.Mutuality))
	}
	if !m.Until.IsZero() && !p.Now().Before(m.Until) {
		return jobs.Never(errLate)
	}
	composed, err := house.Compose(m, j.ID, j.Created)
	if err != nil {
		return jobs.Never(err)
	}
	err = p.Sender.Send(ctx, composed)
	if errors.Is(err, ErrRefused) {
		return jobs.Never(err)
	}
	return err
}
