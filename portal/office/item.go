package office

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/signing/document"
)

// itemPage is one item of the queue.
type itemPage struct {
	Item    Item
	Facts   []page.SummaryRow
	Said    []page.SummaryRow // of who holds it
	History []page.TrackStep
	Mine    bool
	Agreed  bool   // the officer agreed first, and somebody else confirms
	Then    string // what follows the second agreement to a change of account
	Answer  string
	Reason  string // of a refusal
	Words   string
	Verdict []page.SummaryRow // of the signed document, of who holds it
	Answers []page.Option     // templates to begin the words with
	Files   bool              // the officer may open files
}

// item shows an item; ?template=ID begins the words with one.
func (o *Office) item(c *gin.Context) error { return o.showItem(c, http.StatusOK, Answer{}, nil) }

func (o *Office) showItem(c *gin.Context, status int, a Answer, errs []page.FieldError) error {
	i, err := o.Store.Item(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	v := view(c, "queue", "office.kind."+string(i.Kind))
	v.Lead = v.T("office.item.lead", locale.A("reference", i.Reference))
	v.Back = page.Link{URL: v.URL(queuePath), Text: v.T("office.queue.back")}
	v.Errors = errs
	p := itemPage{
		Item: i, Facts: o.facts(v, i), History: track(v, i), Answer: a.What, Reason: a.Reason, Words: a.Words,
		Mine: i.Closed.IsZero() && i.Hold.Staff == v.Officer.ID, Files: o.may(v, auth.OpenFile) && i.Member != "",
	}
	if only := i.Kind.Answers(); a.What == "" && len(only) == 1 {
		p.Answer = only[0]
	}
	if p.Mine {
		p.Said, p.Then = saidRows(v, i), o.then(v, i)
		if err := o.help(c, v, &p); err != nil {
			return err
		}
	}
	v.Banner = done(c, v, i)
	if p.Agreed = i.Closed.IsZero() && !p.Mine && agreed(i, v.Officer.ID); p.Agreed {
		v.Banner = &page.Banner{Kind: page.Valid, Title: v.T("office.first.done"), Text: v.T("office.first.done.text"), Link: waiting(v)}
	}
	if i.Damaged {
		v.Banner = &page.Banner{Kind: page.Changed, Title: v.T("office.damaged"), Text: v.T("office.damaged.text", locale.A("code", v.Support))}
	}
	return page.Render(c, status, itemView(v, p))
}

// done confirms what the officer did just now with an item, and leads to the next.
func done(c *gin.Context, v page.View, i Item) *page.Banner {
	if c.Query("done") == "" || len(i.History) == 0 {
		return nil
	}
	switch last := i.History[len(i.History)-1]; {
	case last.Staff != v.Officer.ID:
	case slices.Contains([]string{EventAnswered, EventClosed, EventAsked, EventAccepted, EventRejected, EventAssigned, EventStopped}, last.What):
		return &page.Banner{Kind: page.Valid, Title: v.T("office.done.item"), Text: v.T("office.event." + last.What), Link: waiting(v)}
	}
	return nil
}

// waiting leads to what waits.
func waiting(v page.View) page.Link {
	return page.Link{URL: v.URL(queuePath), Text: v.T("office.queue.next")}
}

// agreed says that the officer agreed first to what the item asks.
func agreed(i Item, by auth.StaffID) bool {
	return i.Agreed.Staff == by || i.Kind == EmailSecond && slices.ContainsFunc(i.History, func(e Event) bool { return e.What == EventAgreed && e.Staff == by })
}

// then is what follows the second agreement: a change of account waits out its delay, in
// which it can be stopped.
func (o *Office) then(v page.View, i Item) string {
	switch {
	case i.Request == nil || i.Agreed.Staff == "":
		return ""
	case i.Request.InForce.After(o.Now()):
		return v.T("office.second.waits", locale.A("date", locale.Date(v.Lang, i.Request.InForce)))
	}
	return v.T("office.second.over")
}

// facts are what the queue tells of an item, whoever holds it.
func (o *Office) facts(v page.View, i Item) []page.SummaryRow {
	lang, _ := locale.Parse(i.Language)
	rows := []page.SummaryRow{
		{Label: v.T("office.item.reference"), Value: i.Reference},
		{Label: v.T("office.item.created"), Value: when(v, i.Created)},
		{Label: v.T("office.item.deadline"), Content: o.due(v, i)},
		{Label: v.T("office.item.language"), Value: lang.Name()},
	}
	if !i.Asked.IsZero() {
		rows = append(rows, page.SummaryRow{Label: v.T("office.event.asked"), Value: v.T("office.asked", locale.A("date", when(v, i.Asked)))})
	}
	if i.Closed.IsZero() {
		row := page.SummaryRow{Label: v.T("office.item.holder"), Value: holder(v, i)}
		if i.Hold.Staff != "" {
			row.Detail = v.T("office.item.since", locale.A("date", when(v, i.Hold.Since)))
		}
		rows = append(rows, row)
	}
	return rows
}

// saidRows are what was said, or asked, for who holds the item, with what was asked back
// and answered since.
func saidRows(v page.View, i Item) []page.SummaryRow {
	var rows []page.SummaryRow
	for _, word := range words {
		if text := saidText(v, i.Kind, word, i.Said[word]); text != "" {
			rows = append(rows, page.SummaryRow{Label: v.T("office.said." + word), Content: paragraphs(text)})
		}
	}
	if r := i.Request; r != nil {
		rows = append(rows, page.SummaryRow{Label: v.T("office.said.name"), Value: r.Name},
			page.SummaryRow{Label: v.T("office.request.signed"), Value: when(v, r.SignedAt), Detail: v.T("requests.method." + r.Method)})
		if !i.Damaged { // else nobody knows whether there is one
			rows = append(rows, presentRows(v, *r)...)
		}
		rows = append(rows, askedRows(v, r.Act)...)
		if !r.InForce.IsZero() {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.inforce"), Value: locale.Date(v.Lang, r.InForce.In(locale.Zone()))})
		}
	}
	for _, e := range i.History {
		if (e.What == EventAsked || e.What == EventReplied) && e.Words != "" {
			rows = append(rows, page.SummaryRow{Label: v.T("office.event." + e.What), Content: paragraphs(visible(e.Words)), Detail: when(v, e.At)})
		}
	}
	return rows
}

// presentRows are the account that a change of account replaces: an officer compares.
func presentRows(v page.View, r Request) []page.SummaryRow {
	switch {
	case r.Act.Kind() != document.KindBankChange:
		return nil
	case r.Present == nil:
		return []page.SummaryRow{{Label: v.T("office.request.now"), Value: v.T("office.none"), Quiet: true}}
	}
	row := page.SummaryRow{Label: v.T("office.request.now"), Content: page.MaskedAccount(v, r.Present.Country, r.Present.Last4)}
	if since := r.Present.Since; !since.IsZero() {
		row.Detail = v.T("office.item.since", locale.A("date", locale.Date(v.Lang, since)))
	}
	return []page.SummaryRow{row}
}

// saidText is what was said as a person reads it: the mailroom's reason is a key.
func saidText(v page.View, k Kind, part, text string) string {
	if k == ReturnedLetter && part == "cause" {
		return word(v, "letters.reason.", text)
	}
	if (k == KioskHelp || k == KioskTrouble) && part == "cause" {
		return word(v, "kiosk.cause.", text)
	}
	if k == Message {
		switch part {
		case "subject", "reply":
			return word(v, "messages."+part+".", text)
		}
	}
	if k == EmailSecond && part == "cause" {
		var proofs []string
		for key := range strings.FieldsSeq(text) {
			proofs = append(proofs, word(v, "office.proof.", key))
		}
		return strings.Join(proofs, ", ")
	}
	if k == BankStopped && part == "cause" {
		return word(v, "office.stopped.cause.", text)
	}
	if k == StuckDocument {
		switch part {
		case "cause":
			return word(v, "office.rescue.cause.", text)
		case "text":
			return word(v, "office.rescue.do.", text)
		}
	}
	return visible(text) // anybody may have typed it
}

// journey is when it begins, and when it ends if that is known.
func journey(v page.View, from time.Time, until *time.Time) string {
	if until == nil {
		return locale.Date(v.Lang, from)
	}
	return locale.Date(v.Lang, from) + " – " + locale.Date(v.Lang, *until)
}

// askedRows are the answers of a request. The account number is masked: the document
// shows it in full.
func askedRows(v page.View, act document.Act) []page.SummaryRow {
	switch a := act.(type) {
	case document.BankChange:
		return []page.SummaryRow{
			{Label: v.T("office.request.account"), Content: page.MaskedAccount(v, a.NewIBAN[:2], a.NewIBAN[len(a.NewIBAN)-4:]), Detail: a.Bank},
			{Label: v.T("office.request.holder"), Value: a.Holder},
			{Label: v.T("office.request.from"), Value: locale.Date(v.Lang, a.From)},
		}
	case document.EHICOrder:
		rows := []page.SummaryRow{{Label: v.T("office.request.for"), Value: strings.Join(a.ForPersons, ", ")}}
		if a.Departure != nil {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.journey"), Value: journey(v, *a.Departure, a.Return), Detail: a.Country})
		} else if a.Country != "" {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.journey"), Value: a.Country})
		}
		if len(a.DeliverTo) > 1 {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.to"), Value: strings.Join(a.DeliverTo[1:], ", ")})
		}
		return rows
	case document.PostOrder:
		rows := []page.SummaryRow{{Label: v.T("office.request.for"), Value: strings.Join(a.ForPersons, ", ")}}
		if a.Quantity > 0 {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.quantity"), Value: strconv.Itoa(a.Quantity)})
		}
		if a.From != nil && a.Until != nil {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.journey"), Value: a.Country, Detail: journey(v, *a.From, a.Until)})
		}
		if len(a.DeliverTo) > 1 {
			rows = append(rows, page.SummaryRow{Label: v.T("office.request.to"), Value: strings.Join(a.DeliverTo[1:], ", ")})
		}
		return rows
	case document.Paper:
		return []page.SummaryRow{
			{Label: v.T("office.request.title"), Value: a.Title},
			{Label: v.T("office.request.pages"), Value: strconv.Itoa(a.Pages)},
		}
	}
	return nil
}

// track is the history of an item.
func track(v page.View, i Item) []page.TrackStep {
	steps := []page.TrackStep{{State: page.Done, Text: v.T("office.event.made"), Detail: when(v, i.Created)}}
	for _, e := range i.History {
		detail := when(v, e.At)
		if e.Name != "" {
			detail += ", " + e.Name
		}
		if e.Reason != "" && locale.Has("office.reject."+e.Reason) {
			detail += ": " + v.T("office.reject."+e.Reason)
		}
		if e.Words != "" {
			detail += ": " + visible(e.Words)
		}
		steps = append(steps, page.TrackStep{State: page.Done, Text: v.T("office.event." + e.What), Detail: detail})
	}
	return steps
}

// showHeld says who has the item that this officer wanted, and how to take it over.
func (o *Office) showHeld(c *gin.Context, v page.View, h Hold) error {
	v.Nav, v.Section, v.Title = "queue", v.T("office.nav.queue"), v.T("office.held.title")
	v.Lead = v.T("office.held.gone")
	if h.Staff != "" {
		v.Lead = v.T("office.held.text", locale.A("name", h.Name), locale.A("date", when(v, h.Since)))
	}
	v.Back = page.Link{URL: v.URL(queuePath), Text: v.T("office.queue.back")}
	return page.Render(c, http.StatusConflict, heldView(v, c.Param("id"), h))
}

// since is a hold's time as the form carries it.
func (h Hold) since() string { return strconv.FormatInt(h.Since.UnixMicro(), 10) }

// take takes an item that is free, or from the colleague whom the form names.
func (o *Office) take(c *gin.Context) error {
	var over Hold
	words := typed(c, "words")
	if id := c.PostForm("over"); id != "" {
		us, err := strconv.ParseInt(c.PostForm("since"), 10, 64)
		if err != nil {
			return ErrNotFound
		}
		over = Hold{Staff: auth.StaffID(id), Since: time.UnixMicro(us).UTC()}
		if !said(words, MaxWords) {
			return o.showItem(c, http.StatusUnprocessableEntity, Answer{}, []page.FieldError{{Field: "words", Text: page.From(c).T("office.over.empty")}})
		}
	}
	if err := o.Store.TakeItem(c.Request.Context(), page.OfficerOf(c), c.Param("id"), over, words); err != nil {
		return err
	}
	return o.backToItem(c)
}

func (o *Office) backToItem(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, page.From(c).URL(queuePath+"/"+c.Param("id")))
	return nil
}

