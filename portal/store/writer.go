package store

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"guichet.example/portal/audit"
)

// maxJoined is the most acts that share a commit.
const maxJoined = 256

// job is an act that waits to be written.
type job struct {
	ctx  context.Context
	do   func(*tx) error // nil: the rows alone
	note audit.Entry     // its row; without an action there is none
	more []audit.Entry   // rows besides, of what needs nothing but rows
	done chan error
	turn atomic.Bool // somebody has it: the writer, or the caller who waits no more
}

// take is true for one caller: the act is theirs.
func (j *job) take() bool { return j.turn.CompareAndSwap(false, true) }

// tx is what an act may do: read, write, and add audit rows. It is good until the act
// returns.
type tx struct {
	*conn
	w *writer
}

// note adds an audit row besides the one that the act has anyway.
func (t *tx) note(e audit.Entry) error {
	t.w.append(e)
	return t.w.flush()
}

// writer runs acts one after another and commits those that wait together.
type writer struct {
	engine engine
	conn   *conn
	fault  func(point string)
	now    func() time.Time
	jobs   chan *job
	again  []*job // the next to run: gathered, or of a transaction that is to be run once more
	ended  chan struct{}

	coming atomic.Int64  // looks on their way, whose rows will follow
	linger time.Duration // how long a transaction waits for them
	last   int           // how many acts were in the one before

	mu     sync.RWMutex // held for reading while a job is handed over
	closed bool

	key       audit.Key                  // of the chain's mark
	head      audit.Head                 // of the chain, as of the open transaction
	due       []audit.Entry              // rows of the chain up to head that are not written yet
	before    audit.Head                 // of the chain, as the open transaction found it
	committed atomic.Pointer[audit.Head] // of the chain, as on disk
	owed      owed
	paid      int   // of those owed, how many are in the open transaction
	turn      int64 // of the last transaction that has no audit row

	enqueued bool          // by the open transaction
	wake     chan struct{} // gets a word once jobs are committed

	away     atomic.Bool // the connection was lost, and with it what we know of the chain
	commits  atomic.Int64
	stopOnce sync.Once
	stopErr  error         // read only after stopped is closed
	stopped  chan struct{} // closed when the disk failed
}

func newWriter(e engine, c *conn, head audit.Head, key audit.Key, fault func(string), now func() time.Time) *writer {
	w := &writer{
		engine: e, conn: c, fault: fault, now: now, head: head, key: key,
		jobs: make(chan *job, maxJoined), ended: make(chan struct{}), stopped: make(chan struct{}),
		wake: make(chan struct{}, 1), linger: gatherFor,
	}
	w.committed.Store(&head)
	return w
}

// write hands the act over and waits for its commit. If ctx ends, or the engine's
// patience, before the act's turn comes, nothing is done; once it has begun, the answer
// is that of the commit.
func (w *writer) write(ctx context.Context, note audit.Entry, do func(*tx) error) error {
	return w.wait(&job{ctx: ctx, do: do, note: note, done: make(chan error, 1)})
}

// rows is write for acts that are nothing but their rows, which are written together.
func (w *writer) rows(ctx context.Context, note audit.Entry, more []audit.Entry) error {
	return w.wait(&job{ctx: ctx, note: note, more: more, done: make(chan error, 1)})
}

func (w *writer) wait(j *job) error {
	var over <-chan time.Time
	if patience := w.engine.patience(); patience > 0 {
		timer := time.NewTimer(patience)
		defer timer.Stop()
		over = timer.C
	}
	if err := w.hand(j, over); err != nil {
		return err
	}
	select {
	case err := <-j.done:
		return err
	case <-over:
		if j.take() {
			return errNoTurn
		}
		return <-j.done
	}
}

func (w *writer) hand(j *job, over <-chan time.Time) error {
	w.mu.RLock()
	defer w.mu.RUnlock()
	if w.closed {
		return ErrClosed
	}
	select {
	case w.jobs <- j:
		return nil
	case <-over:
		return errNoTurn
	case <-j.ctx.Done():
		return j.ctx.Err()
	}
}

