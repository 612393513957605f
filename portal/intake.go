package portal

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/audit"
	"guichet.example/portal/check"
	"guichet.example/portal/federal"
	"guichet.example/portal/messages"
	"guichet.example/portal/papers"
	"guichet.example/portal/requests"
)

// Limits on what a browser may send, in bytes.
const (
	maxHeader = 16 << 10
	maxBody   = 64 << 10 // no upload yet: the largest form and the largest token are far below
)

// errDoubledField refuses a form in which a field stands twice: which of the two
// counts would depend on who reads it.
var errDoubledField = errors.New("form field given twice")

// errBadForm refuses a body that is not the form or JSON it claims to be.
var errBadForm = errors.New("form could not be read")

// errTooLarge refuses a body above maxBody.
var errTooLarge = errors.New("request body too large")

// reference gives the number that stands on an error page and in the log line of the
// same request: eight letters and digits that are easy to read aloud.
func reference() string {
	var b [5]byte
	rand.Read(b[:]) // never fails: crypto/rand
	code := aloud.EncodeToString(b[:])
	return code[:4] + "-" + code[4:]
}

// aloud is Crockford's alphabet: no I, L, O, U.
var aloud = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// identify gives each request its reference and writes one line when it ends. The
// line holds the route's pattern, never the address itself, so that no id and no
// query of a member's stands in the log.
func (p *Portal) identify(c *gin.Context) {
	ref := reference()
	c.Set(referenceKey, ref)
	c.Request = c.Request.WithContext(audit.WithRequestID(c.Request.Context(), ref))
	start := p.cfg.Now()
	c.Next()
	if strings.HasPrefix(c.FullPath(), "/static/") {
		return
	}
	p.figures.count(c.Request.Method, c.FullPath(), c.Writer.Status(), p.cfg.Now().Sub(start))
	attrs := []any{"ref", ref, "method", c.Request.Method, "route", c.FullPath(),
		"status", c.Writer.Status(), "ms", p.cfg.Now().Sub(start).Milliseconds()}
	if cause, ok := c.Get(causeKey); ok {
		attrs = append(attrs, "cause", cause)
	}
	if c.Writer.Status() >= http.StatusInternalServerError {
		p.cfg.Log.Error("request", attrs...)
		return
	}
	p.cfg.Log.Info("request", attrs...)
}

// knownHost refuses requests for a host that is not ours: DNS rebinding, and links
// built from a forged Host header. A load balancer asks for our health by address.
func (p *Portal) knownHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != p.host && r.URL.Path != healthPath && r.URL.Path != readyPath {
			p.refuseEarly(w, r, http.StatusMisdirectedRequest, "this host is not served here")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// ownOrigin refuses what a browser without Sec-Fetch-Site sends from another origin of
// our own host, http or another port's: the cross-origin protection of the library looks
// at the host alone. Where there is Sec-Fetch-Site it has judged; our own forms then say
// "null", since no referrer leaves our pages.
func (p *Portal) ownOrigin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		origin, reading := r.Header.Get("Origin"), r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodOptions
		if !reading && r.Header.Get("Sec-Fetch-Site") == "" && origin != "" && origin != p.cfg.Origin && r.Method+" "+r.URL.Path != fromProvider {
			p.foreign(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// foreign answers a form or message that another site had a browser send.
func (p *Portal) foreign(w http.ResponseWriter, r *http.Request) {
	p.refuseEarly(w, r, http.StatusForbidden, "sent by another site, or by a browser too old to tell")
}

// refuseEarly answers what is refused before the router and leaves a line of it: an
// attempt to come round is worth knowing (ASVS 16.3.3).
func (p *Portal) refuseEarly(w http.ResponseWriter, r *http.Request, status int, why string) {
	ref := reference()
	p.cfg.Log.Warn("request", "ref", ref, "method", r.Method, "route", "", "status", status, "cause", why)
	http.Error(w, why+" ("+ref+")", status)
}

// limitBody bounds the body and reads a form before any handler does, so that a
// doubled or oversize field, and one that is no text, is refused in one place. Few pages of ours send a form
// in parts, which is read later and elsewhere: their packages bound their own. The same
// holds for what stands in the address.
func (p *Portal) limitBody(c *gin.Context) {
	if !readable(c.Request.URL.Path) {
		p.fail(c, errNoPage)
		return
	}
	if err := single(c.Request.URL.Query()); err != nil {
		p.fail(c, err)
		return
	}
	own := c.FullPath() == federal.ACSPath || inParts(c.Request) && (c.FullPath() == check.UploadRoute ||
		slices.Contains(slices.Concat(papers.UploadRoutes, messages.UploadRoutes, requests.UploadRoutes), c.FullPath())) // have bounds of their own
	if c.Request.Method != http.MethodPost || own {
		c.Next()
		return
	}
	c.Request.Body = http.MaxBytesReader(c.Writer, c.Request.Body, maxBody)
	if !isJSON(c.Request) {
		if err := readForm(c.Request); err != nil {
			p.fail(c, err)
			return
		}
	}
	c.Next()
}

func readForm(r *http.Request) error {
	if inParts(r) {
		return errBadForm
	}
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return errTooLarge
		}
		return errBadForm
	}
	return single(r.PostForm)
}

// single refuses a field that stands twice, and one that is no text.
func single(fields url.Values) error {
	for name, values := range fields {
		if len(values) > 1 {
			return errDoubledField
		}
		if !readable(name) || len(values) == 1 && !readable(values[0]) {
			return errBadForm
		}
	}
	return nil
}

// readable says whether something is text: UTF-8 without NUL, as browsers send it and
// PostgreSQL takes it.
func readable(s string) bool { return utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 }

func inParts(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), "/")
	return strings.EqualFold(strings.TrimSpace(kind), "multipart")
}

func isJSON(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(kind) == "application/json"
}
