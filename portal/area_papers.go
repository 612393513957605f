package portal

import (
	"context"

	"guichet.example/auth"
	"guichet.example/portal/papers"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// PaperStore keeps papers; *store.DB is the one in use.
type PaperStore interface {
	papers.Store
	PapersAt(o auth.Officer, opening string) requests.SignStore
}

// papers is the area that takes in files to be signed as they came.
func (p *Portal) papers() *papers.Papers {
	return &papers.Papers{
		Store: p.cfg.Store, Freezer: paperFreezer{p.signing, p.cfg.Store}, Sessions: p.sessions, Gate: p.uploads,
		MaxFile: requests.MaxPaper, Anchors: p.cfg.Anchors, Mutuality: p.cfg.Mutuality.Letterhead, Now: p.cfg.Now,
	}
}

// paperFreezer takes papers to the signing step: a member's into her requests, an officer's
// into the file that she has open.
type paperFreezer struct {
	*requests.Signing
	store PaperStore
}

func (f paperFreezer) FreezeOfficePaper(ctx context.Context, o auth.Officer, opening string, act document.Paper, file []byte, key string) (string, error) {
	return f.With(f.store.PapersAt(o, opening)).FreezePaper(ctx, auth.Login{}, act, file, key)
}
