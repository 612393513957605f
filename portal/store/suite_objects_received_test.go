package store_test

import (
	"testing"

	"guichet.example/portal/objects/objectstest"
)

// A received document that is delivered is in the object store at once; what takes its
// place leaves nothing behind in the database.
func TestReceivedWithObjects(t *testing.T) {
	eachWithObjects(t, func(t *testing.T, b *bed, _ *objectstest.Front, _ *objectstest.Server) {
		holds := func(when, want string) {
			t.Helper()
			got := texts1(t, raw(t, b), `SELECT CAST(count(*) AS TEXT) || ' ' || CAST(sum(CASE WHEN object IS NULL THEN 0 ELSE 1 END) AS TEXT)
				FROM received_documents JOIN blobs USING (mutuality, member, address) LEFT JOIN blob_objects USING (mutuality, member, address)`)
			if got != want {
				t.Errorf("%s: documents and objects %q, want %q", when, got, want)
			}
			if got := texts1(t, raw(t, b), `SELECT CAST(count(*) AS TEXT) FROM blobs`); got != "1" {
				t.Errorf("%s: %s blobs", when, got)
			}
		}
		b.wantLoad(outcome(1, 0, 0), received([]byte("%PDF-1.7 one")))
		holds("delivered", "1 1")
		b.wantLoad(outcome(0, 0, 1), received([]byte("%PDF-1.7 one")))
		holds("again", "1 1")
		b.wantLoad(outcome(0, 1, 0), received([]byte("%PDF-1.7 two")))
		holds("replaced", "1 1")
	})
}
