package bench

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
	"guichet.example/portal/store"
	"guichet.example/portal/store/bare"
	"guichet.example/portal/store/storetest"
)

// importPeople have care in every file that is taken in; importTurns is how often the two
// sides take turns, and importPart how many rows `guichet import` commits at once.
const (
	importPeople = 1000
	importTurns  = 7
	importPart   = 5000
)

// imports measures how many rows a second are taken in of files of payments and of lines,
// read, checked, looked up, noted and committed, beside the bare driver that writes the
// same many rows into the same tables and indexes. The store has lines already (-lines).
// On SQLite both sides end when their rows are in the file and not in its log alone, so
// that neither writes back what the other left.
func imports(onPostgreSQL bool) func(context.Context) (Result, error) {
	return func(ctx context.Context) (Result, error) {
		if !onPostgreSQL {
			return importsOn(ctx, nil)
		}
		return onPostgres(func(server *storetest.Server) (Result, error) { return importsOn(ctx, server) })
	}
}

func importsOn(ctx context.Context, server *storetest.Server) (Result, error) {
	d, err := openDelivery(ctx, server)
	if err != nil {
		return Result{}, err
	}
	defer d.close(ctx)
	var ours, limit []float64
	for turn := range importTurns {
		files, err := d.files(turn)
		if err != nil {
			return Result{}, err
		}
		o, err := d.rate(func() error { return d.ours(ctx, files) })
		if err != nil {
			return Result{}, err
		}
		payments, lines := d.rows(turn)
		b, err := d.rate(func() error { return d.bare(ctx, payments, lines) })
		if err != nil {
			return Result{}, err
		}
		if turn > 0 { // the first warms
			ours, limit = append(ours, o), append(limit, b)
		}
	}
	slices.Sort(ours)
	slices.Sort(limit)
	a, b := ours[len(ours)/2], limit[len(limit)/2]
	return Result{Value: a, Unit: "rows/s", Limit: b, Ratio: a / b}, nil
}

// delivery is what an insurance system delivers again and again, under new references.
type delivery struct {
	*counter
	loader   *bare.Loader
	payments []core.Payment
	lines    []core.Line
	ids      map[string]string // of members, by affiliation number
}

func openDelivery(ctx context.Context, server *storetest.Server) (*delivery, error) {
	database := ""
	if server != nil {
		var err error
		if database, err = server.Fresh(); err != nil {
			return nil, err
		}
	}
	c, err := openCounterOn(ctx, database, rand.Reader)
	if err != nil {
		return nil, err
	}
	d := &delivery{counter: c, ids: map[string]string{}}
	if err := d.open(ctx, database); err != nil {
		d.close(ctx)
		return nil, err
	}
	return d, nil
}

func (d *delivery) open(ctx context.Context, database string) (err error) {
	path := filepath.Join(d.data(), "guichet.db")
	if d.loader, err = bare.OpenLoader(ctx, database, path); err != nil {
		return err
	}
	now := time.Now().UTC()
	g, err := seed.New(seed.Config{Seed: 2, Members: importPeople, Until: time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, time.UTC)})
	if err != nil {
		return err
	}
	for family := range g.Families() {
		rows := family.Rows(core.KindMember)
		if _, err := d.store.Load(ctx, benchMutuality, core.Batch{Kind: core.KindMember, Rows: rows}); err != nil {
			return err
		}
		for _, row := range rows {
			m := row.(core.Member)
			found, err := d.store.MemberByNationalNumber(ctx, benchMutuality, m.NationalNumber)
			if err != nil {
				return err
			}
			d.ids[m.Affiliation] = string(found.ID)
		}
		for _, row := range family.Rows(core.KindPayment) {
			d.payments = append(d.payments, row.(core.Payment))
		}
		for _, row := range family.Rows(core.KindLine) {
			d.lines = append(d.lines, row.(core.Line))
		}
	}
	if err := bare.Fill(ctx, database, path, benchMutuality, volume.sizes.Lines); err != nil {
		return err
	}
	return d.store.Analyze(ctx)
}

func (d *delivery) close(ctx context.Context) {
	if d.loader != nil {
		d.loader.Close(ctx)
	}
	d.counter.close()
}

// rate is how many rows a second of all payments and lines f takes in. It does not pay for
// memory that is left over from before.
func (d *delivery) rate(f func() error) (float64, error) {
	runtime.GC()
	start := time.Now()
	err := f()
	return float64(len(d.payments)+len(d.lines)) / time.Since(start).Seconds(), err
}

// files are one of payments and one of lines.
func (d *delivery) files(turn int) (files [2][]byte, err error) {
	var payments, lines []core.Row
	for _, p := range d.payments {
		p.Reference = fmt.Sprintf("A%d-%s", turn, p.Reference)
		payments = append(payments, p)
	}
	for _, l := range d.lines {
		l.Payment = fmt.Sprintf("A%d-%s", turn, l.Payment)
		lines = append(lines, l)
	}
	for i, rows := range [][]core.Row{payments, lines} {
		var b bytes.Buffer
		w, err := core.NewWriter(&b, rows[0].Of(), core.NDJSON)
		if err != nil {
			return files, err
		}
		for _, row := range rows {
			if err := w.Write(row); err != nil {
				return files, err
			}
		}
		if err := w.Flush(); err != nil {
			return files, err
		}
		files[i] = b.Bytes()
	}
	return files, nil
}

