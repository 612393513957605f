package store_test

import (
	"bytes"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/documents"
	"guichet.example/portal/objects/objectstest"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
)

// buckets are those of the stores with an object store, by the path that the store would
// have on SQLite.
var buckets sync.Map

// withObjects opens a store with documents in an object store.
func withObjects(open opener) opener {
	return func(t testing.TB, cfg store.Config) *store.DB {
		t.Helper()
		bucket, ok := buckets.Load(cfg.Path)
		if !ok {
			bucket = objectstest.New(t)
			buckets.Store(cfg.Path, bucket)
		}
		if cfg.Objects == nil {
			cfg.Objects = bucket.(store.Objects)
		}
		return open(t, cfg)
	}
}

// What is of documents runs once more with an object store behind the database.
var ofDocuments = []string{
	"what others have is not found", "a form sent twice is one request", "a request comes back as it went in", "lists come in pages",
	"preparing needs an open request", "a preparation comes back as it went in", "open preparations are bounded",
	"completing is refused", "completing twice is completing once", "completing makes a document", "a pending signature is settled",
	"documents are filtered", "versions stay", "sealing makes a document, once", "a receipt makes a document, once",
	"a seal is stored whole or not at all", "seal, card and refusal at once: one wins",
}

func TestPostgreSQLWithObjects(t *testing.T) {
	t.Parallel()
	runSuite(t, withObjects(openPostgreSQL), ofDocuments...)
}

func TestSQLiteWithObjects(t *testing.T) {
	t.Parallel()
	runSuite(t, withObjects(openSQLite), ofDocuments...)
}

// raw opens the database of a bed behind the store's back.
func raw(t *testing.T, b *bed) *sql.DB {
	t.Helper()
	if address, ok := databases.Load(b.cfg.Path); ok {
		return peekDatabase(t, address.(string))
	}
	return peek(t, b.cfg.Path)
}

func texts1(t *testing.T, pool *sql.DB, query string) string {
	t.Helper()
	return strings.Join(texts(t, pool, query), " ")
}

// eachWithObjects runs the test on both engines.
func eachWithObjects(t *testing.T, test func(t *testing.T, b *bed, front *objectstest.Front, server *objectstest.Server)) {
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := objectstest.Start(t)
			front := objectstest.NewFront(t, server.Config().Endpoint)
			c := &clock{now: noon}
			cfg := newConfig(t, c)
			objects := front.Config(server.Config())
			objects.Now = c.Now
			cfg.Objects = objectstest.Open(t, objects)
			test(t, bedOf(t, open, cfg, c), front, server)
		})
	}
}

