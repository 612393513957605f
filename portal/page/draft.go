package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/auth"
)

// ErrNoDraft means that this session holds no such draft: it made room for newer ones,
// ended with its session, belongs to another, or never was.
var ErrNoDraft = errors.New("no such draft")

// MaxDraft is how large a draft may be, in bytes.
const MaxDraft = 8 << 10

// Drafts keeps what members typed while they walk from page to page; *store.DB does.
type Drafts interface {
	// PutDraft keeps the bytes under the login's session, the form and the id, in place
	// of what is there. The oldest drafts of a session make room for new ones.
	PutDraft(ctx context.Context, login auth.Login, form, id string, text []byte) error
	// Draft returns what PutDraft was given by the same session. ErrNoDraft.
	Draft(ctx context.Context, login auth.Login, form, id string) ([]byte, error)
}

// Draft is what was typed on a form of several pages, as it was typed. It is kept on
// the server for the session, and its address names it by an id that says nothing, so
// that each page is an answer to a GET: Back, reload, another tab and another language
// show it again, and nothing personal stands in an address.
type Draft[T comparable] struct {
	Answers T
	// Checked says that the form was sent to go on: what is wrong with it is told. A
	// form that was only sent to be seen in another language is shown without.
	Checked bool
	// Key is the idempotency key of these very answers: what is sent with it is what was
	// shown. Other answers get another key, the same ones keep theirs.
	Key string
}

// DraftForm keeps the answers of one form of an area.
type DraftForm[T comparable] struct {
	Store Drafts
	Name  string // of the form: the path of its first page
}

// draftField names a draft, in an address and in a form.
const draftField = "draft"

// DraftID returns the id that the address or the form names, "" if it is none of ours.
func DraftID(c *gin.Context) string {
	id := c.Query(draftField)
	if c.Request.Method == http.MethodPost {
		id = c.PostForm(draftField)
	}
	if !isKey(id) {
		return ""
	}
	return id
}

// NewDraftID draws the id of a draft. Nothing is stored under it until Keep.
func NewDraftID() string { return newKey() }

// DraftURL is the address of a page that shows the draft.
func DraftURL(v View, path, id string) string { return v.URL(path) + "?" + draftField + "=" + id }

// Read returns the draft that the request names; ok is false if there is none.
func (f DraftForm[T]) Read(c *gin.Context) (d Draft[T], ok bool, err error) {
	id := DraftID(c)
	if id == "" {
		return d, false, nil
	}
	text, err := f.Store.Draft(c.Request.Context(), LoginOf(c), f.Name, id)
	if errors.Is(err, ErrNoDraft) {
		return d, false, nil
	}
	if err != nil {
		return d, false, fmt.Errorf("reading a draft: %w", err)
	}
	if json.Unmarshal(text, &d) != nil { // written by another version: she types it again
		return Draft[T]{}, false, nil
	}
	return d, true, nil
}

// Keep stores what was typed under the id that the form names, or a new one, and
// returns the id.
func (f DraftForm[T]) Keep(c *gin.Context, answers T) (id string, err error) {
	d := Draft[T]{Answers: answers, Checked: !Switched(c), Key: newKey()}
	before, ok, err := f.Read(c)
	if err != nil {
		return "", err
	}
	if ok && before.Answers == answers {
		d.Key = before.Key
	}
	text, err := json.Marshal(d)
	if err != nil {
		return "", fmt.Errorf("keeping a draft: %w", err)
	}
	if id = DraftID(c); id == "" {
		id = NewDraftID()
	}
	if err := f.Store.PutDraft(c.Request.Context(), LoginOf(c), f.Name, id, text); err != nil {
		return "", fmt.Errorf("keeping a draft: %w", err)
	}
	return id, nil
}

// changedMark stands in the address of a page that was sent with answers which have
// changed since.
const changedMark = "changed"

// DraftChangedURL is DraftURL, for who sent a page of answers that are others now.
func DraftChangedURL(v View, path, id string) string {
	return DraftURL(v, path, id) + "&" + changedMark + "=1"
}

// DraftNotice is what there is to say about the draft on a page that shows it; nil: nothing.
func DraftNotice(c *gin.Context, found bool) *Banner {
	v, key := From(c), "page.draft.changed"
	switch {
	case !found:
		key = "page.draft.gone"
	case c.Query(changedMark) == "":
		return nil
	}
	return &Banner{Kind: Neutral, Title: v.T(key + ".title"), Text: v.T(key + ".text")}
}

// maxTyped is how much of a field is kept, in characters: more than any of our fields
// may hold, so that what is too long stays too long.
const maxTyped = 250

// Typed is what was typed in a field of one line, cut where it is far too long.
func Typed(c *gin.Context, field string) string {
	text := c.PostForm(field)
	n := 0
	for i := range text {
		if n++; n > maxTyped {
			return text[:i]
		}
	}
	return text
}
