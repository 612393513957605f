package hsm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/miekg/pkcs11"
)

// take gets a session, starting the module first where it was lost. It waits Config.Wait
// at most.
func (k *Key) take(ctx context.Context) (pkcs11.SessionHandle, error) {
	if err := k.ready(ctx); err != nil {
		return 0, err
	}
	select {
	case session := <-k.free:
		k.counts.inUse.Add(1)
		return session, nil
	default:
	}
	wait := time.NewTimer(k.cfg.Wait)
	defer wait.Stop()
	select {
	case session := <-k.free:
		k.counts.inUse.Add(1)
		return session, nil
	case <-ctx.Done():
		return 0, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	case <-wait.C:
		return 0, fmt.Errorf("%w: every session is in use", ErrUnavailable)
	}
}

// give puts a session back.
func (k *Key) give(session pkcs11.SessionHandle) {
	k.counts.inUse.Add(-1)
	k.free <- session
}

// ready starts the module if its sessions were lost and the pause is over.
func (k *Key) ready(ctx context.Context) error {
	k.mu.Lock()
	lost, fatal, early := k.lost, k.fatal, k.cfg.Now().Before(k.retry)
	k.mu.Unlock()
	switch {
	case fatal != nil:
		return fatal
	case !lost:
		return nil
	case early:
		return fmt.Errorf("%w: lost, and tried a moment ago", ErrUnavailable)
	}
	return k.start(ctx)
}

// use runs one call into the module, for Config.Deadline at most. The session goes back
// to the pool when the call ends, however late.
func (k *Key) use(ctx context.Context, session pkcs11.SessionHandle, call func() ([]byte, error)) ([]byte, error) {
	type outcome struct {
		value []byte
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		value, err := call()
		if err != nil {
			k.failed(err)
		}
		k.give(session)
		done <- outcome{value, err}
	}()
	deadline := time.NewTimer(k.cfg.Deadline)
	defer deadline.Stop()
	select {
	case o := <-done:
		if o.err != nil {
			return nil, explain(o.err)
		}
		return o.value, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("%w: %w", ErrUnavailable, ctx.Err())
	case <-deadline.C:
		return nil, fmt.Errorf("%w: no answer within %v", ErrUnavailable, k.cfg.Deadline)
	}
}

// failed notes that the sessions are gone where the error says so, and that a PIN was
// refused, which nobody tries again.
func (k *Key) failed(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if errors.Is(err, ErrPIN) && k.fatal == nil {
		k.fatal = err
		k.cfg.Log.Error("seal token refuses the PIN; it is not tried again", "cause", err)
	}
	if !isLost(err) {
		return
	}
	if !k.lost {
		k.lost = true
		k.cfg.Log.Warn("seal token lost", "cause", err)
	}
}

// start gathers the whole pool, so that no call is inside the module, and starts the
// module anew. Of several callers one does it; the others find it done, or still lost.
func (k *Key) start(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, k.cfg.Deadline)
	defer cancel()
	select {
	case k.turn <- struct{}{}:
	case <-ctx.Done():
		return fmt.Errorf("%w: it is being started", ErrUnavailable)
	}
	done := make(chan error, 1)
	if again, err := k.wanted(); !again {
		<-k.turn
		return err
	}
	held, err := k.gather(ctx)
	if err != nil {
		<-k.turn
		return err
	}
	go func() {
		err := k.restart(held)
		k.settle(err)
		for _, session := range held {
			k.free <- session
		}
		<-k.turn
		done <- err
	}()
	select {
	case err := <-done:
		return explain(err)
	case <-ctx.Done():
		return fmt.Errorf("%w: the module does not start in time", ErrUnavailable)
	}
}

// wanted reports whether the module is to be started, now that it is our turn.
func (k *Key) wanted() (bool, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	switch {
	case k.fatal != nil:
		return false, k.fatal
	case k.lost && k.cfg.Now().Before(k.retry):
		return false, fmt.Errorf("%w: lost, and tried a moment ago", ErrUnavailable)
	}
	return k.lost, nil
}

// gather takes every session out of the pool.
func (k *Key) gather(ctx context.Context) ([]pkcs11.SessionHandle, error) {
	held := make([]pkcs11.SessionHandle, 0, k.cfg.Sessions)
	for range k.cfg.Sessions {
		select {
		case session := <-k.free:
			held = append(held, session)
		case <-ctx.Done():
			for _, session := range held {
				k.free <- session
			}
			return nil, fmt.Errorf("%w: a call into the module does not end", ErrUnavailable)
		}
	}
	return held, nil
}

// settle notes how a start ended, and when the next one may be tried.
func (k *Key) settle(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if err == nil {
		k.counts.starts.Add(1)
		k.lost, k.pause, k.retry = false, 0, time.Time{}
		k.cfg.Log.Info("seal token found", "token", k.cfg.Token)
		return
	}
	if errors.Is(err, ErrPIN) || errors.Is(err, ErrClosed) {
		k.fatal = err
	}
	k.pause = min(max(2*k.pause, k.cfg.Pause), k.cfg.LongestPause)
	k.retry = k.cfg.Now().Add(k.pause)
	k.cfg.Log.Warn("seal token not found", "next", k.retry, "cause", err)
}

// Close ends every session and the use of the module. Calls after it give ErrClosed. It
// waits Config.Deadline for calls inside the module; the module is left open under one
// that does not end.
func (k *Key) Close() error {
	k.mu.Lock()
	closed := errors.Is(k.fatal, ErrClosed)
	k.lost, k.fatal = true, ErrClosed
	k.mu.Unlock()
	if closed {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), k.cfg.Deadline)
	defer cancel()
	select {
	case k.turn <- struct{}{}: // kept: nobody starts it again
	case <-ctx.Done():
		return fmt.Errorf("closing the seal key: %w", ErrUnavailable)
	}
	if _, err := k.gather(ctx); err != nil {
		return fmt.Errorf("closing the seal key: %w", err)
	}
	k.finalize()
	k.module.Destroy()
	return nil
}
