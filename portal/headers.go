package portal

import (
	"strings"

	"github.com/gin-gonic/gin"
)

// policy is the content security policy of every answer. Only pages that speak to a
// card may connect to the loopback agent as well.
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

// securityHeaders are on all answers, errors and redirects included.
func (p *Portal) securityHeaders(c *gin.Context) {
	h := c.Writer.Header()
	h.Set("Content-Security-Policy", p.policyFor(c.FullPath()))
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
	c.Next()
}

// cardPages are the pages on which a card speaks: they alone may connect to the
// loopback agent.
var cardPages = map[string]bool{
	"/:lang/sign-in/card":      true,
	"/:lang/requests/:id/sign": true,
}

// policyFor is the content security policy of the page at a route.
func (p *Portal) policyFor(route string) string {
	if cardPages[route] {
		return p.agentPolicy
	}
	return p.policy
}
