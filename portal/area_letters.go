package portal

import (
	"context"
	"fmt"
	"strings"

	"guichet.example/portal/calendar"
	"guichet.example/portal/letters"
	"guichet.example/portal/mail"
	"guichet.example/signing"
	"guichet.example/signing/document"
)

// PostSettings say how letters and mails of a mutuality leave; part of its settings.
type PostSettings struct {
	// Window is where envelopes show the address: "right" or "left". Empty: right, as in
	// Belgium and France.
	Window document.Window `json:"window"`
	// Country is where the mutuality is, two letters: addresses elsewhere name theirs.
	// Empty: "BE".
	Country string `json:"country"`
	// Calendar is which days are worked, for all that is promised in working days.
	Calendar calendar.Calendar `json:"calendar"`
	// Days is how many working days a letter takes to its letter box, at most 10. Empty: 3.
	Days int `json:"days"`
	// From is the address that mails come from. Empty: no mail is sent; those that are
	// made wait.
	From string `json:"from"`
	// ReplyTo is where answers to them go. Empty: From.
	ReplyTo string `json:"reply_to"`
}

// Check refuses settings that cannot be followed. To be called at start-up.
func (s PostSettings) Check() error {
	switch {
	case s.Window != "" && s.Window != document.WindowLeft && s.Window != document.WindowRight:
		return fmt.Errorf("%q: envelopes have no window at %.20q", "post.window", string(s.Window))
	case s.Country != "" && len(s.Country) != 2:
		return fmt.Errorf("%q: %.20q is no country of two letters", "post.country", s.Country)
	}
	if s.Days < 0 || s.Days > letters.MostWorkingDays {
		return fmt.Errorf("%q: %d working days, not 1 to %d", "post.days", s.Days, letters.MostWorkingDays)
	}
	if err := s.Calendar.Check(); err != nil {
		return fmt.Errorf("%q: %w", "post.calendar", err)
	}
	for key, address := range map[string]string{"post.from": s.From, "post.reply_to": s.ReplyTo} {
		if address == "" {
			continue
		}
		if _, err := mail.ParseAddress(address); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
	}
	return nil
}

func (cfg Config) checkPost() error {
	if err := cfg.Mutuality.Post.Check(); err != nil {
		return err
	}
	if cfg.Mail == nil {
		return nil
	}
	return MailsOf(cfg.Mutuality, cfg.Origin).Check()
}

// LettersOf is the house whose letters leave a counter at origin.
func LettersOf(m Mutuality, origin string) letters.House {
	country := strings.ToUpper(m.Post.Country)
	if country == "" {
		country = "BE"
	}
	return letters.House{
		Mutuality: m.ID, Letterhead: m.Letterhead, Origin: origin,
		Window: m.Post.Window, Country: country, Calendar: m.Post.Calendar, Days: m.Post.Days,
	}
}

// MailsOf is the same house writing mails.
func MailsOf(m Mutuality, origin string) mail.House {
	return mail.House{
		Name: m.Letterhead.Name, Origin: origin, Phone: m.Letterhead.Phone, From: m.Post.From, ReplyTo: m.Post.ReplyTo,
	}
}

// Letters makes batches and follows letters.
func (p *Portal) Letters() *letters.Service {
	return &letters.Service{
		Store: p.cfg.Store, Codes: p.classic, House: LettersOf(p.cfg.Mutuality, p.cfg.Origin), Now: p.cfg.Now, Rand: p.cfg.Rand,
		Seal: SealLetters(p.cfg.Seal),
	}
}

// SealLetters is how batches of letters are sealed; nil where there is no seal.
func SealLetters(seal *signing.Sealer) func(ctx context.Context, pdf []byte, reason string) ([]byte, error) {
	if seal == nil {
		return nil
	}
	return func(ctx context.Context, pdf []byte, reason string) ([]byte, error) {
		return seal.Seal(ctx, pdf, signing.SealOptions{Reason: reason})
	}
}

// post sends mails; nil where no server takes them, and they wait.
func (p *Portal) post() *mail.Post {
	if p.cfg.Mail == nil {
		return nil
	}
	house := MailsOf(p.cfg.Mutuality, p.cfg.Origin)
	return &mail.Post{Houses: map[string]mail.House{p.cfg.Mutuality.ID: house}, Sender: p.cfg.Mail, Now: p.cfg.Now}
}
