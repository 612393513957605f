package enrol

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"guichet.example/portal/page"
	"guichet.example/portal/profile"
)

// entry is where a way begins, with its picture. A way without an address has words only.
type entry struct {
	way     profile.Way
	picture page.Picture
	path    string
}

// entries are in the order in which they are offered: what opens most comes first.
var entries = []entry{
	{profile.ByCard, "card", "sign-in/card"},
	{profile.ByFederal, "phone", "sign-in"},
	{profile.ByAccessCode, "fields", codePath},
	{profile.ByIdentity, "fields", identityPath},
	{profile.BySixFields, "fields", sixPath},
	{profile.ByLetter, "fields", letterPath},
}

// ways is the page of all ways: who has an account, who wants one, and what one gets.
func (e *Enrol) ways(c *gin.Context) error {
	v := page.From(c)
	if v.Login != nil {
		c.Redirect(http.StatusSeeOther, v.URL("home"))
		return nil
	}
	v.Title, v.Lead = v.T("enrol.title"), v.T("enrol.lead")
	switch told := c.Query("told"); told {
	case "over", "not-me":
		v.Banner = &page.Banner{Kind: page.Neutral, Title: v.T("enrol.told." + told + ".title"), Text: v.T("enrol.told." + told)}
	}
	return page.Render(c, http.StatusOK, waysPage(v, e.doors(v), e.spoken(v)))
}

func (e *Enrol) doors(v page.View) []page.Door {
	var doors []page.Door
	for _, w := range entries {
		if !e.has(w.way) || w.way == profile.ByFederal && !e.Federal {
			continue
		}
		key := "enrol.way." + string(w.way)
		doors = append(doors, page.Door{
			Picture: w.picture, Title: v.T(key), Text: v.T(key + ".text"), First: len(doors) == 0,
			Opens:  []page.Opening{{Text: v.T(key + ".need"), Yes: true}, {Text: v.T(key + ".when"), Yes: true}},
			Action: page.Link{URL: v.URL(w.path), Text: v.T(key + ".use")},
		})
	}
	return doors
}

// spoken are the ways that need no page of ours: a visit, a kiosk.
func (e *Enrol) spoken(v page.View) []string {
	var words []string
	for _, w := range []profile.Way{profile.ByCounter, profile.ByKiosk} {
		if e.has(w) && (w != profile.ByKiosk || v.Leads("kiosk")) {
			words = append(words, v.T("enrol.way."+string(w)+".text"))
		}
	}
	return words
}
