package page

import (
	"strings"

	"guichet.example/auth"
)

// Door is the path of the sign-in at which a page that is closed sends people.
func (v View) Door() string {
	switch {
	case v.Office:
		return "office/sign-in"
	case v.Kiosk != nil:
		return "kiosk"
	}
	return "sign-in"
}

// Start is the path of the first page of whoever is signed in.
func (v View) Start() string {
	if v.Office {
		return "office"
	}
	return "home"
}

// stay is asked by the script that keeps a session alive.
func (v View) stay() string {
	if v.Office {
		return v.URL("office/stay")
	}
	return v.URL("stay")
}

// officeEntry is an entry of the office's menu and the act that opens it.
type officeEntry struct {
	entry
	act auth.Act
}

// officeEntries are the entries in their fixed order. Each officer sees those that her
// roles open.
var officeEntries = []officeEntry{
	{entry{"queue", "office/queue", "office.nav.queue"}, auth.WorkQueue},
	{entry{"person", "office/person", "office.nav.person"}, auth.OpenFile},
	{entry{"letters", "office/letters", "office.nav.letters"}, auth.PrintLetters},
	{entry{"appointments", "office/appointments", "office.nav.appointments"}, auth.ReadAppointments},
	{entry{"staff", "office/staff", "office.nav.staff"}, auth.ManageStaff},
	{entry{"templates", "office/templates", "office.nav.templates"}, auth.ManageTemplates},
	{entry{"kiosks", "office/kiosks", "office.nav.kiosks"}, auth.ManageKiosks},
	{entry{"system", "office/system", "office.nav.system"}, auth.ManageJobs},
}

// officeMenu are the entries that the officer's roles open.
func (v View) officeMenu() []entry {
	var list []entry
	for _, e := range officeEntries {
		if v.Officer != nil && v.Leads(e.path) && auth.DefaultPolicy().AllowOfficer(v.Officer, e.act) == nil {
			list = append(list, e.entry)
		}
	}
	return list
}

// roles are the officer's roles in words.
func (v View) roles() string {
	var words []string
	for _, r := range v.Officer.Roles {
		words = append(words, v.T("office.role."+string(r)))
	}
	return strings.Join(words, ", ")
}
