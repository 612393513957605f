package messages

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
)

// Sessions is what the area needs of the portal's.
type Sessions interface {
	// Network is where the request comes from: what one client holds.
	Network(c *gin.Context) string
}

// Messages is the area. All fields are required.
type Messages struct {
	Store    Store
	Sessions Sessions
	Gate     *upload.Gate
	// Deadline is until when a message of then is answered.
	Deadline func(asked time.Time) time.Time
	Now      func() time.Time
}

// Paths of the area, below the language.
const (
	reachPath  = "requests/contact"
	wordsPath  = "requests/contact/words"
	filesPath  = "requests/contact/files"
	removePath = "requests/contact/remove"
	checkPath  = "requests/contact/check"
	sendPath   = "requests/contact/send"
	newPath    = "contact/new" // under which other pages, and people, know it
	threadPath = "messages/"
	filePath   = "messages/files/"
	listPath   = "requests" // of package requests
	dataPath   = "account"  // of package account
)

// UploadRoutes are the routes that take a form in parts: their bounds are their own.
var UploadRoutes = []string{"/:lang/" + filesPath}

// Route mounts the area. What was typed is kept in a draft and checked again at each
// step, as in package orders: every page answers a GET, and every POST leads to one.
func (m *Messages) Route(r page.Routes) {
	r.GET(newPath, auth.SendMessage, m.begin)
	r.GET(reachPath, auth.SendMessage, m.reach)
	r.POST(reachPath, auth.SendMessage, m.takeReach)
	r.GET(wordsPath, auth.SendMessage, m.words)
	r.POST(wordsPath, auth.SendMessage, m.takeWords)
	r.GET(filesPath, auth.SendMessage, m.files)
	r.POST(filesPath, auth.SendMessage, m.takeFile)
	r.POST(removePath, auth.SendMessage, m.removeFile)
	r.GET(checkPath, auth.SendMessage, m.check)
	r.POST(sendPath, auth.SendMessage, m.send)
	r.GET(threadPath+":id", auth.ReadFile, m.thread)
	r.POST(threadPath+":id/answer", auth.SendMessage, m.answer)
	r.GET(filePath+":id", auth.ReadFile, m.file)
}

// steps of a message: how to answer, words, files, check.
const steps = 4

// of are subjects by the words that other pages know them by.
var of = map[string]string{"data-error": "my-data", "older-statements": "indemnity", "report-error": "my-data", newAddress: "my-data"}

// newAddress is the subject by which an address opens the message that asks for another
// postal address: at its words, since there is one thing to write.
const newAddress = "address"

// subject is what an address asks to write about; "" if it says nothing that we know.
func subject(c *gin.Context) string {
	s := c.Query(subjectField)
	if known, ok := of[s]; ok {
		s = known
	}
	if !slices.Contains(subjectsOf(page.From(c)), s) {
		return ""
	}
	return s
}

// begin leads from the short address to the form.
func (m *Messages) begin(c *gin.Context) error {
	to := page.From(c).URL(reachPath)
	s := subject(c)
	if c.Query(subjectField) == newAddress {
		s = newAddress
	}
	if s != "" {
		to += "?" + url.Values{subjectField: {s}}.Encode()
	}
	c.Redirect(http.StatusSeeOther, to)
	return nil
}

// answers are what the member typed, as she typed it.
type answers struct {
	Reply, Subject, Title, Text string
	// Long says that the text was cut: it is too long by far.
	Long bool `json:",omitempty"`
}

// Names of the fields.
const (
	replyField   = "reply"
	subjectField = "subject"
	titleField   = "title"
	textField    = "text"
	fileField    = "file"
	draftField   = "draft"
	keyField     = "key"
)

func (m *Messages) drafts() page.DraftForm[answers] {
	return page.DraftForm[answers]{Store: m.Store, Name: reachPath}
}

// view begins a page of the form.
func view(c *gin.Context, n int, title string) page.View {
	v := page.From(c)
	v.Title, v.Section, v.Nav = v.T(title), v.T("messages.task"), "requests"
	v.Step = page.Step{Task: v.T("messages.task"), N: n, Of: steps}
	return v
}

// maxKept is how much of a text a draft keeps, in bytes as it is stored.
const maxKept = 6000

// typedText is the text of a form, with line ends as one; long if it had to be cut.
func typedText(s string) (text string, long bool) {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, ""), "\r\n", "\n"))
	size := 0
	for i, r := range s {
		if size += stored(r); size > maxKept {
			return s[:i], true
		}
	}
	return s, false
}

// stored is how many bytes JSON takes for a character.
func stored(r rune) int {
	switch {
	case r < ' ' || r == '<' || r == '>' || r == '&' || r == '\u2028' || r == '\u2029':
		return 6
	case r == '"' || r == '\\':
		return 2
	}
	return len(string(r))
}
