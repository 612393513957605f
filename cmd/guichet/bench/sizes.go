package bench

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"guichet.example/portal/store/bare"
	"guichet.example/portal/store/storetest"
)

// Sizes say how much the measurements of volume put into a store. The zero value is
// small enough to be done within seconds.
type Sizes struct {
	Few      int // lines of care in the store that the large one is held against
	Lines    int // lines of care in the large one
	Sessions int // signed in at once, for memory
	Members  int // of the largest mutuality whose growth is measured
}

func (s Sizes) orDefault() Sizes {
	if s.Few == 0 {
		s.Few = 20_000
	}
	if s.Lines == 0 {
		s.Lines = 200_000
	}
	if s.Sessions == 0 {
		s.Sessions = 1_000
	}
	if s.Members == 0 {
		s.Members = 2_000
	}
	return s
}

// volume is what this run measures by size: the stores are filled once, for all
// measurements that want them.
var volume struct {
	sizes Sizes
	held  map[bool]*towns // by whether on PostgreSQL
}

// towns are two of the same people, with few lines of others around them and with many.
type towns struct {
	server    *storetest.Server
	few, many *town
}

// heldTowns fills the stores of an engine, or returns those that were filled before.
func heldTowns(ctx context.Context, onPostgres bool) (*towns, error) {
	if t := volume.held[onPostgres]; t != nil {
		return t, nil
	}
	t := &towns{}
	err := t.open(ctx, onPostgres)
	if err != nil {
		t.close()
		return nil, err
	}
	if volume.held == nil {
		volume.held = map[bool]*towns{}
	}
	volume.held[onPostgres] = t
	return t, nil
}

func (t *towns) open(ctx context.Context, onPostgres bool) (err error) {
	if onPostgres {
		if t.server, err = storetest.Serve(postgresSettings...); err != nil {
			return err
		}
	}
	if t.few, err = openTown(ctx, t.server); err != nil {
		return err
	}
	if err = t.few.fill(ctx, volume.sizes.Few); err != nil {
		return err
	}
	if t.many, err = openTown(ctx, t.server); err != nil {
		return err
	}
	return t.many.fill(ctx, volume.sizes.Lines)
}

func (t *towns) close() {
	for _, one := range []*town{t.few, t.many} {
		if one != nil {
			one.close()
		}
	}
	if t.server != nil {
		t.server.Stop()
	}
}

// release empties what was filled.
func release() {
	for _, t := range volume.held {
		t.close()
	}
	volume.held = nil
}

// fill adds lines of care of persons who are not members.
func (t *town) fill(ctx context.Context, lines int) error {
	return bare.Fill(ctx, t.database, filepath.Join(t.data(), "guichet.db"), benchMutuality, lines)
}

// bySize measures a page of all who are signed in, in the large store and in the small
// one in turns.
func bySize(onPostgres bool, path string) func(context.Context) (Result, error) {
	return func(ctx context.Context) (Result, error) {
		t, err := heldTowns(ctx, onPostgres)
		if err != nil {
			return Result{}, err
		}
		ask := func(in *town) func() error {
			n := 0
			return func() error {
				n = (n + 37) % len(in.cookies)
				if r := in.askWith(ctx, path, in.cookies[n]); r.Code != 200 {
					return fmt.Errorf("%s: %d", path, r.Code)
				}
				return nil
			}
		}
		many, few, err := compare(ctx, 150*time.Millisecond, ask(t.many), ask(t.few))
		return against(many, few), err
	}
}

// download is that of a signed PDF, likewise.
func download(onPostgres bool) func(context.Context) (Result, error) {
	return func(ctx context.Context) (Result, error) {
		t, err := heldTowns(ctx, onPostgres)
		if err != nil {
			return Result{}, err
		}
		var ask []func() error
		for _, in := range []*town{t.many, t.few} {
			one, err := in.downloads(ctx)
			if err != nil {
				return Result{}, err
			}
			ask = append(ask, one)
		}
		many, few, err := compare(ctx, 150*time.Millisecond, ask[0], ask[1])
		return against(many, few), err
	}
}

// downloads has the member at her card sign some orders, and returns what fetches one
// after another.
func (t *town) downloads(ctx context.Context) (func() error, error) {
	s, err := t.signer(ctx)
	if err != nil {
		return nil, err
	}
	for range 5 {
		if _, _, err := s.sign(ctx); err != nil {
			return nil, err
		}
	}
	o, err := t.store.Overview(ctx, s.login, true)
	if err != nil {
		return nil, err
	}
	if err := t.signIn(ctx, s.login.Member, s.login.Name); err != nil {
		return nil, err
	}
	cookie, n := t.cookies[len(t.cookies)-1], 0
	return func() error {
		n = (n + 1) % len(o.Documents)
		if r := t.askWith(ctx, "/fr/documents/"+o.Documents[n].ID+"/file.pdf", cookie); r.Code != 200 || r.Body.Len() < 10_000 {
			return fmt.Errorf("download: %d, %d bytes", r.Code, r.Body.Len())
		}
		return nil
	}, nil
}

// memoryGoal is what a server may hold, in MiB.
const memoryGoal = 200

// memoryVolume is what a server process holds after each of many sessions on a large
// store looked at her first page and her refunds. It is the last to use that store.
func memoryVolume(ctx context.Context) (Result, error) {
	t, err := heldTowns(ctx, false)
	if err != nil {
		return Result{}, err
	}
	in := t.many
	for i := 0; len(in.cookies) < volume.sizes.Sessions; i++ {
		if err := in.signIn(ctx, in.members[i], "Mathieu Delcourt"); err != nil {
			return Result{}, err
		}
	}
	in.pages.Close()
	in.pages, t.many = nil, nil
	p, err := serveData(ctx, in.counter)
	if err != nil {
		return Result{}, err
	}
	defer p.stop()
	c, err := connect(ctx, in.listen, pageConns)
	if err != nil {
		return Result{}, err
	}
	defer c.close()
	most := 0.0
	for _, path := range []string{homePath, "/fr/refunds"} {
		if err := c.once(in.requests(path)); err != nil {
			return Result{}, err
		}
		held, err := residentOf(p.cmd.Process.Pid)
		if err != nil {
			return Result{}, err
		}
		most = max(most, held)
	}
	return share(most, memoryGoal, "MiB"), nil
}