// ours takes in the files.
func (d *delivery) ours(ctx context.Context, files [2][]byte) error {
	return errors.Join(d.take(ctx, core.KindPayment, files[0]), d.take(ctx, core.KindLine, files[1]), d.loader.Settle(ctx))
}

// take is `guichet import` of one file: read ahead of the store, part by part.
func (d *delivery) take(ctx context.Context, kind core.Kind, file []byte) error {
	i, err := d.store.BeginImport(ctx, benchMutuality, core.Import{Kind: kind, File: string(kind) + ".ndjson", SHA256: sha256.Sum256(file), AsOf: time.Now()})
	if err != nil {
		return err
	}
	r, err := core.NewReader(bytes.NewReader(file), kind, core.NDJSON, time.Now())
	if err != nil {
		return err
	}
	parts, failed := make(chan core.Part, 1), error(nil)
	go func() {
		defer close(parts)
		failed = readParts(r, kind, parts)
	}()
	for part := range parts {
		if err == nil {
			var out core.Outcome
			if out, err = d.store.LoadPart(ctx, benchMutuality, i.ID, part); err == nil && out.Added != len(part.Rows) {
				err = fmt.Errorf("%d of %d rows of kind %s added", out.Added, len(part.Rows), kind)
			}
		}
	}
	if err = errors.Join(err, failed); err != nil {
		return err
	}
	return d.store.EndImport(ctx, benchMutuality, i.ID, core.ImportDone)
}

// readParts cuts a file where a payment ends.
func readParts(r *core.Reader, kind core.Kind, to chan<- core.Part) error {
	part, last := core.Part{Batch: core.Batch{Kind: kind}}, ""
	for {
		read, err := r.Next()
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		line, _ := read.Row.(core.Line)
		if err != nil || len(part.Rows) >= importPart && (kind != core.KindLine || line.Payment != last) {
			if len(part.Rows) > 0 {
				part.Draft = store.Draft(part.Batch)
				to <- part
			}
			if err != nil {
				return nil
			}
			part = core.Part{Batch: core.Batch{Kind: kind, Rows: make([]core.Row, 0, importPart)}}
		}
		if read.Row == nil {
			return fmt.Errorf("line %d: %s", read.Line, read.Problems[0].Reason)
		}
		last = line.Payment
		part.Rows, part.LineOf = append(part.Rows, read.Row), append(part.LineOf, read.Line)
		part.Lines, part.Bytes = read.Line, read.Bytes
	}
}

var (
	bareLineColumns = []string{"mutuality", "person", "treated", "payment", "line", "member", "certificate", "nature", "code", "provider",
		"care_from", "care_to", "quantity", "fee", "supplement", "refund", "own"}
	barePaymentColumns = []string{"mutuality", "member", "treated", "payment", "kind", "received", "paid", "payee", "last4", "cents", "communication"}
)

// rows are as many of the same shape, as columns already and sorted.
func (d *delivery) rows(turn int) (payments, lines [][]any) {
	treated := map[string]core.Payment{}
	for _, p := range d.payments {
		treated[p.Reference] = p
		payments = append(payments, []any{benchMutuality, d.ids[p.Member], text(p.Treated), fmt.Sprintf("B%d-%s", turn, p.Reference), string(p.Kind),
			text(p.Received), text(p.Paid), p.Payee, p.Last4, p.Cents, p.Communication})
	}
	for _, l := range d.lines {
		var supplement, to, member any
		if l.Supplement != nil {
			supplement = *l.Supplement
		}
		if l.To.After(l.From) {
			to = text(l.To)
		}
		if p := treated[l.Payment]; p.Member != l.Member {
			member = d.ids[p.Member]
		}
		lines = append(lines, []any{benchMutuality, d.ids[l.Member], text(treated[l.Payment].Treated), fmt.Sprintf("B%d-%s", turn, l.Payment), int64(l.Line),
			member, l.Certificate, l.Nature, l.Code, l.Provider, text(l.From), to, int64(l.Quantity), l.Fee, supplement, l.Refund, l.Own})
	}
	for _, rows := range [][][]any{payments, lines} {
		slices.SortFunc(rows, func(a, b []any) int {
			return cmp.Or(cmp.Compare(a[1].(string), b[1].(string)), cmp.Compare(a[2].(string), b[2].(string)), cmp.Compare(a[3].(string), b[3].(string)))
		})
	}
	return payments, lines
}

// bare writes the rows.
func (d *delivery) bare(ctx context.Context, payments, lines [][]any) error {
	return errors.Join(d.loader.Load(ctx, "payments", barePaymentColumns, payments), d.loader.Load(ctx, "refund_lines", bareLineColumns, lines), d.loader.Settle(ctx))
}

// text is a day as the tables have it; the zero time is null.
func text(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format(time.DateOnly)
}
