package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/auth/webeid"
	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// cut is what happens to a connection at the order to commit.
type cut int32

const (
	whole      cut = iota
	before         // the order does not reach the server
	after          // its answer does not come back
	meanwhile      // both ends are closed while the server works on it
	cutForGood     // as before, and nobody gets through any more
)

// wire stands between a store and its server, and cuts the connection that writes.
type wire struct {
	to   string
	next atomic.Int32 // cut
	cuts atomic.Int64
	shut atomic.Bool
	open sync.Map
}

// newWire returns the address of the database by way of a wire.
func newWire(t *testing.T, address string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query, dir := u.Query(), storetest.Dir(t)
	w := &wire{to: filepath.Join(query.Get("host"), ".s.PGSQL.5432")}
	listener, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		listener.Close()
		w.open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
	})
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go w.serve(client)
		}
	}()
	query.Set("host", dir)
	u.RawQuery = query.Encode()
	return w, u.String()
}

func (w *wire) serve(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("unix", w.to)
	if err != nil || w.shut.Load() {
		return
	}
	defer server.Close()
	w.open.Store(client, true)
	defer w.open.Delete(client)
	var answerless atomic.Bool
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		defer client.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := server.Read(buffer)
			if err != nil || answerless.Load() {
				return
			}
			if _, err := client.Write(buffer[:n]); err != nil {
				return
			}
		}
	}()
	buffer, writes := make([]byte, 64<<10), false
	for first := true; ; first = false {
		n, err := client.Read(buffer)
		if err != nil {
			return
		}
		if first {
			writes = bytes.Contains(buffer[:n], []byte("idle_in_transaction_session_timeout"))
		}
		how := whole
		if writes && (buffer[0] == 'B' || cut(w.next.Load()) == before) { // to run the statement, not to prepare it
			how = cut(w.next.Swap(int32(whole)))
		}
		if how != whole {
			w.cuts.Add(1)
		}
		switch how {
		case cutForGood:
			w.shut.Store(true)
			return
		case before:
			return
		case after:
			answerless.Store(true)
			server.Write(buffer[:n])
			<-answered
			return
		case meanwhile:
			answerless.Store(true)
			server.Write(buffer[:n])
			return
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// wired is a bed behind a wire that is cut as asked at the next order to commit.
func wired(t *testing.T) (b *bed, w *wire, arm *atomic.Int32) {
	t.Helper()
	arm = &atomic.Int32{}
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	w, cfg.Database = newWire(t, storetest.Database(t))
	cfg.Fault = func(point string) {
		if strings.HasPrefix(point, store.FaultCommit+" ") {
			if how := arm.Swap(0); how != 0 {
				w.next.Store(how)
			}
		}
	}
	return bedOf(t, openStore, cfg, c), w, arm
}

// TestCommitWithoutAnswer cuts the connection at the order to commit: every act is
// answered with what became of it, none is lost and none is done twice, those that leave
// an audit row and those that do not.
func TestCommitWithoutAnswer(t *testing.T) {
	t.Parallel()
	b, w, arm := wired(t)
	ctx := context.Background()
	const acts = 4
	rounds := soak(100, 1000)
	for round := range rounds {
		how := []cut{before, after, meanwhile}[round%3]
		list := make([]requests.Request, acts)
		for i := range list {
			list[i] = b.request()
		}
		browser := fmt.Sprint("browser ", round)
		arm.Store(int32(how))
		if round%2 == 0 { // a transaction without an audit row
			if err := b.Put(ctx, browser, webeid.Challenge{Nonce: "n", Expires: noon.Add(time.Hour)}); err != nil {
				t.Fatalf("round %d, %d: Put = %v", round, how, err)
			}
			arm.Store(int32(how))
			if _, err := b.Take(ctx, browser); err != nil {
				t.Fatalf("round %d, %d: Take = %v", round, how, err)
			}
			_, err := b.Take(ctx, browser)
			wantErr(t, "Take again", err, webeid.ErrChallengeNotFound)
			arm.Store(int32(how))
		}
		errs := together(acts, func(i int) error {
			_, err := b.PutRequest(ctx, b.claire, list[i], "")
			return err
		})
		for i, err := range errs {
			if err != nil {
				t.Fatalf("round %d, %d: act %d = %v", round, how, i, err)
			}
			if s := b.state(b.claire, list[i].ID); s != requests.ToSign {
				t.Errorf("round %d: request %d is %s", round, i, s)
			}
		}
	}
	if got := int(w.cuts.Load()); got < rounds {
		t.Errorf("%d connections were cut, want %d", got, rounds)
	}
	if got := len(b.audited(audit.FreezeRequest)); got != rounds*acts {
		t.Errorf("%d rows of requests, want %d", got, rounds*acts)
	}
}

// TestCommitInDoubt: where the database does not come back, the answer says that nobody
// knows; and the act done again, with its key, is done once.
func TestCommitInDoubt(t *testing.T) {
	t.Parallel()
	b, w, arm := wired(t)
	r := b.request()
	arm.Store(int32(cutForGood))
	_, err := b.PutRequest(t.Context(), b.claire, r, "key")
	if !errors.Is(err, store.ErrInDoubt) || !errors.Is(err, store.ErrUnavailable) {
		t.Fatalf("a commit without an answer, and nobody to ask: %v", err)
	}
	w.shut.Store(false)
	b.eventually("the store is ready", func() bool { return b.Ping(context.Background()) == nil })
	for range 2 {
		if id, err := b.PutRequest(t.Context(), b.claire, r, "key"); err != nil || id != r.ID {
			t.Errorf("PutRequest again = %s, %v", id, err)
		}
	}
	b.rows()
}
