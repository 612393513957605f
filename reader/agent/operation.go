package agent

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
	"guichet.example/reader/pinpage"
	"guichet.example/reader/remote"
)

// operation is one request for the card, from its start to its answer. There is at
// most one at a time: a card has one attention, and so have people.
type operation struct {
	agent   *Agent
	name    string        // for the log
	origin  string        // of the page, from its header
	host    string        // by which the page calls the agent
	lang    string        // of the person
	purpose certs.Purpose // of the key
	digest  string        // short form of what is to be signed; "" for a login
	ctx     context.Context
	cancel  context.CancelCauseFunc
	over    chan struct{} // closed when the slot is free again

	mu      sync.Mutex
	held    string // name of the reader whose card is in use; "" while waiting for one
	settled bool
}

// begin takes the slot, or refuses because it is taken. One that was ended and is
// only winding down is waited for: who presses "try again" should not be told that
// something is under way.
func (a *Agent) begin(r *http.Request, name, origin, lang string, p certs.Purpose, digest string) (*operation, error) {
	o := &operation{agent: a, name: name, origin: origin, host: r.Host, purpose: p, digest: digest, over: make(chan struct{})}
	o.lang = pinpage.ChooseLang(lang, r.Header.Get("Accept-Language"), a.config.Lang)
	o.ctx, o.cancel = context.WithCancelCause(r.Context())
	before := a.take(o)
	if before != nil && before.ctx.Err() != nil {
		select {
		case <-before.over:
			before = a.take(o)
		case <-time.After(stuck):
		case <-r.Context().Done():
		}
	}
	if before != nil {
		o.cancel(nil)
		return nil, refusal{http.StatusConflict, api.Error{
			Code: api.ActionPending, Message: "an operation is under way", State: api.OtherTab, Tries: -1}}
	}
	return o, nil
}

// take puts o into the slot and returns nil, or returns who is there.
func (a *Agent) take(o *operation) *operation {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current == nil {
		a.current = o
		return nil
	}
	return a.current
}

// release frees the slot.
func (a *Agent) release(o *operation) {
	o.cancel(nil)
	a.mu.Lock()
	a.current = nil
	a.mu.Unlock()
	close(o.over)
}

// stuck is how long the card may take to notice that an operation was ended: the
// process of a module that hangs is killed then. The page gets its answer no later.
const stuck = 3 * time.Second

// run does the work within the deadline and returns its result once everyone has
// been told.
func (o *operation) run(work func(context.Context) (any, error)) (any, error) {
	started := time.Now()
	ctx, stop := context.WithTimeoutCause(o.ctx, o.agent.config.Deadline, reader.ErrTimedOut)
	defer stop()
	type outcome struct {
		result any
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := work(ctx)
		done <- outcome{result, err}
	}()
	var end outcome
	select {
	case end = <-done:
		defer o.agent.release(o)
	case <-ctx.Done():
		select {
		case end = <-done:
			defer o.agent.release(o)
		case <-time.After(stuck):
			end.err = context.Cause(ctx)
			go func() { <-done; o.agent.release(o) }()
		}
	}
	if end.err != nil && ctx.Err() != nil && !errors.Is(end.err, reader.ErrPINBlocked) {
		end.err = context.Cause(ctx) // who ended it knows better than who noticed
	}
	o.settle(end.err)
	o.log(end.err, time.Since(started))
	return end.result, end.err
}

// settle tells page and person how it ended.
func (o *operation) settle(err error) {
	last := api.Event{State: api.Idle, Tries: -1}
	if err != nil {
		failure := failureOf(err)
		last.State, last.Tries = failure.State, failure.Tries
	}
	o.mu.Lock()
	o.settled = true
	o.mu.Unlock()
	o.agent.events.settle(o, last)
}

// tell says how the operation stands; nothing after it has settled.
func (o *operation) tell(e api.Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.settled {
		return
	}
	if e.Reader == "" {
		e.Reader = o.held
	}
	o.agent.events.tell(o, e)
}

// progress passes on how a signature stands.
func (o *operation) progress(p remote.Progress) {
	o.tell(api.Event{State: p.State, Tries: p.Tries, PINURL: p.URL})
}

func (o *operation) log(err error, took time.Duration) {
	state, cause := api.State("done"), slog.Attr{}
	if err != nil {
		state, cause = failureOf(err).State, slog.String("cause", err.Error())
	}
	o.agent.config.Log.Info("card operation", slog.String("operation", o.name), slog.String("origin", o.origin),
		slog.String("state", string(state)), slog.Duration("took", took.Round(time.Millisecond)), cause)
}

// errOtherCard means the inserted card is not the one asked for.
var errOtherCard = errors.New("another card is inserted")

// retryCard is how often a card is looked for when no event says that one came.
const retryCard = time.Second

// card waits until a card is there that fits, telling meanwhile what is missing.
// The caller closes it.
func (o *operation) card(ctx context.Context, fits func(Card) error) (Card, error) {
	var told api.State
	for {
		happened := o.agent.happened() // before looking, so that nothing is missed
		card, err := o.agent.config.Cards.Card(ctx)
		if err == nil {
			if err = fits(card); err == nil {
				o.hold(card)
				return card, nil
			}
			_ = card.Close()
		}
		state, waits := waitingFor(err)
		if !waits {
			return nil, err
		}
		if state != told {
			told = state
			o.tell(api.Event{State: state, Tries: -1})
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-happened:
		case <-time.After(retryCard):
		}
	}
}

func (o *operation) hold(card Card) {
	o.mu.Lock()
	o.held = card.Reader().Name
	o.mu.Unlock()
	o.tell(api.Event{State: api.CardReady, Tries: -1})
}

// waitingFor says what the person can do about a missing card, if anything.
func waitingFor(err error) (api.State, bool) {
	switch {
	case errors.Is(err, reader.ErrNoReader):
		return api.NoReader, true
	case errors.Is(err, reader.ErrNoCard), errors.Is(err, reader.ErrCardRemoved):
		return api.NoCard, true
	case errors.Is(err, reader.ErrUnknownCard):
		return api.CardUnknown, true
	case errors.Is(err, reader.ErrSeveralCards):
		return api.SeveralCards, true
	case errors.Is(err, reader.ErrCardBusy):
		return api.CardBusy, true
	case errors.Is(err, errOtherCard):
		return api.WrongPerson, true
	}
	return "", false
}
