package portal_test

import (
	"slices"
	"strings"

	"guichet.example/auth"
)

// The access table of the counter, written down once more and by hand: the matrix holds
// the code against it, and asks auth.Policy nothing.

// memberWays are the ways in of members, in the order of the columns of memberTable.
var memberWays = []string{"password", "csam200", "csam300", "csam350", "csam400", "itsme450", "csam500", "card"}

// memberTable says of each act which ways in open it: o open, - closed, h open only where
// the mutuality lets weak logins read what tells of care.
var memberTable = map[auth.Act]string{
	auth.ReadFile:          "oooo oooo",
	auth.ReadHealth:        "hhhh oooo",
	auth.ReadDocuments:     "oooo oooo",
	auth.OrderDocument:     "oooo oooo",
	auth.SendMessage:       "oooo oooo",
	auth.MakeRequest:       "oooo oooo",
	auth.ChangePreferences: "oooo oooo",
	auth.ChangeCredentials: "oooo oooo",
	auth.ChangeContact:     "---- oooo",
	auth.ChangeBankAccount: "---- oooo",
	auth.GiveMandate:       "---- oooo",
	auth.BlockAccess:       "---- oooo",
	auth.Approve:           "---- oooo",
	auth.Sign:              "---- ---o",
}

// desks are the roles of staff, in the order of the columns of staffTable; the last has
// them all.
var desks = []auth.Role{auth.Advisor, auth.ContactPoint, auth.Mailroom, auth.MedicalDesk, auth.Administrator, "all"}

// staffTable says of each act of staff which roles open it.
var staffTable = map[auth.Act]string{
	auth.OfficeDesk:       "ooooo o",
	auth.WorkQueue:        "oo--- o",
	auth.OpenFile:         "oo--- o",
	auth.CheckIdentity:    "oo--- o",
	auth.EnrolMember:      "-o--- o",
	auth.PrintLetters:     "--o-- o",
	auth.ReadAppointments: "---o- o",
	auth.ManageAccounts:   "o---- o",
	auth.SignForMember:    "o---- o",
	auth.ManageStaff:      "----o o",
	auth.ManageKiosks:     "----o o",
	auth.ManageTemplates:  "----o o",
	auth.ManageJobs:       "----o o",
	auth.ReadAuditOfStaff: "----o o",
}

// notAtKiosk are the routes that a kiosk does not have, whoever sits at it: other ways in,
// enrolment and recovery by what one types, the office, files, the way to a provider. A
// route that is in no list is open to the member whose card is in, by her own row above.
var notAtKiosk = []string{
	"sign-in/password", "sign-in/password/*", "sign-in/federal/*",
	"enrol", "enrol/letter", "enrol/letter/*", "enrol/code", "enrol/identity", "enrol/facts", "enrol/facts/*", "enrol/contact", "enrol/not-me",
	"enrol/password", "enrol/check", "enrol/sent", "enrol/again", "enrol/open/*", "enrol/done", "enrol/renewed", "enrol/terms",
	"recover", "recover/*", "office", "office/*", "cannot-connect", "cannot-connect/*", "account/password", "account/password/*", "check", "check/*", "papers", "papers/*", "messages/files/:id", "requests/contact/files",
	"refunds/period.csv", "refunds/period.pdf", "refunds/payments/:reference/payment.csv", "refunds/payments/:reference/payment.pdf",
	"orders/incapacity-form/blank.pdf", "documents/:id/file.pdf", "documents/:id/proof.pdf", "indemnities/appointments/:id/calendar.ics", "requests/:id/document.pdf", "account/people/:holder/form.pdf", "requests/:id/prove",
}

// closedAt says whether the list has the route.
func closedAt(path string) bool {
	return slices.ContainsFunc(notAtKiosk, func(entry string) bool {
		below, all := strings.CutSuffix(entry, "*")
		return path == entry || all && strings.HasPrefix(path, below)
	})
}

// ofSessionsAtKiosk are the routes that are about a session at a kiosk, and are closed to
// all others as to nobody.
var ofSessionsAtKiosk = []string{"kiosk/stay", "kiosk/print", "kiosk/amounts"}

// openToAll are the acts without a session.
var openToAll = map[auth.Act]bool{auth.Public: true, auth.OfficeDoor: true}

// kind is what a parameter of an address means.
type kind string

// What addresses name.
const (
	request  kind = "request"  // a member's
	paper    kind = "document" // in a member's vault
	session  kind = "session"  // of a member
	signIn   kind = "sign-in"  // of a member
	item     kind = "item"     // of the office's queue
	opening  kind = "opening"  // of a member's file, by one officer
	employee kind = "employee" // of the mutuality
	job      kind = "job"      // that could not be done
	batch    kind = "batch"    // of letters
	letter   kind = "letter"
	machine  kind = "kiosk"    // of the mutuality
	template kind = "template" // of an answer
	secret   kind = "secret"   // opens by itself: whoever holds it
	word     kind = "word"     // of a list, the same for everybody
)

// named says what the first parameter of an address means, by what stands before it. No
// address has two.
var named = map[string]kind{
	"account/people/":           holder,
	"requests/":                 request,
	"documents/":                paper,
	"account/sessions/":         session,
	"account/sign-ins/":         signIn,
	"office/queue/":             item,
	"office/files/":             opening,
	"office/staff/":             employee,
	"office/system/jobs/":       job,
	"office/system/rescue/":     job,
	"office/letters/batches/":   batch,
	"office/letters/":           letter,
	"email/confirm/":            secret,
	"email/undo/":               secret,
	"bank/stop/":                secret,
	"recover/link/":             secret,
	"enrol/open/":               secret,
	"office/kiosks/":            machine,
	"office/templates/":         template,
	"sign-in/federal/":          word,
	"sign-in/answer/":           word,
	"messages/":                 message,
	"refunds/payments/":         payment,
	"refunds/receipts/":         receipt,
	"indemnities/appointments/": appointment,
	"messages/files/":           attachment,
}

// parameter is what a route's parameter means; found is false for a route without one.
func parameter(path string) (k kind, found, known bool) {
	before, after, found := strings.Cut(path, ":")
	if !found {
		return "", false, true
	}
	k, known = named[before]
	return k, true, known && !strings.Contains(after, ":")
}

// verdict of the table for one who came in by a way, or the empty one, and holds a desk,
// or none.
func verdict(act auth.Act, way string, desk auth.Role, health bool) string {
	row, staff := staffTable[act]
	switch {
	case openToAll[act]:
		return "open"
	case staff && desk == "":
		return "office door"
	case staff && column(row, desks, desk) == 'o':
		return "open"
	case staff:
		return "role"
	case way == "":
		return "door"
	}
	switch mark := column(memberTable[act], memberWays, way); {
	case mark == 'o' || mark == 'h' && health:
		return "open"
	}
	return "closed"
}

func column[T comparable](row string, columns []T, c T) byte {
	row = strings.ReplaceAll(row, " ", "")
	for i, other := range columns {
		if other == c && i < len(row) {
			return row[i]
		}
	}
	return '-'
}
