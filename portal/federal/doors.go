package federal

import (
	"strconv"

	"guichet.example/auth"
	"guichet.example/portal/page"
)

// Doors are the doors on the sign-in page, one for each provider that signs in. The
// providers are not asked for them: one that is down delays nobody.
func (f *Federal) Doors(v page.View, next string) []page.Door {
	var doors []page.Door
	for _, w := range f.Ways {
		if w.SignIn == 0 {
			continue
		}
		doors = append(doors, page.Door{
			Picture: "phone", Title: nameOf(w, v.Lang), Text: v.T("federal.door.text"),
			Opens: []page.Opening{
				{Text: v.T("signin.opens.see"), Yes: auth.OfCSAM(w.Top) >= auth.Low},
				{Text: v.T("signin.opens.account"), Yes: w.Approve > 0 && auth.OfCSAM(w.Top) >= auth.Substantial},
				{Text: v.T("signin.opens.sign")},
			},
			Action: page.Link{URL: v.URL("sign-in/federal/" + w.ID() + "?next=" + next), Text: v.T("federal.door.use"),
				Hidden: v.T("federal.door.which", arg("provider", nameOf(w, v.Lang)))},
		})
	}
	return doors
}

// Stronger are the ways that open an act to which the login is too weak, as links that
// return to next. An act that only the card opens has none.
func (f *Federal) Stronger(v page.View, e auth.StepUpError, next string) []page.Link {
	if e.Method != "" && e.Method != auth.Federal {
		return nil
	}
	var links []page.Link
	for _, w := range f.Ways {
		level := levelFor(e.Need)
		if w.SignIn == 0 || w.Top < level {
			continue
		}
		links = append(links, page.Link{
			URL:  v.URL("sign-in/federal/" + w.ID() + "?next=" + page.LocalPath(next) + "&level=" + strconv.Itoa(max(level, w.SignIn))),
			Text: v.T("federal.stronger", arg("provider", nameOf(w, v.Lang)), arg("keys", keys(v, w, strconv.Itoa(level)))),
		})
	}
	return links
}
