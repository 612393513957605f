package page

import (
	"regexp"

	"github.com/gin-gonic/gin"
)

// maxNext is the longest address to return to, in bytes.
const maxNext = 200

// local matches addresses below the language that we may return to: our own words and
// ids, no scheme, no host, no dots, no query.
var local = regexp.MustCompile(`^[a-z0-9-]+(/[A-Za-z0-9-]+)*$`)

// NextOf is where to go after signing in: the page of ours that the query names in
// "next", below the language, or home.
func NextOf(c *gin.Context) string { return LocalPath(c.Query("next")) }

// LocalPath returns the path if it is one of ours below the language, else "home". What
// it returns can stand in an address as it is.
func LocalPath(wished string) string {
	if len(wished) > maxNext || !local.MatchString(wished) {
		return "home"
	}
	return wished
}
