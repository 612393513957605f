// Package web holds the counter's static files.
package web

import "net/http"

// Asset returns the address of a static file.
func Asset(name string) string { return "/static/" + name }

// Integrity returns its integrity attribute.
func Integrity(name string) string { return "" }

// Handler serves /static/.
func Handler() http.Handler { return http.NotFoundHandler() }
