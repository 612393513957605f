// Package home is the first page after signing in: what is new, the one thing to do.
package home

import (
	"context"
	"time"

	"guichet.example/auth"
	"guichet.example/signing/document"
)

// Overview is what the page shows, read in one go.
type Overview struct {
	ToSign    *Item // oldest request that waits for a signature
	Requests  []Item
	Documents []Item
	Last4     string // of the benefits account; empty if none
}

// Item is a line of the overview.
type Item struct {
	ID        string
	Kind      document.Kind
	Reference string
	State     string // of a request, or status of a document
	Method    string // how she consented to a document: "signature", "approval" or "receipt"
	Date      time.Time
	Pages     int
}

// Store reads the overview.
type Store interface {
	Overview(ctx context.Context, login auth.Login) (Overview, error)
}
