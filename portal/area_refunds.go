package portal

import (
	"context"

	"guichet.example/auth"
	"guichet.example/portal/feature"
	"guichet.example/portal/refunds"
	"guichet.example/portal/requests"
	"guichet.example/signing/document"
)

// refunds is the area of what was paid. Without a seal, or where they are
// switched off, it makes no receipts.
func (p *Portal) refunds() *refunds.Refunds {
	area := &refunds.Refunds{Store: p.cfg.Store, Mutuality: p.cfg.Mutuality.Letterhead, Now: p.cfg.Now,
		Months: p.cfg.Mutuality.Rights.RefundMonths, Freezer: requests.Freezer{Signing: p.signing, Sealing: p.sealing}}
	if p.sealing != nil && !p.cfg.Mutuality.Off.Has(feature.Receipts) {
		area.Issue = func(ctx context.Context, login auth.Login, act document.Act, key string) (string, error) {
			r, err := p.sealing.Issue(ctx, login, act, key)
			return r.ID, err
		}
	}
	return area
}
