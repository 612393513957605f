package bench

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
	"guichet.example/portal/store"
	"guichet.example/portal/store/bare"
	"guichet.example/portal/store/storetest"
)

// growthParts say which tables are named in a line of their own; the others are of the
// members themselves, their rights, and what is imported about the care there is.
var growthParts = map[string]string{
	"payments": "payments", "payment_persons": "payments", "refund_lines": "lines", "audit": "audit", "looks": "audit",
}

// growthSizes are shares of -members at which a mutuality is measured.
var growthSizes = []int{4, 2, 1}

// growth measures what a mutuality takes by the number of its members (seed: two years of
// care and payments): `guichet import` takes each size into a store of its own, then a
// `guichet serve` shows pages of it. What grows is fitted by a line, whose slope is the
// figure; the note tells what was measured, by how much the worst of it is off the line,
// and what there is at no members. What a page takes is that of the largest size, and the
// note has all. The figures of acts, which know nothing of sizes, follow.
func growth(onPostgreSQL bool) func(context.Context) (Result, error) {
	return func(ctx context.Context) (Result, error) {
		if !onPostgreSQL {
			return growthOn(ctx, nil, "growth-sqlite")
		}
		return onPostgres(func(s *storetest.Server) (Result, error) { return growthOn(ctx, s, "growth-postgres") })
	}
}

func growthOn(ctx context.Context, server *storetest.Server, name string) (Result, error) {
	var sizes []float64
	figures := map[string][]float64{}
	for _, share := range growthSizes {
		g := &grown{server: server, members: volume.sizes.Members / share, figures: map[string]float64{}}
		if err := g.measure(ctx); err != nil {
			return Result{}, err
		}
		sizes = append(sizes, float64(g.members))
		for what, value := range g.figures {
			figures[what] = append(figures[what], value)
		}
	}
	all := Result{Name: name, Value: sizes[len(sizes)-1], Unit: "members"}
	for _, what := range slices.Sorted(maps.Keys(figures)) {
		all.Parts = append(all.Parts, fitted(what, sizes, figures[what]))
	}
	acts, err := growthActs(ctx, server)
	all.Parts = append(all.Parts, acts...)
	return all, err
}

// perMember ends the unit of a figure that grows with the members.
const perMember = "/member"

// fitted is the slope of the line through what was measured at the sizes, or what was
// measured at the largest.
func fitted(what string, sizes, values []float64) Result {
	what, unit, _ := strings.Cut(what, ", ")
	r := Result{Name: "  " + what, Value: values[len(values)-1], Unit: unit}
	if !strings.HasSuffix(unit, perMember) {
		r.Note = fmt.Sprintf("of %.0f", values)
		return r
	}
	slope, start := line(sizes, values)
	off := 0.0
	for i, size := range sizes {
		off = max(off, math.Abs(start+slope*size-values[i])/values[i])
	}
	r.Value, r.Note = slope, fmt.Sprintf("%.0f at none, off by %.1f %% at most, of %.0f", start, 100*off, values)
	return r
}

// line is the one from which the points are the least off, in squares.
func line(x, y []float64) (slope, start float64) {
	var sx, sy, sxx, sxy float64
	for i := range x {
		sx, sy, sxx, sxy = sx+x[i], sy+y[i], sxx+x[i]*x[i], sxy+x[i]*y[i]
	}
	n := float64(len(x))
	slope = (n*sxy - sx*sy) / (n*sxx - sx*sx)
	return slope, (sy - slope*sx) / n
}

// grown is a mutuality of one size.
type grown struct {
	server  *storetest.Server // nil: SQLite
	members int
	figures map[string]float64
}

// fresh is the address of an empty database; "" without PostgreSQL.
func (g *grown) fresh() (string, error) {
	if g.server == nil {
		return "", nil
	}
	return g.server.Fresh()
}

// open opens an empty counter, whose chance is source.
func (g *grown) open(ctx context.Context, source io.Reader) (*counter, error) {
	database, err := g.fresh()
	if err != nil {
		return nil, err
	}
	return openCounterOn(ctx, database, source)
}

func (g *grown) measure(ctx context.Context) error {
	c, err := g.open(ctx, rand.Reader)
	if err != nil {
		return err
	}
	defer c.close()
	t := &town{counter: c}
	if err := g.take(ctx, c); err != nil {
		return err
	}
	if err := g.weigh(ctx, c); err != nil {
		return err
	}
	if err := g.backUp(ctx, c); err != nil {
		return err
	}
	if err := g.signIn(ctx, t); err != nil {
		return err
	}
	return g.show(ctx, t)
}

// made is the mutuality as its insurance system delivers it.
func (g *grown) made() (*seed.Generator, error) {
	now := time.Now().UTC()
	return seed.New(seed.Config{Seed: 1, Members: g.members, Until: time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, time.UTC)})
}

// take has `guichet import` take it in.
func (g *grown) take(ctx context.Context, c *counter) error {
	from, err := g.made()
	if err != nil {
		return err
	}
	files := filepath.Join(c.dir, "delivery")
	defer os.RemoveAll(files)
	totals, err := from.Write(ctx, files, core.NDJSON, func(int) {})
	if err != nil {
		return err
	}
	for _, t := range totals {
		g.figures["rows delivered, rows/member"] += float64(t.Count)
	}
	took, err := g.command(ctx, c, "import", files)
	g.figures["processor of the import, µs/member"] = float64(took.Microseconds())
	return err
}

