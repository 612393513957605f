package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/contact"
	"guichet.example/portal/credentials"
	"guichet.example/portal/store"
)

func TestContactSQLite(t *testing.T) { runContact(t, openSQLite) }

func TestContactPostgreSQL(t *testing.T) {
	t.Parallel()
	runContact(t, openPostgreSQL)
}

func runContact(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"a network that writes without end waits", testContactBounds},
		{"a form sent twice is one message", testContactOnce},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

func (b *bed) message(key string) contact.Message {
	return contact.Message{Mutuality: b.claire.Mutuality, Name: "Odile Contact", Number: "00-1234567", Phone: "+3243221199",
		Email: "odile@example.org", Text: sentence, Lang: "fr", At: b.clock.Now(), Deadline: b.clock.Now().Add(72 * time.Hour), Key: key}
}

func testContactBounds(t *testing.T, b *bed) {
	ctx := t.Context()
	long := b.message("06h029gerwqtfcfprcxr1ynm01")
	long.Text = string(make([]byte, 1<<20))
	if _, err := b.PutContact(ctx, long, "192.0.2.1"); err == nil {
		t.Error("a megabyte is taken")
	}
	var err error
	sent := 0
	for ; err == nil && sent < 1000; sent++ {
		_, err = b.PutContact(ctx, b.message(""), "192.0.2.1")
	}
	var wait *credentials.WaitError
	if !errors.As(err, &wait) {
		t.Fatalf("after %d messages: %v", sent, err)
	}
	if got := len(b.audited(audit.MakeTask)); got != sent-1 {
		t.Errorf("%d tasks of %d messages", got, sent-1)
	}
	if _, err := b.PutContact(ctx, b.message(""), "192.0.2.2"); err != nil {
		t.Errorf("another network: %v", err)
	}
	if told := len(b.mails()); told > 5*len("contact-received odile@example.org, ") {
		t.Errorf("an address that anybody typed got %d letters of mails", told)
	}
}

func testContactOnce(t *testing.T, b *bed) {
	ctx := t.Context()
	const key = "06h029gerwqtfcfprcxr1ynm77"
	first, err := b.PutContact(ctx, b.message(key), "192.0.2.1")
	if err != nil || first == "" {
		t.Fatalf("PutContact = %q, %v", first, err)
	}
	for range 3 {
		if again, err := b.PutContact(ctx, b.message(key), "192.0.2.1"); err != nil || again != first {
			t.Errorf("sent again: %q, %v, want %q", again, err, first)
		}
	}
	other := b.message(key)
	other.Mutuality = "319"
	if elsewhere, err := b.PutContact(ctx, other, "192.0.2.1"); err != nil || elsewhere == first {
		t.Errorf("the same key at another mutuality: %q, %v", elsewhere, err)
	}
	b.wantText("mails", b.mails(), "contact-received odile@example.org, contact-received odile@example.org")
	b.wantSealed("Odile Contact", "odile@example.org", "+3243221199", sentence[:30])
	b.clock.add(25 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if late, err := b.PutContact(ctx, b.message(key), "192.0.2.9"); err != nil || late == first {
		t.Errorf("a day later: %q, %v", late, err)
	}
}

// A form that reaches two servers at once is one message.
func TestServersShareContact(t *testing.T) {
	t.Parallel()
	b, other := newPair(t)
	both := []*store.DB{b.DB, other}
	told := make([]string, 8)
	for i, err := range together(8, func(i int) (err error) {
		told[i], err = both[i%2].PutContact(context.Background(), b.message("06h029gerwqtfcfprcxr1ynm77"), "192.0.2.1")
		return err
	}) {
		if err != nil || told[i] != told[0] {
			t.Errorf("server %d: %q, %v, want %q", i%2, told[i], err, told[0])
		}
	}
	if got := b.audited(audit.MakeTask); len(got) != 1 {
		t.Errorf("tasks %q, want one", got)
	}
}
