package store_test

import (
	"slices"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/documents"
)

func TestReceivedSQLite(t *testing.T) { runReceived(t, openSQLite) }

func TestReceivedPostgreSQL(t *testing.T) {
	t.Parallel()
	runReceived(t, openPostgreSQL)
}

// What the mutuality sent lies among what was signed, and is the member's own.
func runReceived(t *testing.T, open opener) {
	b := newBed(t, open)
	ctx := t.Context()
	file := []byte("%PDF-1.7 balance")
	_, signed := b.signed(b.claire)
	out, err := b.Load(ctx, b.claire.Mutuality, core.Batch{Kind: core.KindReceived, Rows: []core.Row{received(file)}, AsOf: noon})
	if err != nil || out.Added != 1 {
		t.Fatalf("Load = %+v, %v", out, err)
	}
	list, err := b.Documents(ctx, b.claire, documents.Filter{}, "", 10)
	if err != nil || len(list) != 2 || list[0].ID != signed && list[1].ID != signed {
		t.Fatalf("Documents = %+v, %v", list, err)
	}
	shelves, err := b.Shelves(ctx, b.claire)
	if i := slices.IndexFunc(shelves, func(s documents.Shelf) bool { return s.Method == documents.Received }); err != nil || i < 0 || shelves[i].Since.Year() < 2020 {
		t.Errorf("Shelves = %v, %v: nothing received", shelves, err)
	}
	only, err := b.Documents(ctx, b.claire, documents.Filter{Received: true}, "", 10)
	if err != nil || len(only) != 1 || !only[0].Unread || only[0].Title != "Lettre" {
		t.Fatalf("received: %+v, %v", only, err)
	}
	id := only[0].ID
	abroad := b.claire
	abroad.Mutuality = "319"
	for _, login := range []auth.Login{b.bram, abroad} {
		_, err = b.Document(ctx, login, id)
		wantErr(t, "another's document", err, documents.ErrNotFound)
		_, err = b.Open(ctx, login, id, 0)
		wantErr(t, "another's file", err, documents.ErrNotFound)
	}
	_, err = b.Open(ctx, b.claire, id, 7)
	wantErr(t, "a version that is none", err, documents.ErrNotFound)
	if d, err := b.Document(ctx, b.claire, id); err != nil || !d.Unread || d.Method != documents.Received {
		t.Errorf("Document = %+v, %v", d, err)
	}
	if pdf, err := b.Open(ctx, b.claire, id, 0); err != nil || string(pdf) != string(file) {
		t.Errorf("Open = %q, %v", pdf, err)
	}
	if d, err := b.Document(ctx, b.claire, id); err != nil || d.Unread {
		t.Errorf("after it was opened: %+v, %v", d, err)
	}
	for year, want := range map[int]int{2025: 0, only[0].Created.Year(): 1} {
		if got, err := b.Documents(ctx, b.claire, documents.Filter{Received: true, Year: year}, "", 10); err != nil || len(got) != want {
			t.Errorf("in %d: %+v, %v", year, got, err)
		}
	}
	if rows := b.audited(audit.OpenDocument); len(rows) < 4 {
		t.Errorf("rows of looks: %q", rows)
	}
	b.clock.add(time.Minute)
}