// command runs one of `guichet` on the counter, and returns what it and PostgreSQL took.
func (g *grown) command(ctx context.Context, c *counter, name, argument string) (time.Duration, error) {
	config, err := c.writeSettings()
	if err != nil {
		return 0, err
	}
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	before, err := g.serverSpent()
	if err != nil {
		return 0, err
	}
	command := exec.CommandContext(ctx, self, name, "-config", config, argument)
	var said bytes.Buffer
	command.Stdout, command.Stderr = &said, &said
	if err := command.Run(); err != nil {
		return 0, fmt.Errorf("guichet %s: %w\n%s", name, err, said.Bytes())
	}
	after, err := g.serverSpent()
	return command.ProcessState.UserTime() + command.ProcessState.SystemTime() + after - before, err
}

// backUp makes a backup, and puts it back elsewhere.
func (g *grown) backUp(ctx context.Context, c *counter) error {
	out := filepath.Join(c.dir, "backup")
	took, err := g.command(ctx, c, "backup", out)
	if err != nil {
		return err
	}
	g.figures["processor of a backup, µs/member"] = float64(took.Microseconds())
	err = filepath.WalkDir(out, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			g.figures["disk of a backup, B/member"] += float64(info.Size())
		}
		return err
	})
	if err != nil {
		return err
	}
	there := &counter{dir: filepath.Join(c.dir, "restored"), services: c.services}
	if err := os.Mkdir(there.dir, 0o700); err != nil {
		return err
	}
	defer os.RemoveAll(there.dir)
	if there.database, err = g.fresh(); err != nil {
		return err
	}
	if err := os.Symlink(filepath.Join(c.dir, "keys"), filepath.Join(there.dir, "keys")); err != nil {
		return err
	}
	began := time.Now()
	took, err = g.command(ctx, there, "restore", out)
	g.figures["processor of a restore, µs/member"] = float64(took.Microseconds())
	g.figures["restore by the clock, µs/member"] = float64(time.Since(began).Microseconds())
	return err
}

// serverSpent is the processor time of PostgreSQL so far; none without one.
func (g *grown) serverSpent() (time.Duration, error) {
	if g.server == nil {
		return 0, nil
	}
	return spentBelow(g.server.Pid())
}

// weigh says what is on the disk.
func (g *grown) weigh(ctx context.Context, c *counter) error {
	sizes, err := bare.Sizes(ctx, c.database, c.databaseFile())
	for table, size := range sizes {
		part := growthParts[table]
		if part == "" {
			part = "members and rights"
		}
		g.figures["disk of "+part+", B/member"] += float64(size)
		g.figures["disk of all, B/member"] += float64(size)
	}
	return err
}

// signIn begins sessions of as many holders as -sessions says, again and again if there
// are fewer.
func (g *grown) signIn(ctx context.Context, t *town) error {
	from, err := g.made()
	if err != nil {
		return err
	}
	var holders []core.Member
	for family := range from.Families() {
		if holders = append(holders, family.Members[0]); len(holders) == volume.sizes.Sessions {
			break
		}
	}
	for i := range volume.sizes.Sessions {
		m, err := t.store.MemberByNationalNumber(ctx, benchMutuality, holders[i%len(holders)].NationalNumber)
		if err != nil {
			return err
		}
		err = t.signIn(ctx, m.ID, m.Name)
		for range 20 { // PostgreSQL was hurried
			if !errors.Is(err, store.ErrUnavailable) {
				break
			}
			time.Sleep(time.Second)
			err = t.signIn(ctx, m.ID, m.Name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// show has each who is signed in look at her first page and her refunds, on a server of
// its own: what a page takes of the processors and adds to the trail, and the memory.
func (g *grown) show(ctx context.Context, t *town) error {
	before, err := bare.Sizes(ctx, t.database, t.databaseFile())
	if err != nil {
		return err
	}
	p, err := serveData(ctx, t.counter)
	if err != nil {
		return err
	}
	defer p.end()
	if err := g.remember(p, "memory at rest, MiB"); err != nil {
		return err
	}
	for _, one := range []struct{ name, path string }{{"first page", homePath}, {"page of refunds", "/fr/refunds"}} {
		all, err := connect(ctx, t.listen, pageConns)
		if err != nil {
			return err
		}
		took, err := g.took(p, func() error { return all.once(t.requests(one.path)) })
		all.close()
		if err != nil {
			return err
		}
		g.figures["processor of a "+one.name+", µs"] = float64(took.Microseconds()) / float64(len(t.cookies))
	}
	if err := g.remember(p, "memory once all have looked, MiB"); err != nil {
		return err
	}
	p.end()
	after, err := bare.Sizes(ctx, t.database, t.databaseFile())
	g.figures["disk of the trail of a page, B"] = float64(after["audit"]-before["audit"]+after["looks"]-before["looks"]) / float64(2*len(t.cookies))
	return err
}

// took is the processor time of a server and its database while do runs.
func (g *grown) took(p *process, do func() error) (time.Duration, error) {
	return g.during(func() (time.Duration, error) { return spentOf(p.cmd.Process.Pid) }, do)
}

// during is what own and the database spend of the processors while do runs.
func (g *grown) during(own func() (time.Duration, error), do func() error) (time.Duration, error) {
	all := func() (time.Duration, error) {
		server, err := g.serverSpent()
		if err != nil {
			return 0, err
		}
		mine, err := own()
		return server + mine, err
	}
	before, err := all()
	if err != nil {
		return 0, err
	}
	if err := do(); err != nil {
		return 0, err
	}
	after, err := all()
	return after - before, err
}

func (g *grown) remember(p *process, what string) error {
	held, err := residentOf(p.cmd.Process.Pid)
	g.figures[what] = held
	return err
}
