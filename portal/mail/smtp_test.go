package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/jobs"
	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
	"guichet.example/portal/mail/mailtest"
)

func sender(t *testing.T, s *mailtest.Server, change func(*mail.SMTPConfig)) *mail.SMTP {
	t.Helper()
	cfg := mail.SMTPConfig{Host: s.Host, Port: s.Port, Roots: s.Roots, Timeout: 5 * time.Second}
	if change != nil {
		change(&cfg)
	}
	out, err := mail.NewSMTP(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func composed(t *testing.T) mail.Mail {
	t.Helper()
	m, err := house().Compose(message(mail.ConfirmEmail, locale.FR), "01kjob", at)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNewSMTPRefuses(t *testing.T) {
	for _, tt := range []struct {
		name string
		cfg  mail.SMTPConfig
	}{
		{"no host", mail.SMTPConfig{}},
		{"opportunistic", mail.SMTPConfig{Host: "mail.example", Security: "maybe"}},
		{"in clear to another machine", mail.SMTPConfig{Host: "mail.example", Security: mail.Plain}},
		{"user without password", mail.SMTPConfig{Host: "mail.example", User: "guichet"}},
		{"port", mail.SMTPConfig{Host: "mail.example", Port: 70000}},
	} {
		if _, err := mail.NewSMTP(tt.cfg); err == nil {
			t.Errorf("%s: NewSMTP = nil, want an error", tt.name)
		}
	}
}

// TestServerMisbehaves: whether a mail comes to its end follows from what the server
// said of it, and nothing of the mail or the password stands in the error.
func TestServerMisbehaves(t *testing.T) {
	for _, tt := range []struct {
		mood    mailtest.Mood
		refused bool // for good
		taken   int
	}{
		{mailtest.Down, false, 0},
		{mailtest.Busy, false, 0},
		{mailtest.Hang, false, 0},
		{mailtest.NoStartTLS, false, 0},
		{mailtest.WrongPass, false, 0},
		{mailtest.NoSender, false, 0},
		{mailtest.Later, false, 0},
		{mailtest.CutInData, false, 0},
		{mailtest.NoSuchUser, true, 0},
		{mailtest.NoContent, true, 0},
		{mailtest.LostAnswer, false, 1},
		{mailtest.HangAtTheEnd, false, 1},
	} {
		t.Run(string(tt.mood), func(t *testing.T) {
			t.Parallel()
			server := mailtest.Start(t)
			server.Set(tt.mood)
			out := sender(t, server, func(cfg *mail.SMTPConfig) {
				cfg.User, cfg.Password = "guichet", func() []byte { return []byte(mailtest.Password) }
				if tt.mood == mailtest.Hang || tt.mood == mailtest.HangAtTheEnd {
					cfg.Timeout = 300 * time.Millisecond
				}
			})
			err := out.Send(t.Context(), composed(t))
			if err == nil || errors.Is(err, mail.ErrRefused) != tt.refused {
				t.Errorf("Send = %v, refused for good should be %v", err, tt.refused)
			}
			if n := len(server.Taken()); n != tt.taken {
				t.Errorf("%d mails taken, want %d", n, tt.taken)
			}
			for _, secret := range []string{"nora", "confirm", mailtest.Password, "tilleuls"} {
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the error %q holds %q", err, secret)
				}
			}
		})
	}
}

func TestCertificateOfAnotherIsNotAccepted(t *testing.T) {
	server := mailtest.Start(t)
	stranger := mailtest.Start(t)
	other := sender(t, server, func(cfg *mail.SMTPConfig) { cfg.Roots = stranger.Roots })
	err := other.Send(t.Context(), composed(t))
	if err == nil || errors.Is(err, mail.ErrRefused) || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Send to a server of another authority = %v", err)
	}
	server.Certify(t, "other.example")
	err = sender(t, server, nil).Send(t.Context(), composed(t))
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Send to a server of another name = %v", err)
	}
	if len(server.Taken()) != 0 {
		t.Error("the mail went out")
	}
}

func TestSend(t *testing.T) {
	server := mailtest.Start(t)
	for _, mood := range []mailtest.Mood{mailtest.Good, mailtest.LongAnswers, mailtest.NoReset} {
		server.Set(mood)
		out := sender(t, server, func(cfg *mail.SMTPConfig) {
			cfg.User, cfg.Password = "guichet", func() []byte { return []byte(mailtest.Password) }
		})
		before := len(server.Taken())
		if err := out.Send(t.Context(), composed(t)); err != nil {
			t.Fatalf("%s: Send = %v", mood, err)
		}
		taken := server.Taken()
		if len(taken) != before+1 {
			t.Fatalf("%s: %d mails taken", mood, len(taken)-before)
		}
		got := taken[before]
		if !got.TLS || got.User != "guichet" || got.From != "guichet@tilleuls.example" || got.To != "nora@example.be" {
			t.Errorf("%s: envelope %+v", mood, got)
		}
		if !bytes.Equal(got.Raw, onTheLine(t, composed(t))) && !bytes.Equal(bytes.TrimSpace(got.Raw), bytes.TrimSpace(onTheLine(t, composed(t)))) {
			t.Errorf("%s: the server got\n%s\nwant\n%s", mood, got.Raw, onTheLine(t, composed(t)))
		}
	}
}

// TestTLSFromTheFirstByte is port 465: the password and the mail go over TLS alone.
func TestTLSFromTheFirstByte(t *testing.T) {
	server := mailtest.Start(t)
	server.TLS()
	out := sender(t, server, func(cfg *mail.SMTPConfig) {
		cfg.Security, cfg.User, cfg.Password = mail.TLS, "guichet", func() []byte { return []byte(mailtest.Password) }
	})
	if err := out.Send(t.Context(), composed(t)); err != nil {
		t.Fatalf("Send = %v", err)
	}
	if taken := server.Taken(); len(taken) != 1 || taken[0].User != "guichet" {
		t.Errorf("taken %+v", taken)
	}
	stranger := mailtest.Start(t)
	other := sender(t, server, func(cfg *mail.SMTPConfig) { cfg.Security, cfg.Roots = mail.TLS, stranger.Roots })
	if err := other.Send(t.Context(), composed(t)); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("Send to a server of another authority = %v", err)
	}
}

func TestPostBuriesWhatCannotLeave(t *testing.T) {
	late := message(mail.ResetLink, locale.FR)
	late.Until = at
	foreign := message(mail.Enrolled, locale.FR)
	foreign.Mutuality = "other"
	for _, tt := range []struct {
		name string
		m    mail.Message
	}{{"link expired", late}, {"another house", foreign}} {
		payload, err := tt.m.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		post := &mail.Post{Houses: map[string]mail.House{"tilleuls": house()}, Sender: failing{t}, Now: func() time.Time { return at }}
		err = post.Do(t.Context(), jobs.Job{ID: "01kjob", Payload: payload, Created: at})
		// jobs.Never has no name of its own: its type is told by that of another.
		if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", jobs.Never(mail.ErrMessage)) {
			t.Errorf("%s: Do = %v, want never", tt.name, err)
		}
	}
}

// failing is a sender that must not be asked.
type failing struct{ t *testing.T }

func (f failing) Send(context.Context, mail.Mail) error {
	f.t.Error("a mail left")
	return nil
}