// toDone leads to the item, which confirms what was done.
func (o *Office) toDone(c *gin.Context) error {
	c.Redirect(http.StatusSeeOther, page.From(c).URL(queuePath+"/"+c.Param("id"))+"?done=1")
	return nil
}

func (o *Office) release(c *gin.Context) error {
	if err := o.Store.ReleaseItem(c.Request.Context(), page.OfficerOf(c), c.Param("id")); err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(queuePath)+"?released=1")
	return nil
}

// close ends an item with an answer.
func (o *Office) close(c *gin.Context) error {
	a := Answer{What: c.PostForm("answer"), Words: typed(c, "words")}
	if a.What == EventRejected {
		a.Reason = c.PostForm("reason")
	}
	if page.Switched(c) {
		return o.showItem(c, http.StatusOK, a, nil)
	}
	v := page.From(c)
	var errs []page.FieldError
	if a.What == "" {
		errs = append(errs, page.FieldError{Field: "answer", Text: v.T("office.close.choose")})
	}
	switch {
	case a.What == EventRejected && !slices.Contains(RejectReasons(), a.Reason):
		errs = append(errs, page.FieldError{Field: "reason", Text: v.T("office.reject.choose")})
	case a.What == EventRejected && a.Reason != "other", a.What == EventAccepted:
	case a.What == EventAsked && a.Words == "":
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.close.words.empty")})
	case a.Words == "":
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.close.empty")})
	}
	if len([]rune(a.Words)) > MaxWords {
		errs = append(errs, page.FieldError{Field: "words", Text: v.T("office.words.long")})
	}
	if len(errs) > 0 {
		return o.showItem(c, http.StatusUnprocessableEntity, a, errs)
	}
	if a.Reason != "" {
		i, err := o.Store.Item(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
		if err != nil {
			return err
		}
		a.Told = told(i.Language, a)
	}
	if err := o.end(c, a); err != nil {
		return err
	}
	return o.toDone(c)
}

// stopChange stops a change of account for a member who called.
func (o *Office) stopChange(c *gin.Context) error {
	a := Answer{Words: typed(c, "words")}
	if page.Switched(c) {
		return o.showItem(c, http.StatusOK, a, nil)
	}
	v, wrong := page.From(c), ""
	switch {
	case a.Words == "":
		wrong = "office.stop.empty"
	case len([]rune(a.Words)) > MaxWords:
		wrong = "office.words.long"
	}
	if wrong != "" {
		return o.showItem(c, http.StatusUnprocessableEntity, a, []page.FieldError{{Field: "words", Text: v.T(wrong)}})
	}
	if err := o.Store.StopForMember(c.Request.Context(), page.OfficerOf(c), c.Param("id"), a.Words); err != nil {
		return err
	}
	return o.toDone(c)
}

// end ends an item. A link that a second officer agreed to is made where codes are.
func (o *Office) end(c *gin.Context, a Answer) error {
	ctx, officer, id := c.Request.Context(), page.OfficerOf(c), c.Param("id")
	if a.What == EventAccepted && o.Enrolments != nil {
		i, err := o.Store.Item(ctx, officer, id)
		if err != nil {
			return err
		}
		if i.Kind == EmailSecond {
			return o.Enrolments.AgreeEmail(ctx, officer, id, a)
		}
	}
	return o.Store.CloseItem(ctx, officer, id, a)
}

// itemPDF sends the signed document. A browser saves it and never shows it as a page of
// ours.
func (o *Office) itemPDF(c *gin.Context) error {
	pdf, err := o.Store.ItemPDF(c.Request.Context(), page.OfficerOf(c), c.Param("id"))
	if err != nil {
		return err
	}
	c.Header("Content-Disposition", `attachment; filename="document.pdf"`)
	c.Header("Content-Security-Policy", "default-src 'none'; sandbox; frame-ancestors 'none'")
	c.Header("X-Content-Type-Options", "nosniff")
	c.Data(http.StatusOK, "application/pdf", pdf)
	return nil
}

// openForItem opens the file of the person whom an item is about; the item is the reason.
func (o *Office) openForItem(c *gin.Context) error {
	officer := page.OfficerOf(c)
	i, err := o.Store.Item(c.Request.Context(), officer, c.Param("id"))
	switch {
	case err != nil:
		return err
	case i.Member == "":
		return ErrState
	}
	id, err := o.Store.OpenFile(c.Request.Context(), officer, i.Member, Why{Key: "task", Words: i.Reference, Task: i.ID})
	if err != nil {
		return err
	}
	c.Redirect(http.StatusSeeOther, page.From(c).URL(filesPath+"/"+id))
	return nil
}
