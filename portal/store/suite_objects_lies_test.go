package store_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"guichet.example/auth"
	"guichet.example/portal/objects/objectstest"
	"guichet.example/portal/store"
	"guichet.example/portal/store/storetest"
)

// TestObjectsSwapped: of two members' objects of one length, each in the other's place, and
// of two of one member's, none is given as what it is not.
func TestObjectsSwapped(t *testing.T) {
	t.Parallel()
	eachWithObjects(t, func(t *testing.T, b *bed, front *objectstest.Front, server *objectstest.Server) {
		pool := raw(t, b)
		type kept struct {
			login auth.Login
			doc   string
			path  string
			bytes []byte
		}
		var list []kept
		for i, login := range []auth.Login{b.claire, b.claire, b.bram} {
			name := "swap-" + string(rune('a'+i))
			r, err := storetest.Signed(t.Context(), b.DB, login, name, []byte("%PDF-1.7\n"+rand.Text()+"\n%%EOF\n"), b.clock.Now())
			if err != nil {
				t.Fatal(err)
			}
			k := kept{login: login, doc: r.Document}
			k.path = filepath.Join(server.Folder(), texts1(t, pool,
				`SELECT object FROM blob_objects JOIN document_versions USING (mutuality, member, address) WHERE document = '`+r.Document+`'`))
			if k.bytes, err = os.ReadFile(k.path); err != nil {
				t.Fatal(err)
			}
			list = append(list, k)
		}
		for _, pair := range [][2]int{{0, 2}, {0, 1}} {
			one, other := list[pair[0]], list[pair[1]]
			if len(one.bytes) != len(other.bytes) || bytes.Equal(one.bytes, other.bytes) {
				t.Fatalf("%d and %d bytes: not a pair to swap", len(one.bytes), len(other.bytes))
			}
			if err := errors.Join(os.WriteFile(one.path, other.bytes, 0o600), os.WriteFile(other.path, one.bytes, 0o600)); err != nil {
				t.Fatal(err)
			}
			for _, k := range []kept{one, other} {
				got, err := b.Open(t.Context(), k.login, k.doc, 0)
				if !errors.Is(err, store.ErrDamaged) || got != nil {
					t.Errorf("swapped: Open = %d bytes, %v", len(got), err)
				}
			}
			if n, err := b.CheckDocuments(t.Context(), quiet); !errors.Is(err, store.ErrDamaged) {
				t.Errorf("CheckDocuments = %d, %v", n, err)
			}
			if err := errors.Join(os.WriteFile(one.path, one.bytes, 0o600), os.WriteFile(other.path, other.bytes, 0o600)); err != nil {
				t.Fatal(err)
			}
			if _, err := b.Open(t.Context(), one.login, one.doc, 0); err != nil {
				t.Errorf("back in its place: %v", err)
			}
		}
	})
}
