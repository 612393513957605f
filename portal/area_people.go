package portal

import (
	"guichet.example/portal/people"
	"guichet.example/portal/requests"
)

// accessRules are who decides who sees whom at this mutuality, and when.
func (p *Portal) accessRules() (people.Rules, error) {
	return p.cfg.Mutuality.People.Rules(p.classic.Profile.MajorityAge)
}

// people is the area of who stands on whose booklet.
func (p *Portal) people() *people.People {
	return &people.People{
		Store: p.cfg.Store, Freezer: requests.Freezer{Signing: p.signing, Sealing: p.sealing},
		Mutuality: p.cfg.Mutuality.Letterhead, Rules: p.access, Now: p.cfg.Now,
	}
}

// birthdays looks who came of age.
func (p *Portal) birthdays() *people.Birthdays {
	return &people.Birthdays{Store: p.cfg.Store, Mutuality: p.cfg.Mutuality.ID, Rules: p.access, Now: p.cfg.Now, Log: p.cfg.Log}
}
