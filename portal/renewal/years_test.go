package renewal

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
	"guichet.example/portal/jobs"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

const day = 24 * time.Hour

// years is a clock that tests set forward, with the authorities that were founded since it
// began: the newest give timestamps, all tell of their certificates.
type years struct {
	now     time.Time
	anchors []*x509.Certificate
	server  *certstest.Server // the newest
	hosts   []string
}

func startYears(t *testing.T) *years {
	t.Helper()
	y := &years{now: time.Now().UTC().Truncate(time.Second)}
	y.found(t)
	return y
}

// found starts new authorities at the present time: their timestamps hold for five years.
func (y *years) found(t *testing.T) {
	t.Helper()
	y.server = certstest.Start(t, certstest.Config{Now: y.clock})
	y.anchors = append(y.anchors, y.server.AnchorCertificates()...)
	y.hosts = append(y.hosts, y.server.Hosts()...)
}

func (y *years) clock() time.Time { return y.now }

func (y *years) trust(t *testing.T) *certs.TrustAnchors {
	t.Helper()
	anchors, err := certs.NewTrustAnchors(y.anchors...)
	if err != nil {
		t.Fatal(err)
	}
	return anchors
}

func (y *years) extender(t *testing.T) *signing.Extender {
	t.Helper()
	anchors := y.trust(t)
	status, err := revocation.New(revocation.Config{Hosts: y.hosts, Now: y.clock})
	if err != nil {
		t.Fatal(err)
	}
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{y.server.TSAURL()}, Anchors: anchors, Now: y.clock})
	if err != nil {
		t.Fatal(err)
	}
	return &signing.Extender{TSA: tsa, Revocation: status, Anchors: anchors, Now: y.clock}
}

// signed is a letter signed now, raised to a level.
func (y *years) signed(t *testing.T, level signing.Level) []byte {
	t.Helper()
	card, err := y.server.Issue(certstest.Person{GivenNames: "Nora", Surname: "Specimen", NationalNumber: "01050399864", Algorithm: certstest.P256})
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := document.Draw(document.EHICOrder{
		Reference: "GC-2026-4K7P-118", Language: document.EN, Date: y.now,
		Mutuality:  document.Mutuality{Name: "Mutualité des Tilleuls", Street: "Quai des Tanneurs 14", Postcode: "4020", City: "Liège"},
		Member:     document.Person{Name: "Nora Specimen", Birth: time.Date(2001, 5, 3, 0, 0, 0, 0, time.UTC)},
		ForPersons: []string{"Nora Specimen"}, DeliverTo: []string{"Rue Haute 1", "1000 Bruxelles"},
	}, y.now)
	if err != nil {
		t.Fatal(err)
	}
	path, err := y.trust(t).Path(card.Signature.Certificate, certs.Signature, y.now)
	if err != nil {
		t.Fatal(err)
	}
	p, err := signing.Prepare(signing.Request{PDF: drawn.PDF, Path: path, At: y.now})
	if err != nil {
		t.Fatal(err)
	}
	value, err := card.Signature.Key.Sign(rand.Reader, p.Digest, p.Hash)
	if err != nil {
		t.Fatal(err)
	}
	file, err := p.Complete(value)
	if err == nil && level > signing.LevelB {
		file, _, err = y.extender(t).Extend(t.Context(), file, level)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// line is a Renewer over documents in memory.
type line struct {
	*Renewer
	*years
	memory *memory
	logged *logged
}

func newLine(t *testing.T) *line {
	t.Helper()
	y := startYears(t)
	l := &line{years: y, memory: &memory{documents: map[string]Document{}}, logged: &logged{}}
	l.Renewer = &Renewer{Store: l.memory, Mutuality: "141", PerMinute: -1, Now: y.clock,
		Jitter: func() float64 { return 0 }, Log: slog.New(slog.NewTextHandler(l.logged, nil))}
	l.again(t)
	return l
}

// again starts the Renewer anew: what services once answered is forgotten.
func (l *line) again(t *testing.T) {
	t.Helper()
	l.Extender = l.years.extender(t)
	l.Trust = signing.Trust{Anchors: l.trust(t), Now: l.clock, Policy: l.Trust.Policy}
}

// keep puts a document in line that was stamped now.
func (l *line) keep(t *testing.T, file []byte) Document {
	t.Helper()
	d := Document{Mutuality: "141", Member: "m", ID: "d", Version: 1, PDF: file, Stamped: l.now,
		Job: jobs.Job{Kind: JobKind, Mutuality: "141", Member: "m", Key: "d", Created: l.now, Due: l.now, Attempts: 1, Lease: "l"}}
	d.Holds, _ = l.holds(file)
	l.memory.documents["d"] = d
	return d
}

// attempt makes one attempt as a runner does, and keeps what came of it.
func (l *line) once(t *testing.T, d Document) Outcome {
	t.Helper()
	if err := l.Do(t.Context(), d.Job); !errors.Is(err, jobs.ErrSettled) {
		t.Fatalf("Do = %v, want %v", err, jobs.ErrSettled)
	}
	return l.memory.last
}

// memory keeps what Store promises of a single document.
type memory struct {
	Store
	documents map[string]Document
	last      Outcome
	written   int
	fail      error
}

func (m *memory) Renewal(_ context.Context, j jobs.Job) (Document, error) {
	d, ok := m.documents[j.Key]
	if !ok {
		return Document{}, jobs.ErrNotFound
	}
	d.Job = j
	return d, nil
}

func (m *memory) Renewed(_ context.Context, o Outcome) error {
	if m.fail != nil {
		return m.fail
	}
	m.last = o
	d := o.Document
	if o.PDF != nil {
		m.written++
		d.Version, d.PDF = d.Version+1, o.PDF
	}
	d.Holds = o.Holds
	if !o.Stamped.IsZero() {
		d.Stamped = o.Stamped
	}
	m.documents[d.ID] = d
	return nil
}

// logged is the log.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns what was logged since it was last asked.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.text.Reset()
	return l.text.String()
}
