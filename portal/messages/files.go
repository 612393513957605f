package messages

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/locale"
	"guichet.example/portal/page"
	"guichet.example/portal/upload"
)

// filesPage is the third page: files that go with the message, none of them needed.
type filesPage struct {
	Draft string
	Rows  []fileRow
	More  bool // there is room for another
}

// fileRow is a file on the page, and where it is removed.
type fileRow struct {
	ID, Name, Detail string
}

func (m *Messages) files(c *gin.Context) error {
	return m.showFiles(c, page.DraftID(c), http.StatusOK, nil)
}

func (m *Messages) showFiles(c *gin.Context, id string, status int, errs []page.FieldError) error {
	v := view(c, 3, "messages.files.title")
	s, found, err := m.readDraft(c, id)
	if err != nil {
		return err
	}
	if !found || len(s.wrongReply(v))+len(s.draft.Answers.wrong(v)) > 0 {
		c.Redirect(http.StatusSeeOther, v.URL(reachPath))
		return nil
	}
	have, err := m.Store.Attached(c.Request.Context(), page.LoginOf(c), id)
	if err != nil {
		return fmt.Errorf("listing files: %w", err)
	}
	v.Lead, v.Errors = v.T("messages.files.lead"), errs
	v.Back = page.Link{URL: page.DraftURL(v, wordsPath, id), Text: v.T("messages.back.words")}
	p := filesPage{Draft: id, More: len(have) < MaxFiles}
	for i, f := range have {
		p.Rows = append(p.Rows, fileRow{f.ID, fileName(v, i), fileDetail(v, f)})
	}
	return page.Render(c, status, filesView(v, p))
}

// readDraft is read for a form in parts, whose draft is not where page looks for it.
func (m *Messages) readDraft(c *gin.Context, id string) (s state, found bool, err error) {
	if id == "" {
		return s, false, nil
	}
	asked := c.Copy()
	asked.Request = c.Request.Clone(c.Request.Context())
	asked.Request.Method, asked.Request.URL.RawQuery = http.MethodGet, draftField+"="+id
	return m.read(asked)
}

func fileName(v page.View, i int) string {
	return v.T("messages.file", locale.A("n", strconv.Itoa(i+1)))
}

func fileDetail(v page.View, f Attachment) string {
	return v.T("messages.media."+string(f.Media)) + ", " + locale.Bytes(v.Lang, int64(f.Size))
}

// takeFile takes a file and shows the page again.
func (m *Messages) takeFile(c *gin.Context) error {
	v := page.From(c)
	refuse := func(id string, status int, key string) error {
		return m.showFiles(c, id, status, []page.FieldError{{Field: fileField, Text: v.T("messages.file.error."+key,
			locale.A("size", locale.Bytes(v.Lang, MaxFile)), locale.A("n", strconv.Itoa(MaxFiles)))}})
	}
	place, err := m.Gate.Enter(m.Sessions.Network(c))
	if err != nil {
		no := upload.Untaken(c, err)
		return refuse("", no.Status, no.Key)
	}
	defer place.Leave()
	form := upload.Form{File: fileField, Fields: []string{keyField, draftField}, MaxFile: MaxFile, MaxField: 200}
	sent, err := form.Receive(c, place)
	id := page.KeyOf(sent.Fields[draftField])
	if err != nil {
		no := upload.Untaken(c, err)
		return refuse(id, no.Status, no.Key)
	}
	if _, found, err := m.readDraft(c, id); err != nil || !found {
		if err == nil {
			c.Redirect(http.StatusSeeOther, v.URL(reachPath))
		}
		return err
	}
	media, err := place.Judge(c.Request.Context(), sent.File)
	if err != nil {
		no := upload.Untaken(c, err)
		return refuse(id, no.Status, no.Key)
	}
	err = m.Store.Attach(c.Request.Context(), page.LoginOf(c), id, media, sent.File)
	if errors.Is(err, ErrTooManyFiles) {
		return refuse(id, http.StatusUnprocessableEntity, "many")
	}
	if err != nil {
		return fmt.Errorf("keeping a file: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.DraftURL(v, filesPath, id))
	return nil
}

// removeFile takes a file away again.
func (m *Messages) removeFile(c *gin.Context) error {
	v, id := page.From(c), page.DraftID(c)
	if id == "" {
		return m.toStart(c, v)
	}
	err := m.Store.Detach(c.Request.Context(), page.LoginOf(c), id, page.Typed(c, fileField))
	if err != nil && !errors.Is(err, ErrNotFound) { // removed already, in another tab
		return fmt.Errorf("removing a file: %w", err)
	}
	c.Redirect(http.StatusSeeOther, page.DraftURL(v, filesPath, id))
	return nil
}

// some is the end of the key of words for a page with n files.
func some(n int) string {
	if n == 0 {
		return "without"
	}
	return "with"
}
