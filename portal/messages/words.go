package messages

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// wordsPage is the second page: what the message is about, and its words.
type wordsPage struct {
	Draft string
	Typed answers
	Reply Reply // to keep with the words; empty: it was chosen before
}

func (m *Messages) words(c *gin.Context) error {
	s, found, err := m.read(c)
	if err != nil {
		return err
	}
	v := view(c, 2, "messages.words.title")
	if by, ok := s.who.first(); !found && ok && c.Query(subjectField) == newAddress {
		v.Lead, v.Keep = v.T("messages.address.lead"), wordsPath
		v.Back = page.Link{URL: v.URL(dataPath), Text: v.T("messages.address.back")}
		return page.Render(c, http.StatusOK, wordsView(v, wordsPage{Draft: page.DraftID(c), Reply: by,
			Typed: answers{Subject: of[newAddress], Title: v.T("messages.address.title")}}))
	}
	if !found || len(s.wrongReply(v)) > 0 {
		return m.toStart(c, v)
	}
	v.Lead, v.Keep = v.T("messages.words.lead"), wordsPath
	v.Back = page.Link{URL: page.DraftURL(v, reachPath, page.DraftID(c)), Text: v.T("messages.back.reach")}
	if a := s.draft.Answers; s.draft.Checked && a.Title+a.Text != "" || c.Query("sent") != "" {
		v.Errors = a.wrong(v)
	}
	return page.Render(c, page.FormStatus(v), wordsView(v, wordsPage{Draft: page.DraftID(c), Typed: s.draft.Answers}))
}

// toStart leads who has no draft, or an unfinished one, to the first page.
func (m *Messages) toStart(c *gin.Context, v page.View) error {
	to := v.URL(reachPath)
	if id := page.DraftID(c); id != "" {
		to = page.DraftURL(v, reachPath, id)
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// takeWords keeps the second page and goes on.
func (m *Messages) takeWords(c *gin.Context) error {
	s, found, err := m.read(c)
	if err != nil {
		return err
	}
	v := page.From(c)
	if by := Reply(page.Typed(c, replyField)); !found && slices.Contains(Replies(), by) && s.who.can(by) {
		s.draft.Answers.Reply, found = string(by), true
	}
	if !found {
		return m.toStart(c, v)
	}
	a := s.draft.Answers
	if a.Subject = page.Typed(c, subjectField); !slices.Contains(subjectsOf(v), a.Subject) {
		a.Subject = ""
	}
	a.Title = strings.Join(strings.Fields(page.Typed(c, titleField)), " ")
	a.Text, a.Long = typedText(c.PostForm(textField))
	id, err := m.drafts().Keep(c, a)
	if err != nil {
		return err
	}
	to := page.DraftURL(v, afterWords(v), id)
	switch {
	case page.Switched(c):
		to = page.DraftURL(v, wordsPath, id)
	case len(a.wrong(v)) > 0:
		to = page.DraftURL(v, wordsPath, id) + "&sent=1"
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// afterWords is the page after the words: a kiosk has no files to choose from.
func afterWords(v page.View) string {
	if v.Kiosk != nil {
		return checkPath
	}
	return filesPath
}

// wrong are the fields of the second page to correct.
func (a answers) wrong(v page.View) []page.FieldError {
	var errs []page.FieldError
	say := func(field, key string, bad bool) {
		if bad {
			errs = append(errs, page.FieldError{Field: field, Text: v.T("messages.error."+key,
				locale.A("title", strconv.Itoa(MaxTitle)), locale.A("text", strconv.Itoa(MaxText)))})
		}
	}
	say(subjectField, "subject", a.Subject == "")
	say(titleField, "title", a.Title == "")
	say(titleField, "title-long", utf8.RuneCountInString(a.Title) > MaxTitle)
	say(titleField, "signs", hides(a.Title))
	say(textField, "text", a.Text == "")
	say(textField, "text-long", a.Long || utf8.RuneCountInString(a.Text) > MaxText)
	say(textField, "signs", hides(a.Text))
	return errs
}

// hides reports whether a text holds what one cannot see, line ends and tabs aside.
func hides(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) && r != '\n' && r != '\t' && r != '\u200d' })
}

func subjectOptions(v page.View) []page.Option {
	list := []page.Option{{Text: v.T("messages.subject.choose")}}
	for _, s := range subjectsOf(v) {
		list = append(list, page.Option{Value: s, Text: v.T("messages.subject." + s)})
	}
	return list
}