// TestObjectFaults: whatever the object store does wrong, nothing is acknowledged that it
// does not have, reads do not give wrong bytes, the rest of the counter goes on, and all is
// well once it is back.
func TestObjectFaults(t *testing.T) {
	t.Parallel()
	eachWithObjects(t, func(t *testing.T, b *bed, front *objectstest.Front, server *objectstest.Server) {
		ctx := t.Context()
		_, old := b.signed(b.claire)
		want, err := b.Open(ctx, b.claire, old, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, fault := range map[string]objectstest.Fault{"broken": objectstest.Broken, "slow": objectstest.Slow,
			"half-written": objectstest.Half, "wrong": objectstest.Wrong, "reset": objectstest.Reset} {
			open := b.frozen(b.claire)
			c := b.completion(b.prepared(b.claire, open), "v-"+name)
			front.Set(fault)
			began := time.Now()
			_, err := b.Complete(ctx, b.claire, c)
			wantErr(t, name+": Complete", err, store.ErrUnavailable)
			if said := err.Error(); !strings.Contains(said, "object store") || strings.Contains(said, "database") {
				t.Errorf("%s: the log reads %q", name, said)
			}
			_, err = b.PutRequest(ctx, b.claire, b.request(), "")
			wantErr(t, name+": PutRequest", err, store.ErrUnavailable)
			got, err := b.Open(ctx, b.claire, old, 0)
			if err == nil && !bytes.Equal(got, want) || err != nil && got != nil {
				t.Errorf("%s: Open = %d bytes, %v", name, len(got), err)
			}
			if took := time.Since(began); took > 20*time.Second {
				t.Errorf("%s: three acts took %v", name, took)
			}
			if list, err := b.Documents(ctx, b.claire, documents.Filter{}, "", 50); err != nil || len(list) == 0 {
				t.Errorf("%s: Documents = %d, %v", name, len(list), err)
			}
			front.Set(objectstest.None)
			b.clock.add(10 * time.Second) // of the breaker
			if s := b.state(b.claire, open); s != requests.ToSign {
				t.Errorf("%s: a request that could not be completed is %s", name, s)
			}
			if _, err := b.Complete(ctx, b.claire, c); err != nil {
				t.Errorf("after %s: Complete = %v", name, err)
			}
			if _, err := b.Open(ctx, b.claire, c.Document, 0); err != nil {
				t.Errorf("after %s: Open = %v", name, err)
			}
		}
		b.rows()
	})
}

// TestObjectDamage: an object that is gone, cut or another is damage, named, and nobody
// else's document suffers.
func TestObjectDamage(t *testing.T) {
	t.Parallel()
	eachWithObjects(t, func(t *testing.T, b *bed, front *objectstest.Front, server *objectstest.Server) {
		_, doc := b.signed(b.claire)
		_, others := b.signed(b.bram)
		pool := raw(t, b)
		place := func(member string) string {
			return filepath.Join(server.Folder(), texts1(t, pool, `SELECT object FROM blob_objects JOIN document_versions USING (mutuality, member, address) WHERE member = '`+member+`'`))
		}
		mine, theirs := place(string(b.claire.Member)), place(string(b.bram.Member))
		good, err := os.ReadFile(mine)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(good, []byte(sentence)) || bytes.Contains(good, []byte("%PDF")) {
			t.Error("what left the database is not sealed")
		}
		bob, err := os.ReadFile(theirs)
		if err != nil {
			t.Fatal(err)
		}
		flipped := bytes.Clone(good)
		flipped[len(flipped)/2] ^= 1
		for name, content := range map[string][]byte{"a bit flipped": flipped, "another's": bob} {
			if err := os.WriteFile(mine, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := b.Open(t.Context(), b.claire, doc, 0)
			if !errors.Is(err, store.ErrDamaged) && !errors.Is(err, store.ErrUnavailable) { // of another length
				t.Errorf("%s: Open = %v", name, err)
			}
		}
		if err := os.Remove(mine); err != nil {
			t.Fatal(err)
		}
		_, err = b.Open(t.Context(), b.claire, doc, 0)
		wantErr(t, "an object that is gone", err, store.ErrDamaged)
		if _, err := b.Open(t.Context(), b.bram, others, 0); err != nil {
			t.Errorf("the other's document: %v", err)
		}
	})
}

// TestObjectsSwept: what was put for an act that did not happen goes, after a day; what was
// dropped goes after a week; what is referred to never does, nor what this store does not
// know to be its own.
func TestObjectsSwept(t *testing.T) {
	t.Parallel()
	eachWithObjects(t, func(t *testing.T, b *bed, front *objectstest.Front, server *objectstest.Server) {
		ctx := t.Context()
		put := func() string { // a form sent twice: the second time an object is left over
			id, err := b.PutRequest(ctx, b.claire, b.request(), "form")
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		first := put()
		if put() != first {
			t.Fatal("a form sent twice is two requests")
		}
		_, doc := b.signed(b.claire)
		pool := raw(t, b)
		foreign := "2026-11-20/" + strings.Repeat("z", 26) + "/" + strings.Repeat("z", 26)
		for _, name := range []string{foreign, "2026-11-20/readme"} {
			if err := b.cfg.Objects.Put(ctx, name, []byte("of somebody else")); err != nil {
				t.Fatal(err)
			}
		}
		there := func() (n int) {
			t.Helper()
			err := b.cfg.Objects.Each(ctx, "2026-11-20", func(string, time.Time) error { n++; return nil })
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		sweep := func() {
			t.Helper()
			if err := b.Sweep(ctx, b.clock.Now()); err != nil {
				t.Fatal(err)
			}
		}
		all := there()
		if all != 6 { // two drawn, a document, one left over, two of somebody else
			t.Fatalf("%d objects, want 6", all)
		}
		b.clock.add(2 * time.Hour)
		if err := b.Act(audit.Import); err != nil { // the trail goes on
			t.Fatal(err)
		}
		sweep()
		if n := there(); n != all {
			t.Errorf("%d objects after two hours, want %d", n, all)
		}
		b.clock.add(48 * time.Hour)
		sweep()
		if n := there(); n != all-1 {
			t.Errorf("%d objects after two days, want %d", n, all-1)
		}
		if got := texts1(t, pool, `SELECT day FROM swept_days`); got != "2026-11-20" {
			t.Errorf("days compared: %q", got)
		}
		if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
			t.Errorf("a document after the sweep: %v", err)
		}
		// Back into the database: the objects stay a week, for backups.
		m, err := b.MoveObjects(ctx, true, func(store.Moved) {})
		if err != nil || m.Moved != 3 || m.Of != 3 {
			t.Fatalf("MoveObjects = %+v, %v", m, err)
		}
		sweep()
		b.clock.add(6 * 24 * time.Hour)
		sweep()
		if n := there(); n != all-1 {
			t.Errorf("%d objects six days after they were dropped, want %d", n, all-1)
		}
		b.clock.add(25 * time.Hour)
		sweep()
		if n := there(); n != 2 {
			t.Errorf("%d objects eight days after they were dropped, want the two of somebody else", n)
		}
		if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
			t.Errorf("a document that was brought back: %v", err)
		}
	})
}

// TestMoveObjects moves what is in the database while it is read, is stopped in between,
// and comes back to the same bytes.
func TestMoveObjects(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]opener{"SQLite": openSQLite, "PostgreSQL": openPostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBed(t, open)
			ctx := t.Context()
			_, err := b.MoveObjects(ctx, false, func(store.Moved) {})
			wantErr(t, "MoveObjects without an object store", err, store.ErrNoObjects)
			var docs []string
			for range 4 {
				_, doc := b.signed(b.claire)
				docs = append(docs, doc)
			}
			prep := b.prepared(b.claire, b.frozen(b.claire))
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			server := objectstest.Start(t)
			front := objectstest.NewFront(t, server.Config().Endpoint)
			b.cfg.Objects = objectstest.Open(t, front.Config(server.Config()))
			b.DB = b.open(t, b.cfg)
			stopped, err := b.MoveObjects(ctx, false, func(m store.Moved) {
				if m.Moved == 3 {
					front.Set(objectstest.Broken)
				}
			})
			wantErr(t, "MoveObjects while the object store breaks", err, store.ErrUnavailable)
			front.Set(objectstest.None)
			m, err := b.MoveObjects(ctx, false, func(store.Moved) {})
			if err != nil || m.Seen != 9 || m.Moved+stopped.Moved != 9 {
				t.Fatalf("MoveObjects = %+v then %+v, %v, want 9 moved", stopped, m, err)
			}
			pool := raw(t, b)
			if n := texts1(t, pool, `SELECT count(*) FROM blobs WHERE length(sealed) > 0`); n != "5" { // preparations stay
				t.Errorf("%s blobs hold bytes, want the five prepared", n)
			}
			for _, doc := range docs {
				if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
					t.Errorf("Open = %v", err)
				}
			}
			if p, err := b.Preparation(ctx, b.claire, prep); err != nil || p.Prepared == nil {
				t.Errorf("Preparation = %v", err)
			}
			if err := b.Close(); err != nil {
				t.Fatal(err)
			}
			none := b.cfg
			none.Objects = nil
			if address, ok := databases.Load(none.Path); ok {
				none.Database = address.(string)
			}
			_, err = store.Open(ctx, none)
			wantErr(t, "a store that was moved, without its object store", err, store.ErrNoObjects)
			b.DB = b.open(t, b.cfg)
			if m, err = b.MoveObjects(ctx, true, func(store.Moved) {}); err != nil || m.Moved != 9 {
				t.Fatalf("back: %+v, %v", m, err)
			}
			server.Kill()
			for _, doc := range docs {
				if _, err := b.Open(ctx, b.claire, doc, 0); err != nil {
					t.Errorf("Open of what was brought back = %v", err)
				}
			}
			b.rows()
		})
	}
}
