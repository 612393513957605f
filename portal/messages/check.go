package messages

import (
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// checkPage shows all answers once more, and what happens next and until when.
type checkPage struct {
	Draft string
	Rows  []page.SummaryRow
	Track []page.TrackStep
}

func (m *Messages) check(c *gin.Context) error {
	v, id := view(c, 4, "messages.check.title"), page.DraftID(c)
	s, found, err := m.read(c)
	if err != nil {
		return err
	}
	if !found || len(s.wrongReply(v))+len(s.draft.Answers.wrong(v)) > 0 {
		return m.toStart(c, v)
	}
	have, err := m.Store.Attached(c.Request.Context(), page.LoginOf(c), id)
	if err != nil {
		return fmt.Errorf("listing files: %w", err)
	}
	v.Banner = page.DraftNotice(c, found)
	v.Lead, v.Key = v.T("messages.check.lead"), s.draft.Key
	v.Back = page.Link{URL: page.DraftURL(v, filesPath, id), Text: v.T("messages.back.files")}
	if v.Kiosk != nil {
		v.Back = page.Link{URL: page.DraftURL(v, wordsPath, id), Text: v.T("messages.back.words")}
	}
	by := locale.Date(v.Lang, m.Deadline(m.Now()))
	return page.Render(c, http.StatusOK, checkView(v, checkPage{Draft: id, Rows: checkRows(v, id, s, have), Track: []page.TrackStep{
		{State: page.Now, Text: v.T("messages.check.today"), Detail: v.T("messages.check.today.text")},
		{State: page.Next, Text: v.T("messages.check.by", locale.A("date", by)), Detail: v.T("messages.check.by." + s.draft.Answers.Reply)},
	}}))
}

func checkRows(v page.View, id string, s state, have []Attachment) []page.SummaryRow {
	a := s.draft.Answers
	change := func(path, field, key string) page.Link {
		return page.Link{URL: page.DraftURL(v, path, id) + "#" + field, Text: v.T("messages.change"), Hidden: v.T(key)}
	}
	to := map[Reply]string{ByMail: s.who.Email, ByPhone: locale.Phone(s.who.Phone), ByLetter: s.who.Street + ", " + s.who.Postcode + " " + s.who.Municipality}
	rows := []page.SummaryRow{
		{Label: v.T("messages.row.reply"), Value: v.T("messages.reply." + a.Reply), Detail: to[Reply(a.Reply)], Change: change(reachPath, replyField, "messages.row.reply")},
		{Label: v.T("messages.row.subject"), Value: v.T("messages.subject." + a.Subject), Change: change(wordsPath, subjectField, "messages.row.subject")},
		{Label: v.T("messages.row.title"), Value: a.Title, Change: change(wordsPath, titleField, "messages.row.title")},
		{Label: v.T("messages.row.text"), Content: paragraphs(a.Text), Change: change(wordsPath, textField, "messages.row.text")},
		{Label: v.T("messages.row.files"), Value: v.TN("messages.files", len(have)), Change: change(filesPath, fileField, "messages.row.files")},
	}
	if v.Kiosk != nil {
		rows = rows[:len(rows)-1]
	}
	return rows
}

// send makes the message of what the check page showed, and of nothing else.
func (m *Messages) send(c *gin.Context) error {
	v, id := page.From(c), page.DraftID(c)
	s, found, err := m.read(c)
	if err != nil {
		return err
	}
	a := s.draft.Answers
	switch {
	case !found || len(s.wrongReply(v))+len(a.wrong(v)) > 0:
		return m.toStart(c, v)
	case page.Switched(c):
		c.Redirect(http.StatusSeeOther, page.DraftURL(v, checkPath, id))
		return nil
	case page.Key(c) != s.draft.Key:
		c.Redirect(http.StatusSeeOther, page.DraftChangedURL(v, checkPath, id))
		return nil
	}
	at := m.Now()
	sent, err := m.Store.SendMessage(c.Request.Context(), page.LoginOf(c), Message{
		Subject: a.Subject, Reply: Reply(a.Reply), Language: string(v.Lang), Sent: at, Deadline: m.Deadline(at),
	}, Words{a.Title, a.Text}, id, s.draft.Key)
	if err != nil {
		return fmt.Errorf("sending a message: %w", err)
	}
	c.Redirect(http.StatusSeeOther, v.URL(threadPath+sent.ID+"?sent=1"))
	return nil
}
