package portal

import (
	"time"

	"guichet.example/portal/messages"
	"guichet.example/portal/office"
)

// messages is the area of what members write.
func (p *Portal) messages() *messages.Messages {
	days := p.cfg.Mutuality.Post.Calendar
	return &messages.Messages{
		Store: p.cfg.Store, Sessions: p.sessions, Gate: p.uploads, Now: p.cfg.Now,
		Deadline: func(asked time.Time) time.Time { return office.Message.Deadline(asked, days) },
	}
}
