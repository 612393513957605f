package messages

import (
	"fmt"
	"net/http"
	"slices"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// reachPage is the first page: how the member can be reached, and how to answer.
type reachPage struct {
	Draft, Subject, Reply string
	Who                   Reach
}

// state is a draft with what the store knows.
type state struct {
	draft page.Draft[answers]
	who   Reach
}

func (m *Messages) read(c *gin.Context) (s state, found bool, err error) {
	if s.draft, found, err = m.drafts().Read(c); err != nil {
		return s, false, err
	}
	if s.who, err = m.Store.Reach(c.Request.Context(), page.LoginOf(c)); err != nil {
		return s, false, fmt.Errorf("reading how to reach a member: %w", err)
	}
	return s, found, nil
}

// reach shows the first page. A new message is given its draft first, so that Back finds
// what was typed.
func (m *Messages) reach(c *gin.Context) error {
	if page.DraftID(c) == "" {
		to := page.DraftURL(page.From(c), reachPath, page.NewDraftID())
		if c.Query(subjectField) == newAddress {
			to = page.DraftURL(page.From(c), wordsPath, page.NewDraftID()) + "&" + subjectField + "=" + newAddress
		} else if s := subject(c); s != "" {
			to += "&" + subjectField + "=" + s
		}
		c.Redirect(http.StatusSeeOther, to)
		return nil
	}
	s, found, err := m.read(c)
	if err != nil {
		return err
	}
	v := view(c, 1, "messages.reach.title")
	v.Lead, v.Keep = v.T("messages.reach.lead"), reachPath
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("requests.back")}
	p := reachPage{Draft: page.DraftID(c), Subject: s.draft.Answers.Subject, Reply: s.draft.Answers.Reply, Who: s.who}
	if found && s.draft.Checked {
		v.Errors = s.wrongReply(v)
	}
	if !found {
		p.Subject = subject(c)
	}
	return page.Render(c, page.FormStatus(v), reachView(v, p))
}

// wrongReply is what is wrong with how to answer.
func (s state) wrongReply(v page.View) []page.FieldError {
	by := Reply(s.draft.Answers.Reply)
	switch {
	case !slices.Contains(Replies(), by):
		return []page.FieldError{{Field: replyField, Text: v.T("messages.reply.choose")}}
	case !s.who.can(by):
		return []page.FieldError{{Field: replyField, Text: v.T("messages.reply.none." + string(by))}}
	}
	return nil
}

// takeReach keeps the first page and goes on.
func (m *Messages) takeReach(c *gin.Context) error {
	s, _, err := m.read(c)
	if err != nil {
		return err
	}
	a := s.draft.Answers
	if a.Reply = page.Typed(c, replyField); !slices.Contains(Replies(), Reply(a.Reply)) {
		a.Reply = ""
	}
	if about := page.Typed(c, subjectField); a.Subject == "" && slices.Contains(subjectsOf(page.From(c)), about) {
		a.Subject = about
	}
	id, err := m.drafts().Keep(c, a)
	if err != nil {
		return err
	}
	v := page.From(c)
	s.draft.Answers = a
	to := wordsPath
	if page.Switched(c) || len(s.wrongReply(v)) > 0 {
		to = reachPath
	}
	c.Redirect(http.StatusSeeOther, page.DraftURL(v, to, id))
	return nil
}

func replyOptions(v page.View, who Reach) []page.Option {
	var list []page.Option
	for _, by := range Replies() {
		o := page.Option{Value: string(by), Text: v.T("messages.reply." + string(by)), Hint: v.T("messages.reply." + string(by) + ".hint")}
		if !who.can(by) {
			o.Hint = v.T("messages.reply.none." + string(by))
		}
		list = append(list, o)
	}
	return list
}

// reachRows are the contact data on file.
func reachRows(v page.View, who Reach, draft string) []page.SummaryRow {
	change := page.Link{URL: v.URL(page.BackTo(reachPath, draft).On(dataPath)), Text: v.T("messages.reach.change")}
	row := func(key, value, detail string) page.SummaryRow {
		if value == "" {
			value = v.T("messages.reach.unknown")
		}
		change.Hidden = v.T("messages.reach." + key)
		return page.SummaryRow{Label: v.T("messages.reach." + key), Value: value, Detail: detail, Change: change}
	}
	address := who.Street
	if address != "" {
		address += ", " + who.Postcode + " " + who.Municipality
	}
	rows := []page.SummaryRow{row("email", who.Email, ""), row("phone", locale.Phone(who.Phone), ""), row("address", address, v.T("messages.reach.address.other"))}
	if who.Email != "" {
		rows[0].Content = page.Email(who.Email)
	}
	rows[2].Change = page.Link{} // she asks for another one in these words
	return rows
}
