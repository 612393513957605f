package mail_test

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"guichet.example/portal/locale"
	"guichet.example/portal/mail"
)

var at = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

func house() mail.House {
	return mail.House{
		Name: "Mutualité des Tilleuls", Origin: "https://guichet.tilleuls.example", Phone: "0800 00 142",
		From: "guichet@tilleuls.example", ReplyTo: "aide@tilleuls.example",
	}
}

const secretLink = "https://guichet.tilleuls.example/fr/confirm/4kq0Tn8v2rZ1xWm6cLp9sYb3dHf7gJt5uEa4oIi2k"

// values fills what a template takes.
func values(t mail.Template) map[string]string {
	all := map[mail.Value]string{
		mail.Link: secretLink, mail.Until: "2026-11-23T14:08:00Z", mail.At: "2026-11-22T09:30:00Z",
		mail.By: "2026-11-26", mail.Reference: "T-7KQ2-94MA",
	}
	filled := map[string]string{}
	for _, v := range t.Takes() {
		filled[string(v)] = all[v]
	}
	return filled
}

func message(t mail.Template, l locale.Language) mail.Message {
	return mail.Message{Mutuality: "tilleuls", To: "nora@example.be", Template: t, Lang: string(l), Values: values(t)}
}

// each calls f with every template in every language.
func each(t *testing.T, f func(t *testing.T, m mail.Message, out mail.Mail)) {
	for _, template := range mail.Templates() {
		for _, l := range locale.Languages() {
			t.Run(string(template)+" "+string(l), func(t *testing.T) {
				m := message(template, l)
				out, err := house().Compose(m, "01kjob", at)
				if err != nil {
					t.Fatalf("Compose = %v", err)
				}
				f(t, m, out)
			})
		}
	}
}

func TestComposeRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*mail.Message)
	}{
		{"no mutuality", func(m *mail.Message) { m.Mutuality = "" }},
		{"no language", func(m *mail.Message) { m.Lang = "es" }},
		{"no address", func(m *mail.Message) { m.To = "" }},
		{"two addresses", func(m *mail.Message) { m.To = "a@example.be,b@example.be" }},
		{"header in the address", func(m *mail.Message) { m.To = "a@example.be\r\nBcc: b@example.be" }},
		{"name in the address", func(m *mail.Message) { m.To = "Nora <a@example.be>" }},
		{"unknown template", func(m *mail.Message) { m.Template = "refund-paid" }},
		{"a value is missing", func(m *mail.Message) { delete(m.Values, "until") }},
		{"a value too many", func(m *mail.Message) { m.Values["amount"] = "12" }},
		{"another value", func(m *mail.Message) { delete(m.Values, "until"); m.Values["at"] = "2026-11-22T09:30:00Z" }},
		{"no time", func(m *mail.Message) { m.Values["until"] = "tomorrow" }},
		{"link elsewhere", func(m *mail.Message) { m.Values["link"] = "https://guichet.tilleuls.example.evil.example/x" }},
		{"link in clear", func(m *mail.Message) { m.Values["link"] = "http://guichet.tilleuls.example/x" }},
		{"link with a line end", func(m *mail.Message) { m.Values["link"] = secretLink + "\r\nhttps://evil.example/" }},
		{"link that runs", func(m *mail.Message) { m.Values["link"] = "javascript:alert(1)" }},
		{"long value", func(m *mail.Message) { m.Values["link"] = secretLink + strings.Repeat("x", 2000) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := message(mail.ConfirmEmail, locale.FR)
			tt.change(&m)
			out, err := house().Compose(m, "01kjob", at)
			if !errors.Is(err, mail.ErrMessage) || out.Text != "" {
				t.Errorf("Compose = %q, %v, want ErrMessage and nothing", out.Text, err)
			}
			if err != nil && (strings.Contains(err.Error(), "evil") || strings.Contains(err.Error(), "a@example.be")) {
				t.Errorf("the error %q repeats what came in", err)
			}
		})
	}
	if _, err := house().Compose(message(mail.MessageInSpace, locale.FR), "a b", at); !errors.Is(err, mail.ErrMessage) {
		t.Errorf("Compose with a bad id = %v, want ErrMessage", err)
	}
}

func TestHouseRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*mail.House)
	}{
		{"no name", func(h *mail.House) { h.Name = " " }},
		{"header in the name", func(h *mail.House) { h.Name = "A\r\nBcc: b@example.be" }},
		{"no origin", func(h *mail.House) { h.Origin = "guichet.example" }},
		{"slash", func(h *mail.House) { h.Origin += "/" }},
		{"no sender", func(h *mail.House) { h.From = "guichet" }},
		{"bad answer", func(h *mail.House) { h.ReplyTo = "x@y" }},
	} {
		h := house()
		tt.change(&h)
		if h.Check() == nil {
			t.Errorf("%s: Check = nil, want an error", tt.name)
		}
	}
	if err := house().Check(); err != nil {
		t.Errorf("Check = %v", err)
	}
}

// forbidden are words that would say more than that something happened.
var forbidden = regexp.MustCompile(`(?i)\bEUR\b|€|\d[.,]\d\d\b|rembours|terugbetal|erstatt|refund|soin|zorg\b|pflege|\bcare\b|médic|medic|arzt|national|IBAN|http-equiv|<img|<script|style=`)

