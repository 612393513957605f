// Package web holds the counter's static files: one stylesheet, a few scripts, an icon.
//
// Each file has an address with its hash in it, under which browsers may keep it for
// ever, and an integrity value for the tag that loads it (W3C Subresource Integrity).
// The scripts are ES modules that import each other by plain names; when the program
// starts those names are replaced by the hashed addresses, so that a page never mixes
// scripts of two releases. All work is done at start: a request copies ready bytes.
package web

import (
	"embed"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed static
var files embed.FS

// Prefix is where Handler serves the files.
const Prefix = "/static/"

// shipped is every file, ready to be sent; it never changes.
var shipped = mustPrepare(files)

func mustPrepare(from fs.FS) *site {
	s, err := prepare(from)
	if err != nil {
		panic(err) // our own mistake, found when the program starts
	}
	return s
}

// Asset returns the hashed address of a file: "guichet.css" gives
// "/static/guichet.1a2b3c4d5e6f.css". It panics on a name that there is not.
func Asset(name string) string { return shipped.must(name).url }

// Integrity returns the value of the integrity attribute for a file. It panics on a
// name that there is not.
func Integrity(name string) string { return shipped.must(name).integrity }

// Names lists the files.
func Names() []string { return shipped.names() }

// Handler serves the files below Prefix, by hashed and by plain names.
func Handler() http.Handler { return shipped }

// ServeHTTP answers GET and HEAD (RFC 9110): 304 for who has the file, gzip for who
// takes it, 404 for a hash of another release.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	if f, ok := s.byURL[r.URL.Path]; ok {
		f.serve(w, r, "public, max-age=31536000, immutable")
		return
	}
	if f, ok := s.byName[strings.TrimPrefix(r.URL.Path, Prefix)]; ok {
		f.serve(w, r, "no-cache")
		return
	}
	http.NotFound(w, r)
}
