package home

import (
	"context"
	"io"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/locale"
	"guichet.example/portal/page"
)

// Rendering returns a function that renders the home page for o, for benchmarks.
func Rendering(o Overview) func(context.Context, io.Writer) error {
	v := page.View{Lang: locale.FR, Path: "home", Nav: "home", Brand: page.DefaultBrand(), Now: time.Now(),
		IdleEnds: time.Now().Add(15 * time.Minute), Login: &auth.Login{Name: "Mathieu Delcourt", Method: auth.Card}}
	v.Title = v.T("home.title")
	v.Lead = v.T("home.hello", hello(v)) + " " + news(v, o)
	return func(ctx context.Context, w io.Writer) error { return homePage(v, o).Render(ctx, w) }
}
