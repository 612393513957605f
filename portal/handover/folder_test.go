package handover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// shelf keeps batches as a test sets them.
type shelf struct {
	waiting [][]Item
	acked   int
	broken  error // of the next document
}

func (s *shelf) OpenBatch(context.Context, string, int) (Batch, error) {
	if s.acked == len(s.waiting) {
		return Batch{}, ErrNothing
	}
	return Batch{Number: s.acked + 1, Made: time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)}, nil
}

func (s *shelf) EachItem(_ context.Context, _ string, batch int, f func(Item) error) error {
	for _, i := range s.waiting[batch-1] {
		if err := f(i); err != nil {
			return err
		}
	}
	return nil
}

func (s *shelf) AckBatch(_ context.Context, _ string, batch int) error {
	if batch != s.acked+1 {
		return ErrNoBatch
	}
	s.acked++
	return nil
}

func (s *shelf) item(object, text string) Item {
	pdf := []byte("%PDF-1.7 " + text)
	sum := sha256.Sum256(pdf)
	return Item{Kind: "bank-change", Object: object, Affiliation: "00-1234567", At: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC),
		Fields: json.RawMessage(`{"iban":"BE68539007547034"}`), Document: "documents/" + object + ".pdf", SHA256: hex.EncodeToString(sum[:]), Size: len(pdf),
		Open: func() ([]byte, error) {
			err := s.broken
			s.broken = nil
			return pdf, err
		}}
}

func newShelf() *shelf {
	s := &shelf{}
	s.waiting = [][]Item{
		{s.item("a", "one"), s.item("b", "two"), {Kind: "contact-change", Object: "c", Fields: json.RawMessage(`{}`)}},
		{s.item("d", "three")},
	}
	return s
}

func give(t *testing.T, s *shelf, dir string) Given {
	t.Helper()
	g, err := Give(t.Context(), s, "141", dir)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestGive(t *testing.T) {
	s, dir := newShelf(), t.TempDir()
	g := give(t, s, dir)
	if g.Again || g.Batch.Batch != 1 || g.Batch.Items != 3 || g.Batch.Counts["bank-change"] != 2 || g.Batch.Counts["contact-change"] != 1 {
		t.Errorf("Give = %+v", g)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "batch-000001", "manifest.json"))
	if sum := sha256.Sum256(raw); err != nil || hex.EncodeToString(sum[:]) != g.Manifest {
		t.Errorf("manifest: %v", err)
	}
	lines, err := os.ReadFile(filepath.Join(dir, "batch-000001", "changes.ndjson"))
	if err != nil || strings.Count(string(lines), "\n") != 3 || !strings.Contains(string(lines), "BE68539007547034") {
		t.Errorf("lines %q, %v", lines, err)
	}
	for _, f := range []string{"", "changes.ndjson", "documents/a.pdf"} {
		info, err := os.Stat(filepath.Join(dir, "batch-000001", f))
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%q: %v, %v", f, info, err)
		}
	}
	if again := give(t, s, dir); !again.Again || again.Manifest != g.Manifest {
		t.Errorf("again: %+v", again)
	}
}

// A run that was killed, or a document that does not open, leaves no batch, and the next
// run makes it.
func TestGiveInterrupted(t *testing.T) {
	s, dir := newShelf(), t.TempDir()
	s.broken = errors.New("damaged")
	if _, err := Give(t.Context(), s, "141", dir); err == nil {
		t.Fatal("given with a damaged document")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 0 {
		t.Errorf("it leaves %v, %v", list, err)
	}
	making := filepath.Join(dir, ".batch-000001.making", "documents")
	if err := os.MkdirAll(making, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(making, "a.pdf"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	give(t, s, dir)
	if list, err := os.ReadDir(dir); err != nil || len(list) != 1 {
		t.Errorf("it leaves %v, %v", list, err)
	}
}

func TestAcknowledged(t *testing.T) {
	s, dir := newShelf(), t.TempDir()
	g := give(t, s, dir)
	ack := filepath.Join(dir, "batch-000001.ack")
	for name, text := range map[string]string{"empty": " \n", "another's": strings.Repeat("0", 64)} {
		if err := os.WriteFile(ack, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Give(t.Context(), s, "141", dir); !errors.Is(err, ErrDiffers) || s.acked != 0 {
			t.Errorf("%s acknowledgement: %v, %d acknowledged", name, err, s.acked)
		}
	}
	if err := os.WriteFile(ack, []byte(strings.ToUpper(g.Manifest)+"  manifest.json\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	next := give(t, s, dir)
	if next.Acked != 1 || next.Batch.Batch != 2 || next.Batch.Items != 1 {
		t.Errorf("after it: %+v", next)
	}
	if err := os.WriteFile(filepath.Join(dir, "batch-000002.ack"), []byte(next.Manifest), 0o600); err != nil {
		t.Fatal(err)
	}
	last, err := Give(t.Context(), s, "141", dir)
	if !errors.Is(err, ErrNothing) || last.Acked != 2 {
		t.Errorf("at the end: %+v, %v", last, err)
	}
}

// What lies under the batch's name and is something else is not touched.
func TestGiveElsewhere(t *testing.T) {
	s, dir := newShelf(), t.TempDir()
	give(t, s, dir)
	pdf := filepath.Join(dir, "batch-000001", "documents", "a.pdf")
	if err := os.WriteFile(pdf, []byte("%PDF-1.7 other"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Give(t.Context(), s, "141", dir); !errors.Is(err, ErrDiffers) {
		t.Errorf("a file was changed: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "batch-000001", "manifest.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Give(t.Context(), s, "141", dir); !errors.Is(err, ErrDiffers) {
		t.Errorf("another manifest: %v", err)
	}
}
