package doctor

import "guichet.example/reader/api"

// IDs of the links, in their order.
const (
	Service        = "service"        // of the system, that speaks to card readers
	Module         = "module"         // PKCS#11 modules
	Reader         = "reader"         // card readers
	Holder         = "holder"         // other programs that hold the card
	Card           = "card"           // an identity card
	Authentication = "authentication" // certificate
	Signature      = "signature"      // certificate
	Chain          = "chain"          // the issuer's certificate on the card
	PIN            = "pin"            // tries left
	Entry          = "entry"          // where the PIN is typed
	Pinentry       = "pinentry"       // the program for it
	Browser        = "browser"        // manifests of the native host
	Agent          = "agent"          // the port that pages speak to
	Clock          = "clock"          // of this machine
)

// skipped is the first finding of every link: one before it failed.
const skipped = "skipped"

// finding is one way a link can be found. Its words are in the texts, under its name.
type finding struct {
	name    string
	outcome api.CheckOutcome
}

// link is one link of the chain from the system to the browser.
type link struct {
	id       string
	findings []finding
}

const (
	passed  = api.CheckPassed
	failed  = api.CheckFailed
	warning = api.CheckWarning
	unknown = api.CheckUnknown
)

// chain is every link with all its findings. A support code holds the place of a finding
// in this table: who changes anything but words gives codeFormat a new number.
var chain = []link{
	{Service, []finding{{skipped, unknown}, {"answers", passed}, {"unneeded", passed}, {"missing", failed}, {"silent", failed},
		{"denied", failed}, {"unseen", unknown}}},
	{Module, []finding{{skipped, unknown}, {"belgian", passed}, {"both", passed}, {"other", passed}, {"opensc", warning}, {"part", warning},
		{"restarted", warning}, {"none", failed}, {"unloadable", failed}, {"silent", failed}, {"occupied", failed}}},
	{Reader, []finding{{skipped, unknown}, {"one", passed}, {"several", passed}, {"none", failed}, {"unseen", failed}, {"failed", failed}}},
	{Holder, []finding{{skipped, unknown}, {"none", passed}, {"shared", passed}, {"busy", failed}}},
	{Card, []finding{{skipped, unknown}, {"known", passed}, {"absent", failed}, {"stranger", failed}, {"several", failed}, {"removed", failed},
		{"busy", failed}, {"silent", failed}, {"failed", failed}}},
	{Authentication, []finding{{skipped, unknown}, {"valid", passed}, {"ending", warning}, {"expired", failed}, {"early", failed}, {"none", failed},
		{"opensc", failed}}},
	{Signature, []finding{{skipped, unknown}, {"valid", passed}, {"ending", warning}, {"expired", failed}, {"early", failed}, {"none", warning},
		{"opensc", warning}}},
	{Chain, []finding{{skipped, unknown}, {"complete", passed}, {"missing", warning}}},
	{PIN, []finding{{skipped, unknown}, {"fine", passed}, {"few", warning}, {"last", warning}, {"blocked", failed}, {"untold", unknown}}},
	{Entry, []finding{{skipped, unknown}, {"keypad", passed}, {"window", passed}, {"page", passed}, {"pinentry", passed}}},
	{Pinentry, []finding{{skipped, unknown}, {"found", passed}, {"unneeded", passed}, {"missing", passed}, {"hidden", passed}, {"silent", warning}}},
	{Browser, []finding{{skipped, unknown}, {"installed", passed}, {"other", passed}, {"some", warning}, {"agent", warning}, {"missing", failed},
		{"broken", failed}, {"sandboxed", failed}, {"none", unknown}}},
	{Agent, []finding{{skipped, unknown}, {"serving", passed}, {"answers", passed}, {"busy", passed}, {"version", warning}, {"refuses", failed},
		{"taken", failed}, {"free", unknown}}},
	{Clock, []finding{{skipped, unknown}, {"right", passed}, {"wrong", failed}, {"certificate", failed}, {"behind", failed}, {"unreachable", unknown},
		{"alone", unknown}}},
}

// linkOf returns the link of that id.
func linkOf(id string) link { return linkIn(chain, id) }

func linkIn(links []link, id string) link {
	for _, l := range links {
		if l.id == id {
			return l
		}
	}
	panic("doctor: no link " + id) // our own mistake
}

// place returns where in the link's findings the named one stands.
func (l link) place(name string) int {
	for i, f := range l.findings {
		if f.name == name {
			return i
		}
	}
	panic("doctor: link " + l.id + " has no finding " + name) // our own mistake
}

// Works reports whether a sign-in with the card would work on this machine: module,
// reader, card, certificate and PIN, and a way from the browser to them.
func Works(c api.Checkup) bool {
	outcome := map[string]api.CheckOutcome{}
	for _, check := range c.Checks {
		outcome[check.ID] = check.Outcome
	}
	good := func(id string) bool { return outcome[id] == passed || outcome[id] == warning }
	for _, id := range []string{Module, Reader, Card, Authentication} {
		if !good(id) {
			return false
		}
	}
	return outcome[Holder] != failed && outcome[PIN] != failed && (good(Browser) || good(Agent))
}
