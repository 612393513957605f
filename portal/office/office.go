package office

import (
	"errors"
	"net/http"
	"strings"
	"time"
	"unicode"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/certs"
	"guichet.example/portal/door"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Sessions keeps the office's cookie; portal has the one in use.
type Sessions interface {
	// Begin starts a session under a new token and ends the browser's old one.
	Begin(c *gin.Context, o auth.Officer) error
	// End ends the browser's session and clears what it kept.
	End(c *gin.Context) error
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
	// Browser returns the id that binds a challenge to this browser.
	Browser(c *gin.Context) string
}

// Office is the area. All fields but Enrolments are required.
type Office struct {
	Store    Store
	Sessions Sessions
	Card     *door.Card // of officers
	Person   *door.Card // of the people at the counter, to be bound
	Search   *door.Card // of the people at the counter, whose file is to be opened
	Key      []byte     // 32 bytes: seals a reason on its way to the card
	// Enrolments gives people a way in; nil: the pages do not offer it.
	Enrolments Enrolments
	Mutuality  string // key of the mutuality in the store
	Policy     auth.Policy
	Anchors    *certs.TrustAnchors // where signatures of requests end
	Phone      string              // of the mutuality, for answers
	Now        func() time.Time
}

// Paths of the area, below the language.
const (
	deskPath      = "office"
	doorPath      = "office/sign-in"
	challengePath = "office/sign-in/challenge"
	outPath       = "office/sign-out"
	stayPath      = "office/stay"
	queuePath     = "office/queue"
	personPath    = "office/person"
	cardPath      = "office/person/card"
	filesPath     = "office/files"
	lettersPath   = "office/letters"      // of package letters
	agendaPath    = "office/appointments" // of package indemnities
	staffPath     = "office/staff"
	templatesPath = "office/templates"
	systemPath    = "office/system"
	actsPath      = "office/system/acts"
)

// Route mounts the area.
func (o *Office) Route(r page.Routes) {
	r.GET(doorPath, auth.OfficeDoor, o.door)
	r.POST(challengePath, auth.OfficeDoor, o.Card.Challenge)
	r.POST(doorPath, auth.OfficeDoor, o.enter)
	r.POST(outPath, auth.OfficeDoor, o.signOut)
	r.POST(stayPath, auth.OfficeDesk, o.stay)
	r.GET(deskPath, auth.OfficeDesk, o.desk)

	r.GET(queuePath, auth.WorkQueue, o.told(o.queue))
	r.GET(queuePath+"/:id", auth.WorkQueue, o.told(o.item))
	r.POST(queuePath+"/:id/take", auth.WorkQueue, o.told(o.take))
	r.POST(queuePath+"/:id/release", auth.WorkQueue, o.told(o.release))
	r.POST(queuePath+"/:id/close", auth.WorkQueue, o.told(o.close))
	r.POST(queuePath+"/:id/stop", auth.WorkQueue, o.told(o.stopChange))
	r.GET(queuePath+"/:id/assign", auth.WorkQueue, o.told(o.assign))
	r.POST(queuePath+"/:id/assign", auth.WorkQueue, o.told(o.giveTo))
	r.GET(queuePath+"/:id/document.pdf", auth.WorkQueue, o.told(o.itemPDF))
	r.GET(queuePath+"/:id/attachment", auth.WorkQueue, o.told(o.attachment))
	r.POST(queuePath+"/:id/file", auth.OpenFile, o.told(o.openForItem))

	r.GET(personPath, auth.OpenFile, o.told(o.person))
	r.POST(personPath, auth.OpenFile, o.told(o.search))
	r.POST(personPath+"/open", auth.OpenFile, o.told(o.open))
	r.GET(cardPath, auth.OpenFile, o.told(o.card))
	r.POST(cardPath+"/challenge", auth.OpenFile, o.cardChallenge)
	r.POST(cardPath, auth.OpenFile, o.openByCard)
	r.GET(filesPath+"/:id", auth.OpenFile, o.told(o.file))
	r.GET(filesPath+"/:id/identity", auth.CheckIdentity, o.told(o.identity))
	r.POST(filesPath+"/:id/identity", auth.CheckIdentity, o.told(o.checked))
	r.GET(filesPath+"/:id/email", auth.CheckIdentity, o.told(o.email))
	r.POST(filesPath+"/:id/email", auth.CheckIdentity, o.told(o.changeEmail))
	r.GET(filesPath+"/:id/enrol", auth.EnrolMember, o.told(o.enrol))
	r.POST(filesPath+"/:id/enrol", auth.EnrolMember, o.told(o.handOver))
	r.POST(filesPath+"/:id/card/challenge", auth.EnrolMember, o.Person.Challenge)
	r.POST(filesPath+"/:id/card", auth.EnrolMember, o.bindCard)
	r.GET(filesPath+"/:id/receipt", auth.EnrolMember, o.told(o.receipt))
	r.GET(filesPath+"/:id/account", auth.ManageAccounts, o.told(o.account))
	r.POST(filesPath+"/:id/account", auth.ManageAccounts, o.told(o.setAccount))

	r.GET(staffPath, auth.ManageStaff, o.told(o.staff))
	r.GET(staffPath+"/new", auth.ManageStaff, o.told(o.newColleague))
	r.POST(staffPath+"/new", auth.ManageStaff, o.told(o.addColleague))
	r.GET(staffPath+"/:id", auth.ManageStaff, o.told(o.colleague))
	r.POST(staffPath+"/:id", auth.ManageStaff, o.told(o.changeColleague))
	r.GET(staffPath+"/:id/disable", auth.ManageStaff, o.told(o.askDisable))
	r.POST(staffPath+"/:id/disable", auth.ManageStaff, o.told(o.disableColleague))
	r.POST(staffPath+"/:id/enable", auth.ManageStaff, o.told(o.enableColleague))

	r.GET(templatesPath, auth.ManageTemplates, o.told(o.templates))
	r.GET(templatesPath+"/:id", auth.ManageTemplates, o.told(o.template))
	r.POST(templatesPath+"/:id", auth.ManageTemplates, o.told(o.saveTemplate))
	r.POST(templatesPath+"/:id/state", auth.ManageTemplates, o.told(o.setTemplate))

	r.GET(systemPath, auth.ManageJobs, o.told(o.system))
	r.POST(systemPath+"/jobs/:id", auth.ManageJobs, o.told(o.revive))
	r.GET(rescuePath, auth.ManageJobs, o.told(o.rescues))
	r.POST(rescuePath+"/:id", auth.ManageJobs, o.told(o.retry))
	r.GET(actsPath, auth.ReadAuditOfStaff, o.told(o.acts))
}

// refusals are what an officer is told of an error, on a page with a way on.
var refusals = []struct {
	err    error
	status int
	key    string // .title and .text
	path   string // where to go on
}{
	{ErrNoOpening, http.StatusForbidden, "office.noopening", personPath},
	{ErrSearches, http.StatusTooManyRequests, "office.searches", deskPath},
	{ErrOwn, http.StatusForbidden, "office.own", deskPath},
	{ErrFirst, http.StatusConflict, "office.first", queuePath},
	{ErrAccountChanged, http.StatusConflict, "office.accountchanged", queuePath},
	{ErrOwnRoles, http.StatusForbidden, "office.ownroles", staffPath},
	{ErrLastAdministrator, http.StatusConflict, "office.last", staffPath},
	{ErrChanged, http.StatusConflict, "office.changed", staffPath},
	{ErrState, http.StatusConflict, "office.state", deskPath},
}

// told makes a page of the errors that an officer can do something about.
func (o *Office) told(h page.Handler) page.Handler {
	return func(c *gin.Context) error {
		err := h(c)
		if err == nil || c.Writer.Written() {
			return err
		}
		v := page.From(c)
		var held HeldError
		if errors.As(err, &held) {
			return o.showHeld(c, v, held.Hold)
		}
		for _, r := range refusals {
			if errors.Is(err, r.err) {
				v.Title = v.T(r.key + ".title")
				return page.Render(c, r.status, refusedView(v, v.T(r.key+".text"), page.Link{URL: v.URL(r.path), Text: v.T("office.goon")}))
			}
		}
		return err
	}
}

// may says whether the officer's roles open an act.
func (o *Office) may(v page.View, act auth.Act) bool {
	return v.Officer != nil && o.Policy.AllowOfficer(v.Officer, act) == nil
}

// typed is what a form field holds: what one can see, and line ends.
func typed(c *gin.Context, name string) string {
	return strings.TrimSpace(visible(c.PostForm(name)))
}

// visible is a text without what nobody sees: what turns the words around it to the other
// side, or parts two that look like one. What joins letters stays: some scripts need it.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\u200c' || r == '\u200d' || unicode.IsGraphic(r):
			return r
		case r == '\t':
			return ' '
		}
		return -1
	}, strings.ToValidUTF8(s, ""))
}

// view begins a page of a section of the menu.
func view(c *gin.Context, nav, title string) page.View {
	v := page.From(c)
	v.Nav, v.Section, v.Title = nav, v.T("office.nav."+nav), v.T(title)
	return v
}

// landed is for a page to which a form of another page leads: the focus is on its heading.
func landed(v *page.View) { v.Step = page.Step{N: 2} }

// when is a time as a list shows it.
func when(v page.View, t time.Time) string {
	if t.IsZero() {
		return v.T("office.never")
	}
	return locale.DateTime(v.Lang, t)
}

// options are the lines of a choice whose words are prefix + key.
func options(v page.View, prefix string, keys []string) []page.Option {
	list := make([]page.Option, len(keys))
	for i, key := range keys {
		list[i] = page.Option{Value: key, Text: v.T(prefix + key)}
	}
	return list
}

// first is options with an empty line before them.
func first(text string, list []page.Option) []page.Option {
	return append([]page.Option{{Text: text}}, list...)
}
