package messages

import (
	"errors"
	"fmt"
	"net/http"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// threadPage is a message with what was said, how far it is and what happens next.
type threadPage struct {
	Thread Thread
	Facts  []page.SummaryRow
	Files  []page.FileRow
	Track  []page.TrackStep
	Typed  string // in the answer
}

func (m *Messages) thread(c *gin.Context) error { return m.showThread(c, "", nil) }

func (m *Messages) showThread(c *gin.Context, typed string, errs []page.FieldError) error {
	t, err := m.Store.Message(c.Request.Context(), page.LoginOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	v := page.From(c)
	v.Title, v.Section, v.Nav, v.Errors = v.MessageTitle(t.Subject), v.T("requests.title"), "requests", errs
	v.Lead = v.T("requests.reference", locale.A("reference", t.Reference))
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("requests.back")}
	p := threadPage{Thread: t, Track: track(v, t), Typed: typed}
	v.Banner = done(c, v, t)
	p.Facts = []page.SummaryRow{
		{Label: v.T("messages.row.title"), Value: t.Title},
		{Label: v.T("messages.row.text"), Content: paragraphs(t.Text)},
		{Label: v.T("messages.row.reply"), Value: v.T("messages.reply." + string(t.Reply))},
		{Label: v.T("messages.row.sent"), Value: locale.DateTime(v.Lang, t.Sent)},
	}
	if t.State == Received || t.State == Handling {
		p.Facts = append(p.Facts, page.SummaryRow{Label: v.T("messages.row.by"), Value: locale.Date(v.Lang, t.Deadline)})
	}
	for i, f := range t.Files {
		p.Files = append(p.Files, page.FileRow{Link: page.Link{URL: v.URL(filePath + f.ID), Text: fileName(v, i)}, Detail: fileDetail(v, f)})
	}
	return page.Render(c, page.FormStatus(v), threadView(v, p))
}

// done confirms what she has sent just now: the message, or her answer to a question.
func done(c *gin.Context, v page.View, t Thread) *page.Banner {
	answered := len(t.Entries) > 0 && t.Entries[len(t.Entries)-1].Mine
	var key string
	switch {
	case c.Query("sent") != "" && t.State == Received:
		key = "messages.sent.title"
	case c.Query("answered") != "" && answered && (t.State == Received || t.State == Handling):
		key = "messages.answered.title"
	default:
		return nil
	}
	return &page.Banner{Kind: page.Valid, Title: v.T(key),
		Text: v.T("messages.sent.text", locale.A("reference", t.Reference), locale.A("date", locale.Date(v.Lang, t.Deadline)))}
}

// Badge is the state of a message in words, with the kind of badge.
func Badge(v page.View, s State) (page.Kind, string) {
	kind := map[State]page.Kind{Received: page.Checking, Handling: page.Checking, Asked: page.ToSign, Answered: page.Valid, Closed: page.Neutral}[s]
	return kind, v.T("messages.state." + string(s))
}

// track is what happened, with its time, and the next step with its date.
func track(v page.View, t Thread) []page.TrackStep {
	steps := []page.TrackStep{{State: page.Done, Text: v.T("messages.track.sent"), Detail: locale.DateTime(v.Lang, t.Sent)}}
	for _, e := range t.Entries {
		key := "messages.track." + string(e.What)
		if e.Mine {
			key = "messages.track.mine"
		}
		steps = append(steps, page.TrackStep{State: page.Done, Text: v.T(key), Detail: locale.DateTime(v.Lang, e.At)})
	}
	by := locale.A("date", locale.Date(v.Lang, t.Deadline))
	switch t.State {
	case Asked:
		steps = append(steps, page.TrackStep{State: page.Now, Text: v.T("messages.next.asked"), Detail: v.T("messages.next.asked.text")})
	case Received, Handling:
		steps = append(steps, page.TrackStep{State: page.Now, Text: v.T("messages.next." + string(t.State)), Detail: v.T("messages.next.by", by)})
	}
	return steps
}

// answer says what was asked for.
func (m *Messages) answer(c *gin.Context) error {
	v, id := page.From(c), c.Param("id")
	text, long := typedText(c.PostForm(textField))
	if page.Switched(c) {
		return m.showThread(c, text, nil)
	}
	key := ""
	switch {
	case text == "":
		key = "text"
	case long || utf8.RuneCountInString(text) > MaxText:
		key = "text-long"
	case hides(text):
		key = "signs"
	}
	if key != "" {
		return m.showThread(c, text, []page.FieldError{{Field: textField, Text: v.T("messages.error."+key,
			locale.A("title", MaxTitle), locale.A("text", MaxText))}})
	}
	err := m.Store.AnswerMessage(c.Request.Context(), page.LoginOf(c), id, text)
	if err != nil && !errors.Is(err, ErrState) { // answered already, in another tab
		return fmt.Errorf("answering: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(threadPath+id+"?answered=1"))
	return nil
}

// file sends a file of the member's own. A browser saves it and never shows it as a page
// of ours.
func (m *Messages) file(c *gin.Context) error {
	f, content, err := m.Store.MessageFile(c.Request.Context(), page.LoginOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	Send(c, f, content)
	return nil
}

// Send answers with a file to be saved.
func Send(c *gin.Context, f Attachment, content []byte) {
	c.Header("Content-Disposition", `attachment; filename="`+f.ID+"."+f.Media.Ending()+`"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, f.Media.Type(), content)
}

// who says whose words an entry has: the end of a key.
func who(e Entry) string {
	if e.Mine {
		return "mine"
	}
	return string(e.What)
}
