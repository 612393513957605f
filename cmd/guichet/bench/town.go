package bench

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/core"
	"guichet.example/portal/core/seed"
	"guichet.example/portal/signin"
	"guichet.example/portal/store/bare"
	"guichet.example/portal/store/storetest"
)

// town is a counter whose members have families and a past, and of whom many are signed
// in; beside it what reads the same tables barely.
type town struct {
	*counter
	pages   *bare.Pages
	members []auth.MemberID // signed in
	cookies []string
	hashes  [][]byte
}

// townPeople are in the store, with two years of care each.
const townPeople = 400

// openTown opens it on an engine. The database comes from server, nil for SQLite.
func openTown(ctx context.Context, server *storetest.Server) (*town, error) {
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
	t := &town{counter: c}
	if err := t.settle(ctx, database); err != nil {
		t.close()
		return nil, err
	}
	return t, nil
}

func (t *town) settle(ctx context.Context, database string) error {
	if err := t.people(ctx); err != nil {
		return err
	}
	var err error
	t.pages, err = bare.OpenPages(ctx, database, filepath.Join(t.data(), "guichet.db"))
	return err
}

// people loads families, and signs their holders in.
func (t *town) people(ctx context.Context) error {
	now := time.Now().UTC()
	until := time.Date(now.Year(), now.Month(), now.Day()-1, 0, 0, 0, 0, time.UTC)
	g, err := seed.New(seed.Config{Seed: 1, Members: townPeople, Until: until})
	if err != nil {
		return err
	}
	rows := map[core.Kind][]core.Row{}
	var holders []core.Member
	for family := range g.Families() {
		for _, kind := range core.Kinds() {
			rows[kind] = append(rows[kind], family.Rows(kind)...)
		}
		holders = append(holders, family.Members[0])
	}
	for _, kind := range core.Kinds() {
		if len(rows[kind]) == 0 {
			continue
		}
		out, err := t.store.Load(ctx, benchMutuality, core.Batch{Kind: kind, Rows: rows[kind], AsOf: now})
		if err != nil {
			return err
		}
		if len(out.Rejects) > 0 {
			return fmt.Errorf("%d rows of kind %s refused: %s", len(out.Rejects), kind, out.Rejects[0].Reason)
		}
	}
	if err := t.store.Analyze(ctx); err != nil {
		return err
	}
	for _, h := range holders {
		m, err := t.store.MemberByNationalNumber(ctx, benchMutuality, h.NationalNumber)
		if err != nil {
			return err
		}
		if err := t.signIn(ctx, m.ID, m.Name); err != nil {
			return err
		}
	}
	return nil
}

// signIn begins a session without the proof that a card gives.
func (t *town) signIn(ctx context.Context, id auth.MemberID, name string) error {
	var token [32]byte
	rand.Read(token[:])
	hash, now := sha256.Sum256(token[:]), time.Now()
	login := auth.Login{Mutuality: benchMutuality, Member: id, Name: name, Language: "fr", Method: auth.Card, Assurance: auth.High, At: now}
	err := t.store.StartSession(ctx, hash, [32]byte{}, signin.Session{Login: login, Created: now, LastSeen: now, Idle: time.Hour, Ends: now.Add(8 * time.Hour)})
	if err != nil {
		return err
	}
	t.members = append(t.members, id)
	t.cookies = append(t.cookies, "__Host-session="+base64.RawURLEncoding.EncodeToString(token[:]))
	t.hashes = append(t.hashes, hash[:])
	return nil
}

// requests are for one page, by each who is signed in.
func (t *town) requests(path string) [][]byte {
	all := make([][]byte, len(t.cookies))
	for i, c := range t.cookies {
		all[i] = requestFor(path, c)
	}
	return all
}

// body of a page as the first of them sees it.
func (t *town) body(ctx context.Context, path string) ([]byte, error) {
	r := t.askWith(ctx, path, t.cookies[0])
	if r.Code != http.StatusOK {
		return nil, fmt.Errorf("%s: %d", path, r.Code)
	}
	return r.Body.Bytes(), nil
}

func (t *town) close() {
	if t.pages != nil {
		t.pages.Close()
	}
	t.counter.close()
}

// postgresSettings are those of a server that has a machine for itself.
var postgresSettings = []string{"-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB"}

// onPostgres runs do with a server that syncs its commits.
func onPostgres(do func(*storetest.Server) (Result, error)) (Result, error) {
	server, err := storetest.Serve(postgresSettings...)
	if err != nil {
		return Result{}, err
	}
	defer server.Stop()
	return do(server)
}

// login of the i-th who is signed in.
func (t *town) login(i int) auth.Login {
	return auth.Login{Mutuality: benchMutuality, Member: t.members[i], Name: "Mathieu Delcourt", Method: auth.Card, Assurance: auth.High, Session: "~"}
}
