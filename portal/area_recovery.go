package portal

import (
	"time"

	"guichet.example/portal/contact"
	"guichet.example/portal/jobs"
	"guichet.example/portal/office"
	"guichet.example/portal/recovery"
	"guichet.example/portal/signin"
)

// recovery is the way in for who lost her password or her access code.
func (p *Portal) recovery() *recovery.Recovery {
	return &recovery.Recovery{
		Store: p.cfg.Store, Classic: p.classic, Sessions: p.sessions,
		House: LettersOf(p.cfg.Mutuality, p.cfg.Origin), Now: p.cfg.Now,
	}
}

// recoveryPlan is how what was asked there is done.
func (p *Portal) recoveryPlan() jobs.Plan {
	work := &recovery.Work{
		Store: p.cfg.Store, Classic: p.classic, House: LettersOf(p.cfg.Mutuality, p.cfg.Origin), Now: p.cfg.Now,
	}
	return work.Plan()
}

// recoveryLinks stand under the password form.
func (p *Portal) recoveryLinks() []signin.LinkTo {
	var links []signin.LinkTo
	for _, l := range p.recovery().Links() {
		links = append(links, signin.LinkTo{Path: l.Path, Key: l.Key})
	}
	if p.cfg.Mutuality.Off.Closes("cannot-connect") {
		return links
	}
	return append(links, signin.LinkTo{Path: "cannot-connect", Key: "contact.link"})
}

// contact takes the messages of who cannot get in.
func (p *Portal) contact() *contact.Contact {
	days := p.cfg.Mutuality.Post.Calendar
	return &contact.Contact{
		Store: p.cfg.Store, Sessions: p.sessions, Mutuality: p.cfg.Mutuality.ID, Now: p.cfg.Now,
		Deadline: func(asked time.Time) time.Time { return office.CannotConnect.Deadline(asked, days) },
	}
}