// close lets the acts that wait finish and ends the goroutine.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.jobs)
	}
	w.mu.Unlock()
	<-w.ended
}

func (w *writer) run() {
	defer close(w.ended)
	ran := make([]answer, 0, maxJoined)
	for first := range w.jobs {
		if !first.take() {
			continue
		}
		w.again = append(w.again[:0], first)
		w.gather()
		for len(w.again) > 0 {
			ran = w.batch(ran[:0])
			for i, a := range ran {
				a.job.done <- a.err
				ran[i] = answer{}
			}
		}
	}
}

// gatherFor is how long a transaction waits for the rows of looks that are on their way, and
// for as many acts as there were in the one before: who was answered then asks again.
const gatherFor = time.Millisecond

// gather waits a moment for others. Each commit that they share is a sync spared, and with
// SQLite what the readers keep in memory: a commit voids all of it. Who is alone waits for
// nobody.
func (w *writer) gather() {
	if w.coming.Load() == 0 && w.last < 2 {
		return
	}
	over := time.NewTimer(w.linger)
	defer over.Stop()
	for len(w.again) < maxJoined && (w.coming.Load() > 0 || len(w.again) < w.last) {
		select {
		case j := <-w.jobs: // nil once closed
			if j == nil {
				return
			}
			if j.take() {
				w.again = append(w.again, j)
			}
		case <-over.C:
			return
		}
	}
}

// answer is what a job will be told once the commit is on disk.
type answer struct {
	job *job
	err error
}

// batch runs what was gathered and all that wait behind it in one transaction, or as much
// of it as one error answers for.
func (w *writer) batch(ran []answer) []answer {
	select {
	case <-w.stopped:
		return append(ran, answer{w.next(0), w.stopErr})
	default:
	}
	if err := w.engine.beforeBatch(w.conn); err != nil {
		return append(ran, answer{w.next(0), w.stop(err)})
	}
	for try := 1; ; try++ {
		var doubt bool
		var err error
		if ran, doubt, err = w.attempt(ran); err == nil {
			return ran
		}
		again := w.engine.what(err) == tryAgain
		if doubt {
			switch w.find() {
			case landed:
				w.landed(ran)
				return ran
			case undone:
				doubt, again = false, true
			}
		}
		if !again || try == attempts {
			return w.abandon(ran, doubt, err)
		}
		w.rollback()
		for i, a := range ran {
			w.again = slices.Insert(w.again, i, a.job)
		}
		ran, w.enqueued = ran[:0], false
	}
}

// attempt runs the transaction. With an error none of the acts in it happened, but
// where doubt says that nobody knows.
func (w *writer) attempt(ran []answer) (all []answer, doubt bool, err error) {
	if err := w.begin(); err != nil {
		for j := w.next(len(ran)); j != nil; j = w.next(len(ran)) {
			ran = append(ran, answer{j, err})
		}
		return ran, false, err
	}
	if w.paid, err = w.settle(); err != nil {
		return append(ran, answer{w.next(0), err}), false, err
	}
	for j := w.next(0); j != nil; j = w.next(len(ran)) {
		err := w.one(j)
		ran = append(ran, answer{j, err})
		var lost *lostError
		if errors.As(err, &lost) || w.engine.what(err) != ofTheAct {
			return ran, false, err
		}
	}
	if err := w.flush(); err != nil {
		return ran, false, err
	}
	if err := w.sign(); err != nil {
		return ran, false, err
	}
	w.at(FaultCommit, ran)
	if err := w.engine.commit(w.conn); err != nil {
		return ran, w.engine.what(err) == lost, err
	}
	w.landed(ran)
	return ran, false, nil
}

// landed notes that the transaction is on disk.
func (w *writer) landed(ran []answer) {
	w.owed.settled(w.paid)
	newest := w.head
	w.committed.Store(&newest)
	w.commits.Add(1)
	w.last = len(ran)
	w.awake()
	w.at(FaultCommitted, ran)
}

// awake tells whoever does jobs that there are new ones.
func (w *writer) awake() {
	if !w.enqueued {
		return
	}
	w.enqueued = false
	select {
	case w.wake <- struct{}{}:
	default: // told already
	}
}

