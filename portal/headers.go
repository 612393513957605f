package portal

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
)

// policy is the content security policy of every answer. Only pages that speak to a
// card may connect to the loopback agent as well.
//
// form-action keeps forms here, also through every redirect that answers one: what leads
// to a federal provider is therefore a link, never a form.
//
// Directives: W3C Content Security Policy Level 3; require-trusted-types-for: W3C
// Trusted Types.
func policy(connect string) string {
	return strings.Join([]string{
		"default-src 'none'",
		"script-src 'self'",
		"style-src 'self'",
		"img-src 'self'",
		"font-src 'self'",
		"connect-src 'self'" + connect,
		"form-action 'self'",
		"base-uri 'none'",
		"frame-ancestors 'none'",
		"require-trusted-types-for 'script'",
	}, "; ")
}

// secured puts the headers on all answers: errors, redirects and what is refused
// before any route is looked at included.
func (p *Portal) secured(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", p.policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
		// Pages hold a member's data: no copy stays in a cache or behind the back button.
		h.Set("Cache-Control", "no-store")
		if p.secure {
			h.Set("Strict-Transport-Security", "max-age=63072000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// cardPages are the pages on which a card speaks, or what speaks to it is tested: they alone may connect to the
// loopback agent.
var cardPages = map[string]bool{
	"/:lang/sign-in/card":      true,
	"/:lang/requests/:id/sign": true,
	"/:lang/help/self-test":    true,
	"/:lang/kiosk":             true, // before its agent has said that the browser is a kiosk's

	"/:lang/office/sign-in":         true,
	"/:lang/office/files/:id/enrol": true,
	"/:lang/office/person/card":     true,

	"/:lang/office/files/:id/paper/sign": true,
}

// allowAgent lets a card page connect to the loopback agent.
func (p *Portal) allowAgent(c *gin.Context) {
	if path := c.FullPath(); cardPages[path] && !p.cfg.Mutuality.Off.Closes(strings.TrimPrefix(path, "/:lang/")) {
		c.Header("Content-Security-Policy", p.agentPolicy)
	}
	c.Next()
}
