package documents

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/core"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

const (
	receivedTab = "received"
	maxSearch   = 60  // characters of what is searched
	searched    = 10  // lists of at most batch that a search looks through
	batch       = 100 // documents
)

// find21 lists one more document than a page shows. A search looks through the vault list
// by list: titles of papers are sealed, and a vault is not large. So does the list of a
// login to which care is closed.
func (d *Documents) find21(c *gin.Context, v page.View, f Filter, before string) ([]Document, error) {
	ctx, login := c.Request.Context(), page.LoginOf(c)
	closed := d.careFor(c) != nil
	if f.Search == "" && !closed {
		return d.Store.Documents(ctx, login, f, before, perPage+1)
	}
	var found []Document
	for range searched {
		list, err := d.Store.Documents(ctx, login, f, before, batch)
		if err != nil {
			return nil, err
		}
		for _, doc := range list {
			if closed && doc.care() || f.Search != "" && !f.matches(v, doc) {
				continue
			}
			if len(found) <= perPage {
				found = append(found, doc)
			}
		}
		if len(list) < batch || len(found) > perPage {
			break
		}
		before = list[len(list)-1].ID
	}
	return found, nil
}

// matches says whether each word of the search is in the title, kind or reference.
func (f Filter) matches(v page.View, doc Document) bool {
	text := core.Fold(doc.Title + " " + name(v, doc) + " " + doc.Reference)
	words := strings.Fields(core.Fold(f.Search))
	for _, word := range words {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return len(words) > 0
}

// name is what a document is.
func name(v page.View, doc Document) string {
	if doc.Method == Received {
		return receivedName(v, doc)
	}
	return page.KindName(v, doc.Kind)
}

// receivedName is the kind of what the mutuality sent; one that we do not know is a
// document.
func receivedName(v page.View, doc Document) string {
	if key := "documents.received." + doc.ReceivedKind; locale.Has(key) {
		return v.T(key)
	}
	return v.T("documents.received.other")
}

// readBadge says whether the member opened it.
func readBadge(v page.View, doc Document) (page.Kind, string) {
	if doc.Unread {
		return page.Unread, v.T("documents.unread")
	}
	return page.Neutral, v.T("documents.read")
}

func receivedRow(v page.View, doc Document) page.TableRow {
	return page.TableRow{
		page.TitleCell(page.Link{URL: address(v, doc.ID, ""), Text: doc.Title, Lang: v.Written(string(doc.Language)), Hidden: doc.Reference}, receivedName(v, doc)+", "+fileText(v, doc)),
		page.Text(locale.DayMonth(v.Lang, doc.Created)), page.Badge(readBadge(v, doc)),
		page.TextLink(page.Link{URL: address(v, doc.ID, "file.pdf"), Text: v.T("documents.download"), Hidden: doc.Title + ", " + doc.Reference}),
	}
}

// received is the page of a document that the mutuality sent.
func (d *Documents) received(c *gin.Context, v page.View, doc Document) error {
	v.Title, v.Section, v.Nav = doc.Title, v.T("documents.title"), "documents"
	v.TitleLang = v.Written(string(doc.Language))
	v.Back = page.Link{URL: v.URL(listPath), Text: v.T("documents.back")}
	lang, _ := locale.Parse(string(doc.Language))
	return page.Render(c, http.StatusOK, receivedView(v, detailPage{Document: doc, Rows: []page.SummaryRow{
		{Label: v.T("documents.state"), Content: page.Badge(readBadge(v, doc))},
		{Label: v.T("documents.received.what"), Value: receivedName(v, doc)},
		{Label: v.T("documents.received.issued"), Value: locale.Date(v.Lang, doc.Created)},
		{Label: v.T("documents.reference"), Value: doc.Reference},
		{Label: v.T("documents.received.language"), Value: lang.Name()},
		{Label: v.T("documents.file"), Value: fileText(v, doc)},
		keptRow(v, doc),
	}}))
}

// keptRow is until when a document is kept.
func keptRow(v page.View, doc Document) page.SummaryRow {
	return page.SummaryRow{Label: v.T("documents.kept"), Value: v.T("documents.kept.until", locale.A("date", locale.Date(v.Lang, doc.Created.AddDate(Retention, 0, 0)))),
		Detail: v.T("documents.kept.text")}
}
