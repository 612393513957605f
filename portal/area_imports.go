package portal

import "guichet.example/portal/imports"

// imports shows what was taken in from the insurance system.
func (p *Portal) imports() *imports.Imports { return &imports.Imports{Store: p.cfg.Store} }