// next is a job that waits already, if there is one.
func (w *writer) next(ran int) *job {
	if len(w.again) > 0 {
		j := w.again[0]
		w.again = w.again[1:]
		return j
	}
	for ran < maxJoined {
		select {
		case j := <-w.jobs: // nil once closed
			if j == nil || j.take() {
				return j
			}
		default:
			return nil
		}
	}
	return nil
}

func (w *writer) rollback() {
	w.due = nil
	if w.conn.lost {
		return
	}
	w.conn.exec("ROLLBACK") // fails where SQLite has rolled back already
	w.head = w.before
}

// abandon gives up the transaction: none of the acts in it happened.
func (w *writer) abandon(ran []answer, doubt bool, cause error) []answer {
	w.rollback()
	w.enqueued = false
	err := fmt.Errorf("writing: %w", cause)
	switch w.engine.what(cause) {
	case diskFull:
		err = fmt.Errorf("%w (%v)", ErrFull, cause)
	case diskFailed:
		err = w.stop(cause)
	case lost:
		w.lose()
		err = fmt.Errorf("%w (%v)", ErrUnavailable, cause)
		if doubt {
			err = fmt.Errorf("%w: %w (%v)", ErrUnavailable, ErrInDoubt, cause)
		}
		fallthrough
	case busy:
		if !errors.Is(err, ErrUnavailable) {
			err = fmt.Errorf("%w (%v)", ErrUnavailable, cause)
		}
		for j := w.next(len(ran)); j != nil; j = w.next(len(ran)) { // who waited long enough with them
			ran = append(ran, answer{j, nil})
		}
	}
	for i := range ran {
		ran[i].err = err
	}
	return ran
}

// stop ends all writing. It returns what callers are told from now on.
func (w *writer) stop(cause error) error {
	w.stopOnce.Do(func() {
		w.stopErr = fmt.Errorf("%w (%v)", ErrStopped, cause)
		close(w.stopped)
	})
	return w.stopErr
}

// lostError means that an act could not be rolled back alone.
type lostError struct{ cause error }

func (e *lostError) Error() string { return "rolling back: " + e.cause.Error() }
func (e *lostError) Unwrap() error { return e.cause }

// one runs a job. If it fails, nothing of it stays but the row of its refusal.
func (w *writer) one(j *job) error {
	if err := j.ctx.Err(); err != nil {
		return err // whoever asked has left
	}
	if j.do == nil { // rows fail with the transaction, and need no savepoint
		for _, row := range j.more {
			w.append(row)
		}
		w.append(j.note)
		return nil
	}
	if err := w.flush(); err != nil { // those of who was before
		return &lostError{err}
	}
	head := w.head
	if _, err := w.conn.exec("SAVEPOINT act"); err != nil {
		return &lostError{err}
	}
	err := w.do(j)
	if w.engine.what(err) != ofTheAct {
		return err
	}
	if err != nil {
		if _, rollback := w.conn.exec("ROLLBACK TO act"); rollback != nil {
			return &lostError{rollback}
		}
		w.head, w.due = head, nil
		w.append(refusal(j.note, err))
		if noting := w.flush(); noting != nil {
			return &lostError{noting}
		}
	}
	if _, release := w.conn.exec("RELEASE act"); release != nil {
		return &lostError{release}
	}
	return err
}

// do runs the act and adds its row. A panic is an error of that act alone.
func (w *writer) do(j *job) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic while writing: %v\n%s", r, debug.Stack())
		}
	}()
	if err := j.do(&tx{w.conn, w}); err != nil {
		return err
	}
	w.append(j.note)
	return w.flush()
}

// append adds a row to the chain, to be written by flush.
func (w *writer) append(e audit.Entry) {
	if e.Action == "" {
		return
	}
	if e.Outcome == "" {
		e.Outcome = audit.Done
	}
	row, head := w.head.Next(e)
	w.due, w.head = append(w.due, row), head
}

func (w *writer) at(point string, ran []answer) {
	if w.fault == nil {
		return
	}
	for _, a := range ran {
		w.fault(point + " " + string(a.job.note.Action))
	}
}
