package store_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"guichet.example/portal/audit"
	"guichet.example/portal/requests"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// TestDatabaseDiskFull fills the disk of the database: acts are refused with what is
// the matter, reading goes on while the server does, nothing that was acknowledged is
// lost, and all is well once there is room. Where the log of the server has no room, the
// server ends; whoever runs it starts it again.
func TestDatabaseDiskFull(t *testing.T) {
	t.Parallel()
	server, mounted := storetest.StartSmall(t, 192<<20)
	c := &clock{now: noon}
	cfg := newConfig(t, c)
	cfg.Database = server.Database(t)
	b := bedOf(t, openStore, cfg, c)
	fill := server.Fill
	if !mounted {
		fill = func() (func() error, error) { return refuseForRoom(t, b), nil }
	}
	kept := []string{b.frozen(b.claire)}
	for range 2 {
		free, err := fill()
		if err != nil {
			t.Fatal(err)
		}
		refused := false
		for n := 0; n < 200 && !refused; n++ {
			r := b.request()
			r.PDF = append(r.PDF, bytes.Repeat([]byte("x"), 256<<10)...)
			r.SHA256 = sum(r.PDF)
			_, err := b.PutRequest(t.Context(), b.claire, r, "")
			switch {
			case err == nil:
				kept = append(kept, r.ID)
			case errors.Is(err, store.ErrFull), errors.Is(err, store.ErrUnavailable):
				refused = true
			default:
				t.Fatalf("an act on a full disk: %v", err)
			}
		}
		if !refused {
			t.Fatal("the disk does not fill")
		}
		if err := free(); err != nil {
			t.Fatal(err)
		}
		if server.Ended() {
			if err := server.Start(); err != nil {
				t.Fatal(err)
			}
		}
		b.eventually("acts are taken again", func() bool {
			r := b.request()
			_, err := b.PutRequest(context.Background(), b.claire, r, "")
			if err == nil {
				kept = append(kept, r.ID)
			}
			return err == nil
		})
		for _, id := range kept {
			if s := b.state(b.claire, id); s != requests.ToSign {
				t.Errorf("request %s is %s", id, s)
			}
		}
	}
	done := 0
	for _, row := range b.audited(audit.FreezeRequest) {
		if row[:4] == "done" {
			done++
		}
	}
	if done != len(kept) {
		t.Errorf("%d requests acknowledged, %d rows", len(kept), done)
	}
}

// refuseForRoom lets the database say what it says on a full disk.
func refuseForRoom(t *testing.T, b *bed) (free func() error) {
	t.Helper()
	raw := peekDatabase(t, b.cfg.Database)
	mustExec(t, raw, `CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN RAISE EXCEPTION 'no room' USING ERRCODE = '53100'; END $$`)
	mustExec(t, raw, `CREATE TRIGGER full_disk BEFORE INSERT ON requests FOR EACH ROW EXECUTE FUNCTION full_disk()`)
	return func() error {
		_, err := raw.Exec(`DROP FUNCTION full_disk CASCADE`)
		return err
	}
}
