package requests

import (
	"crypto/sha256"
	"errors"
	"testing"
	"time"

	"guichet.example/auth"
)

// What was proved serves for one document of one request in one session, and not for ever.
// The store looks again; here each check stands alone.
func TestUsable(t *testing.T) {
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	pdf := []byte("the document")
	login := auth.Login{Session: "hers"}
	r := Request{ID: "r1", PDF: pdf, SHA256: sha256.Sum256(pdf)}
	good := Approval{Request: "r1", Session: "hers", Document: r.SHA256, Size: len(pdf), Created: now, Expires: now.Add(ApprovalLife)}
	if err := good.usable(login, r, now); err != nil {
		t.Fatalf("usable = %v", err)
	}
	for name, change := range map[string]func(a *Approval, r *Request, at *time.Time){
		"another request":         func(a *Approval, _ *Request, _ *time.Time) { a.Request = "r2" },
		"another session":         func(a *Approval, _ *Request, _ *time.Time) { a.Session = "his" },
		"another document":        func(a *Approval, _ *Request, _ *time.Time) { a.Document[0]++ },
		"another size":            func(a *Approval, _ *Request, _ *time.Time) { a.Size-- },
		"bytes that changed":      func(_ *Approval, r *Request, _ *time.Time) { r.PDF = []byte("The document") },
		"at its end":              func(_ *Approval, _ *Request, at *time.Time) { *at = now.Add(ApprovalLife) },
		"the clock was set back":  func(_ *Approval, _ *Request, at *time.Time) { *at = now.Add(-2 * time.Minute) },
		"nothing of it, all zero": func(a *Approval, _ *Request, _ *time.Time) { *a = Approval{} },
	} {
		a, other, at := good, r, now
		change(&a, &other, &at)
		if err := a.usable(login, other, at); !errors.Is(err, ErrProof) {
			t.Errorf("usable(%s) = %v, want ErrProof", name, err)
		}
	}
}
