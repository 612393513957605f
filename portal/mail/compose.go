package mail

import (
	"fmt"
	"html"
	"strings"
	"time"

	"guichet.example/portal/locale"
)

// House is the mutuality that writes. Every field but ReplyTo and Phone is required.
type House struct {
	Name    string // as it signs its letters; also the name of the sender
	Origin  string // of the counter, "https://counter.example": links lead there and nowhere else
	Phone   string // where a member asks whether a mail is ours
	From    string // address of the sender
	ReplyTo string // address for answers; empty: From
}

// Check refuses a house that cannot write. To be called at start-up.
func (h House) Check() error {
	if strings.TrimSpace(h.Name) == "" || strings.ContainsFunc(h.Name, control) || strings.ContainsFunc(h.Phone, control) {
		return fmt.Errorf("%w: name of the sender", ErrMessage)
	}
	if !strings.HasPrefix(h.Origin, "https://") && !strings.HasPrefix(h.Origin, "http://") || strings.HasSuffix(h.Origin, "/") {
		return fmt.Errorf("%w: origin %q", ErrMessage, h.Origin)
	}
	if _, err := ParseAddress(h.From); err != nil {
		return fmt.Errorf("%w: address of the sender: %w", ErrMessage, err)
	}
	if h.ReplyTo != "" {
		if _, err := ParseAddress(h.ReplyTo); err != nil {
			return fmt.Errorf("%w: address for answers: %w", ErrMessage, err)
		}
	}
	return nil
}

func control(r rune) bool { return r < ' ' || r == 0x7f }

// Mail is a message in words, ready to leave. Same message, same id, same mail: byte
// for byte.
type Mail struct {
	ID            string // before the sign of its Message-ID
	Date          time.Time
	From, ReplyTo Address
	FromName      string
	To            Address
	Lang          locale.Language
	Subject       string
	Text          string // plain, lines of at most 72 characters but for links
	HTML          string // the same, simple: no picture, no style but what is in it
}

// MessageID is the mail's name among all mails (RFC 5322, 3.6.4), without brackets.
func (m Mail) MessageID() string { return m.ID + "@" + m.From.Domain() }

// Compose puts a message into words. id names it for good: that of the job. ErrMessage,
// also for a link that leads away from the counter.
func (h House) Compose(m Message, id string, date time.Time) (Mail, error) {
	if err := m.Check(); err != nil {
		return Mail{}, err
	}
	if id == "" || strings.ContainsFunc(id, func(r rune) bool { return !atext(r) }) {
		return Mail{}, fmt.Errorf("%w: no id", ErrMessage)
	}
	link := m.Values[string(Link)]
	if path(link) {
		link = h.Origin + link
	}
	if link != "" && !strings.HasPrefix(link, h.Origin+"/") {
		return Mail{}, fmt.Errorf("%w: %s leads elsewhere", ErrMessage, m.Template)
	}
	lang, _ := locale.Parse(m.Lang) // checked
	w := writer{h, m, lang, link}
	out := Mail{ID: id, Date: date.UTC().Truncate(time.Second), FromName: h.Name, Lang: lang, Subject: w.say("subject")}
	var err error
	if out.From, err = ParseAddress(h.From); err != nil {
		return Mail{}, err
	}
	out.ReplyTo = out.From
	if h.ReplyTo != "" {
		if out.ReplyTo, err = ParseAddress(h.ReplyTo); err != nil {
			return Mail{}, err
		}
	}
	if out.To, err = ParseAddress(m.To); err != nil {
		return Mail{}, err
	}
	out.Text, out.HTML = w.text(), w.html(out.Subject)
	return out, nil
}

// writer has all that the words of one mail need.
type writer struct {
	house House
	m     Message
	lang  locale.Language
	link  string
}

// say is a text of the template.
func (w writer) say(part string) string { return w.t("mail." + string(w.m.Template) + "." + part) }

func (w writer) t(key string) string { return locale.T(w.lang, key, w.args()...) }

// args are the values as people of the language read them, and the house's own.
func (w writer) args() []locale.Arg {
	args := []locale.Arg{locale.A("house", w.house.Name), locale.A("site", w.site()), locale.A("phone", w.house.Phone)}
	for name, text := range w.m.Values {
		switch Value(name) {
		case Link:
			continue // stands on a line of its own
		case Until, At:
			at, _ := time.Parse(time.RFC3339, text) // checked
			text = locale.DateTime(w.lang, at)
		case By:
			day, _ := time.Parse(time.DateOnly, text) // checked
			text = locale.Date(w.lang, day)
		}
		args = append(args, locale.A(name, text))
	}
	return args
}

// site is the counter as one types it.
func (w writer) site() string { return strings.TrimPrefix(w.house.Origin, "https://") }

// paragraphs are the mail without its link; end is where the link belongs.
func (w writer) paragraphs() (before, after []string) {
	before = append([]string{w.t("mail.hello")}, strings.Split(w.say("text"), "\n\n")...)
	if w.link != "" {
		after = append(after, w.t("mail.link.asks"))
	}
	return before, append(after, w.t("mail.regards"), w.house.Name)
}

// notes stand under the line: why she gets this, how to check that it is real.
func (w writer) notes() [][2]string {
	real := w.t("mail.real.text")
	if w.house.Phone != "" {
		real += " " + w.t("mail.real.phone")
	}
	return [][2]string{{w.t("mail.why"), w.say("why")}, {w.t("mail.real"), real}}
}

// width of a line of plain text, in characters (RFC 5322, 2.1.1 wants at most 78).
const width = 72

func (w writer) text() string {
	var b strings.Builder
	before, after := w.paragraphs()
	for _, p := range before {
		fold(&b, p)
	}
	if w.link != "" {
		b.WriteString(w.link + "\n\n")
	}
	for _, p := range after {
		fold(&b, p)
	}
	b.WriteString("-- \n")
	for _, n := range w.notes() {
		fold(&b, n[0]+"\n"+n[1])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// fold writes a paragraph in lines of at most width characters, broken at spaces, and
// an empty line.
func fold(b *strings.Builder, paragraph string) {
	for line := range strings.SplitSeq(paragraph, "\n") {
		used := 0
		for word := range strings.FieldsFuncSeq(line, func(r rune) bool { return r == ' ' }) {
			n := len([]rune(word))
			switch {
			case used > 0 && used+1+n > width:
				b.WriteByte('\n')
				used = 0
			case used > 0:
				b.WriteByte(' ')
				used++
			}
			b.WriteString(word)
			used += n
		}
		b.WriteByte('\n')
	}
	b.WriteByte('\n')
}

func (w writer) html(title string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "<!DOCTYPE html>\n<html lang=%q>\n<head><meta charset=\"utf-8\"><title>%s</title></head>\n<body>\n", w.lang, html.EscapeString(title))
	before, after := w.paragraphs()
	for _, p := range before {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
	}
	if w.link != "" {
		address := html.EscapeString(w.link)
		fmt.Fprintf(&b, "<p><a href=\"%s\">%s</a></p>\n", address, html.EscapeString(w.say("link")))
	}
	for _, p := range after {
		fmt.Fprintf(&b, "<p>%s</p>\n", html.EscapeString(p))
	}
	b.WriteString("<hr>\n")
	for _, n := range w.notes() {
		fmt.Fprintf(&b, "<p><strong>%s</strong><br>%s</p>\n", html.EscapeString(n[0]), html.EscapeString(n[1]))
	}
	b.WriteString("</body>\n</html>\n")
	return b.String()
}