// key is a key of the catalogue that no text was found for.
var key = regexp.MustCompile(`(^|\s)mail\.[a-z]`)

func TestEveryMailInEveryLanguage(t *testing.T) {
	each(t, func(t *testing.T, m mail.Message, out mail.Mail) {
		if out.Subject == "" || len([]rune(out.Subject)) > 60 || strings.Contains(out.Subject, "mail.") {
			t.Errorf("subject is %q", out.Subject)
		}
		for _, text := range []string{out.Subject, out.Text, out.HTML} {
			if found := forbidden.FindString(text); found != "" {
				t.Errorf("it says %q:\n%s", found, text)
			}
			if strings.ContainsAny(text, "{}") || key.MatchString(text) {
				t.Errorf("a placeholder or a key is left:\n%s", text)
			}
			if !utf8.ValidString(text) {
				t.Error("not UTF-8")
			}
		}
		for _, line := range strings.Split(out.Text, "\n") {
			if utf8.RuneCountInString(line) > 78 && line != secretLink {
				t.Errorf("line of %d characters: %q", utf8.RuneCountInString(line), line)
			}
		}
		if !strings.Contains(out.Text, "0800 00 142") || !strings.Contains(out.Text, "guichet.tilleuls.example") || !strings.Contains(out.Text, "\n-- \n") {
			t.Errorf("it does not say how to check that it is real:\n%s", out.Text)
		}
		links := strings.Count(out.Text, "http")
		if _, takes := m.Values["link"]; takes != (links == 1) || takes != strings.Contains(out.HTML, `<a href="`+secretLink+`"`) {
			t.Errorf("%d links in the text", links)
		}
		if !strings.Contains(out.HTML, `<html lang="`+m.Lang+`">`) {
			t.Errorf("HTML has no language:\n%s", out.HTML)
		}
	})
}

// TestMailOnTheLine reads every mail as it goes over the line with the parsers of the
// standard library.
func TestMailOnTheLine(t *testing.T) {
	each(t, func(t *testing.T, _ mail.Message, out mail.Mail) {
		raw := onTheLine(t, out)
		head, err := netmail.ReadMessage(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{
			"To": "<nora@example.be>", "Reply-To": "<aide@tilleuls.example>", "Message-Id": "<01kjob@tilleuls.example>",
			"Date": "Sun, 22 Nov 2026 09:30:00 +0000", "Auto-Submitted": "auto-generated", "Bcc": "", "Content-Language": string(out.Lang),
		} {
			if got := head.Header.Get(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		from, err := head.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Name != house().Name || from[0].Address != "guichet@tilleuls.example" {
			t.Errorf("From = %v, %v", from, err)
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(head.Header.Get("Subject"))
		if err != nil || subject != out.Subject {
			t.Errorf("Subject = %q, %v, want %q", subject, err, out.Subject)
		}
		checkParts(t, head, out)
		for _, line := range strings.Split(string(raw), "\r\n") {
			if len(line) > 78 || strings.ContainsFunc(line, func(r rune) bool { return r >= 0x7f || r < ' ' && r != '\t' }) {
				t.Errorf("line on the wire: %q", line)
			}
		}
	})
}

func checkParts(t *testing.T, head *netmail.Message, out mail.Mail) {
	t.Helper()
	kind, params, err := mime.ParseMediaType(head.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("Content-Type = %q, %v", kind, err)
	}
	parts := multipart.NewReader(head.Body, params["boundary"])
	for _, want := range []string{out.Text, out.HTML} {
		p, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		if p.Header.Get("Content-Transfer-Encoding") != "quoted-printable" {
			t.Fatalf("part is %v", p.Header)
		}
		got, err := io.ReadAll(quotedprintable.NewReader(p))
		if read := strings.ReplaceAll(string(got), "\r\n", "\n"); err != nil || strings.TrimRight(read, "\n") != strings.TrimRight(want, "\n") {
			t.Errorf("part reads %q (%v), want %q", read, err, want)
		}
	}
	if _, err := parts.NextRawPart(); err != io.EOF {
		t.Errorf("more parts: %v", err)
	}
}

func TestSameMessageSameBytes(t *testing.T) {
	out, err := house().Compose(message(mail.ResetLink, locale.DE), "01kjob", at)
	if err != nil {
		t.Fatal(err)
	}
	again, err := house().Compose(message(mail.ResetLink, locale.DE), "01kjob", at.Add(time.Millisecond))
	if err != nil || !bytes.Equal(onTheLine(t, out), onTheLine(t, again)) {
		t.Errorf("the second try is another mail (%v)", err)
	}
}

func TestMessageComesBackAsItWentIn(t *testing.T) {
	m := message(mail.ResetLink, locale.NL)
	m.Member, m.Until = "abc", at
	payload, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	got, err := mail.Unmarshal(payload)
	if err != nil || got.To != m.To || got.Values["link"] != secretLink || !got.Until.Equal(at) || got.Member != "abc" {
		t.Errorf("Unmarshal = %+v, %v", got, err)
	}
	if _, err := mail.Unmarshal([]byte(`{"to":`)); !errors.Is(err, mail.ErrMessage) {
		t.Errorf("Unmarshal of half a message = %v, want ErrMessage", err)
	}
}
