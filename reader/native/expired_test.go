package native

import (
	"strings"
	"testing"
	"time"

	"guichet.example/reader/pinentry/pinentrytest"
)

// Nobody types a PIN, or hands out a certificate, for a signature that no site would take.
func TestExpired(t *testing.T) {
	for name, message := range map[string]string{
		authenticate:   authentication(nil),
		getCertificate: command(getCertificate, map[string]any{"origin": site}),
		sign:           signing(t, "nora", nil),
	} {
		p, use := asks(t, pinentrytest.Script{})
		card := cardOf(t, "nora")
		end := card.Authentication.Certificate.NotAfter
		if name != authenticate {
			end = card.Card.Signature.Certificate.NotAfter
		}
		b := start(t, newDesk(card), use, func(c *Config) { c.Now = func() time.Time { return end.Add(time.Second) } })
		b.send(message)
		b.refused(cancelled)
		told := strings.Join(p.Said(), "\n")
		if len(card.signs) > 0 || p.Asked("CONFIRM")+p.Asked("GETPIN") > 0 || p.Asked("MESSAGE") != 1 {
			t.Errorf("%s: asked on: %s", name, told)
		}
		if !strings.Contains(told, "expired on "+end.UTC().Format("2 January 2006")) {
			t.Errorf("%s: %s", name, told)
		}
	}
}

// A certificate is good to its last second.
func TestNotYetExpired(t *testing.T) {
	_, use := asks(t, pinentrytest.Script{})
	card := cardOf(t, "nora")
	b := start(t, newDesk(card), use, func(c *Config) {
		c.Now = func() time.Time { return card.Authentication.Certificate.NotAfter }
	})
	b.send(authentication(nil))
	var token map[string]string
	b.only(&token)
	if token["signature"] == "" {
		t.Errorf("token %v", token)
	}
}

func TestExpiredText(t *testing.T) {
	for lang, want := range map[string][2]string{
		"fr": {"le 1er août 2026, ", "le 31 décembre 2025, "}, "nl": {"op 1 augustus 2026, ", "op 31 december 2025, "},
		"de": {"am 1. August 2026 ", "am 31. Dezember 2025 "}, "en": {"on 1 August 2026, ", "on 31 December 2025, "},
	} {
		text := textIn(lang)
		brussels := time.FixedZone("", 3600) // where a new year begins an hour before it does in UTC
		for i, at := range []time.Time{time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 0, 30, 0, 0, brussels)} {
			s := text.expired(at)
			if !strings.Contains(s, want[i]) || strings.Contains(s, "{") || len(text.from("https://"+strings.Repeat("a", 247), s)) > maxDesc-100 {
				t.Errorf("%s: %q", lang, s)
			}
		}
	}
}
