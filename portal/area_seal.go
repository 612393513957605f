package portal

import (
	"fmt"

	"guichet.example/portal/requests"
)

// newSealing is how the mutuality seals what a member approved or sent; nil where it has
// no seal: then only the card consents, and the pages say so. A seal whose key and
// certificate do not belong together, or whose path leads nowhere, starts no counter.
func (p *Portal) newSealing() (*requests.Sealing, error) {
	if p.cfg.Seal == nil {
		return nil, nil
	}
	if err := p.cfg.Seal.Check(); err != nil {
		return nil, fmt.Errorf("the mutuality's seal: %w", err)
	}
	s := &requests.Sealing{Signing: p.signing, Seals: p.cfg.Store, Sealer: p.cfg.Seal}
	if len(p.cfg.Federation) > 0 {
		s.StepUp = stepUp{p.federal}
	}
	return s, nil
}
