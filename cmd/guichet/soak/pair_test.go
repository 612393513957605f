package soak

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"guichet.example/portal/objects"
	"guichet.example/portal/objects/objectstest"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// pair is a counter of two servers on one PostgreSQL and one object store, behind a proxy
// that gives each connection to the next one.
type pair struct {
	*place
	settings [2]string
	address  [2]string
	running  [2]*process
	next     atomic.Int64
	alone    atomic.Int64 // server that gets all, 0: both in turn
}

func newPair(t *testing.T, people int) *pair {
	t.Helper()
	bucket := objectstest.Config(t)
	client := objectstest.Open(t, bucket)
	database := storetest.Start(t, true).Database(t)
	p := &pair{place: newPlace(t, plan{people: people, remote: database, store: store.Config{Database: database, Objects: client}})}
	for i := range 2 {
		p.address[i], p.settings[i] = freeAddress(t), filepath.Join(p.dir, fmt.Sprintf("server-%d.json", i))
		p.writeServer(t, i, database, bucket)
	}
	listener, err := net.Listen("tcp", p.place.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go p.serve(listener)
	return p
}

func (p *pair) writeServer(t *testing.T, i int, database string, bucket objects.Config) {
	t.Helper()
	text, err := os.ReadFile(p.place.settings)
	if err != nil {
		t.Fatal(err)
	}
	var s map[string]any
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	keys := map[string]string{"access": bucket.AccessKey, "secret": bucket.SecretKey}
	for name, key := range keys {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(key), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s["listen"], s["database"], s["audit_heads"] = p.address[i], database, p.headsOf(i)
	s["objects"] = map[string]any{"endpoint": bucket.Endpoint, "bucket": bucket.Bucket, "prefix": bucket.Prefix,
		"access_key_file": filepath.Join(p.dir, "access"), "secret_key_file": filepath.Join(p.dir, "secret")}
	if text, err = json.Marshal(s); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p.settings[i], text, 0o600); err != nil {
		t.Fatal(err)
	}
}

func (p *pair) headsOf(i int) string { return fmt.Sprintf("%s-%d", p.heads, i) }

// serve passes connections on. One whose server does not listen goes to the other; one
// that was taken ends with its server.
func (p *pair) serve(listener net.Listener) {
	for {
		from, err := listener.Accept()
		if err != nil {
			return
		}
		go func() {
			defer from.Close()
			first := int(p.next.Add(1) % 2)
			if only := p.alone.Load(); only > 0 {
				first = int(only - 1)
			}
			to, err := net.Dial("tcp", p.address[first])
			if err != nil && p.alone.Load() == 0 {
				to, err = net.Dial("tcp", p.address[1-first])
			}
			if err != nil {
				return
			}
			defer to.Close()
			go io.Copy(to, from)
			io.Copy(from, to)
		}()
	}
}

// up starts a server and waits until it says that it can serve.
func (p *pair) up(t *testing.T, i int) {
	t.Helper()
	p.place.settings = p.settings[i]
	s, up := p.launch(t)
	select {
	case <-up:
	case <-s.ended:
		t.Fatalf("serve ended at its start: %s", p.lastLog(t))
	case <-time.After(60 * time.Second):
		t.Fatal("serve does not come up")
	}
	p.running[i] = s
	await(t, "a server that is ready", time.Minute, func() bool {
		answer, err := http.Get("http://" + p.address[i] + "/readyz")
		if err != nil {
			return false
		}
		answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// passing tells of an error after which a member tries again: no answer, or "later".
func passing(err error) bool {
	var r *refusal
	return errors.Is(err, errLost) || errors.As(err, &r) && r.answer.status == http.StatusServiceUnavailable
}

// errands lets the visitor do errands, through lost answers, until the end.
func (v *visitor) errands(ctx context.Context, lost *atomic.Int64) error {
	for n := 0; ctx.Err() == nil; n++ {
		if v.errand == nil {
			v.begin([]string{"orders", "bank"}[n%2])
		}
		err := v.finish(context.WithoutCancel(ctx))
		if passing(err) {
			lost.Add(1)
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// TestServersKilledInTurn: members sign in, read, sign and fetch on two servers in turn,
// which are killed one after the other. What they were told is there, once; nothing
// happened twice; the trails of all lives of both servers hold.
func TestServersKilledInTurn(t *testing.T) {
	t.Parallel()
	p := newPair(t, 3)
	p.up(t, 0)
	p.up(t, 1)
	visitors := []*visitor{p.visitor(0), p.visitor(1), p.visitor(2)}
	ctx, end := context.WithCancel(t.Context())
	defer end()
	var lost atomic.Int64
	var all sync.WaitGroup
	failed := make([]error, len(visitors))
	for i, v := range visitors {
		all.Go(func() { failed[i] = v.errands(ctx, &lost) })
	}
	rounds := often(4, 60)
	for round := range rounds {
		time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
		p.running[round%2].kill()
		time.Sleep(time.Duration(rand.IntN(300)) * time.Millisecond)
		p.up(t, round%2)
	}
	end()
	all.Wait()
	if err := errors.Join(failed...); err != nil {
		t.Fatal(err)
	}
	p.signedOnTheOther(t, visitors[0])
	p.joinHeads(t)
	e := p.gather(t, visitors)
	e.check(false).report(t)
	if len(e.vault) == 0 {
		t.Error("nothing was signed")
	}
	for _, s := range p.running {
		s.stop(t)
	}
	p.nothingPersonal(t)
	t.Logf("%d kills, %d answers lost or put off, %d documents, none lost, none twice", rounds, lost.Load(), len(e.vault))
}

// signedOnTheOther: what was prepared on one server is completed on the other, after the
// first was killed with the card in use.
func (p *pair) signedOnTheOther(t *testing.T, v *visitor) {
	t.Helper()
	for from := range 2 {
		if v.errand == nil {
			v.begin("orders")
		}
		if err := v.finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		v.begin("orders")
		p.alone.Store(int64(from + 1))
		if err := v.until(t.Context(), prepare); err != nil {
			t.Fatal(err)
		}
		p.running[from].kill()
		p.alone.Store(int64(2 - from))
		if err := v.finish(t.Context()); err != nil {
			t.Errorf("completing on the other server: %v", err)
		}
		p.alone.Store(0)
		p.up(t, from)
	}
}

// joinHeads makes one file of what both servers noted elsewhere.
func (p *pair) joinHeads(t *testing.T) {
	t.Helper()
	joined, err := os.ReadFile(p.heads)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		heads, err := os.ReadFile(p.headsOf(i))
		if err != nil {
			t.Fatal(err)
		}
		joined = append(joined, heads...)
	}
	if err := os.WriteFile(p.heads, joined, 0o600); err != nil {
		t.Fatal(err)
	}
}

// nothingPersonal looks for names, numbers and accounts in all that the servers printed.
func (p *pair) nothingPersonal(t *testing.T) {
	t.Helper()
	log, err := os.ReadFile(p.log)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(log, []byte(`"route":"/:lang/requests/:id/complete"`)) {
		t.Error("the log does not tell of requests: the scan shows nothing")
	}
	hidden := secrets{}
	for _, o := range p.people {
		hidden.person(o)
		for _, what := range [][2]string{{"surname", o.sur}, {"name", o.counterNames}, {"street", "Rue Hors-Château"}, {"affiliation", "0305 118 422"}} {
			hidden[what[1]] = what[0]
		}
	}
	hidden.wire(p.seen.list())
	hidden.scan("the log", log).report(t)
	if f := hidden.scan("a planted line", slices.Concat(log, []byte(p.people[0].counterNames))); len(f) == 0 {
		t.Error("the scan finds nothing")
	}
}
