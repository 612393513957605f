package doctor

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/reader/api"
	"guichet.example/reader/remote"
	"guichet.example/reader/softcard"
)

// TestMain is also the child that holds a module. It builds the proxy once.
func TestMain(m *testing.M) {
	remote.Main()
	dir, err := os.MkdirTemp("", "doctor-")
	if err != nil {
		panic(err)
	}
	module, err := softcard.Build(dir)
	if err != nil {
		panic(err)
	}
	os.Setenv("GUICHET_SOFTCARD", module)
	worldDir = dir + "/desk"
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

var worldDir string

// What nobody may find in a checkup.
const (
	givenNames = "Zénobie Anna"
	surname    = "Specimen-Vandevelde"
	number     = "01050399864"
	pin        = "739105284617"
)

// world has one card of each sort on one desk. The tests share its one reader.
type world struct {
	cards map[string]*certstest.Card
	desk  *softcard.Desk
}

var made = sync.OnceValues(func() (*world, error) {
	pki, err := certstest.New(certstest.Config{})
	if err != nil {
		return nil, err
	}
	now := time.Now()
	w := &world{cards: map[string]*certstest.Card{}}
	for name, p := range map[string]certstest.Person{
		"good":    {Algorithm: certstest.P384},
		"rsa":     {Algorithm: certstest.RSA2048},
		"kid":     {Algorithm: certstest.P384, NoSignature: true},
		"expired": {Algorithm: certstest.P384, NotBefore: now.AddDate(-5, 0, 0), NotAfter: now.AddDate(0, 0, -1)},
		"ending":  {Algorithm: certstest.P384, NotAfter: now.AddDate(0, 0, 30)},
		"early":   {Algorithm: certstest.P384, NotBefore: now.AddDate(0, 0, 2), NotAfter: now.AddDate(5, 0, 0)},
	} {
		p.GivenNames, p.Surname, p.NationalNumber = givenNames, surname, number
		if w.cards[name], err = pki.Issue(p); err != nil {
			return nil, err
		}
	}
	lone := *w.cards["good"] // with nothing of its issuer's on it
	lone.Issuer, lone.Root = nil, nil
	w.cards["lone"] = &lone
	if w.desk, err = softcard.NewDesk(worldDir); err != nil {
		return nil, err
	}
	for name, card := range w.cards {
		if err := w.desk.AddCard(name, card, pin); err != nil {
			return nil, err
		}
	}
	return w, nil
})

// desk returns the desk of all tests: a healthy module, an empty reader, full tries.
func desk(t *testing.T) (*world, *softcard.Desk) {
	t.Helper()
	w, err := made()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{w.desk.Fail(), w.desk.Speak(softcard.SoftHSM2), w.desk.Plug(), w.desk.Remove(), w.desk.UnplugReader(second)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name := range w.cards {
		if err := w.desk.ResetTries(name); err != nil {
			t.Fatal(err)
		}
	}
	return w, w.desk
}

// second is the name of another reader, with a serial number in it.
const second = "Second Reader (21121745142434) 00 00"

// set opens the modules in children, for one test.
func set(t *testing.T, modules ...string) *remote.Set {
	t.Helper()
	s, err := remote.Open(remote.Config{Modules: modules, Deadline: hanging})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// hanging is after how long a module counts as such; long enough for a loaded machine.
const hanging = 3 * time.Second

// quiet is a machine with nothing around the card, so that tests see no other one.
func quiet() Config {
	return Config{
		Lang: "en", Serving: true, Pinentry: func() string { return "" }, Deadline: time.Minute,
		System: System{
			Service: func() ServiceState { return ServiceAnswers }, PluggedIn: func() bool { return false },
			Programs: func() []string { return nil }, Modules: func() []string { return nil },
			HasPinentry: func() bool { return false }, Program: func() string { return "" },
		},
	}
}

// run makes a checkup and tells, from its support code, what was found of each link.
func run(t *testing.T, c Config) (api.Checkup, map[string]string) {
	t.Helper()
	checkup := Run(context.Background(), c)
	report, err := ParseCode(checkup.Code)
	if err != nil {
		t.Fatalf("ParseCode(%s) = %v", checkup.Code, err)
	}
	found := map[string]string{}
	for i, l := range chain {
		found[l.id] = l.findings[report.places[i]].name
		if got, want := checkup.Checks[i].Outcome, l.findings[report.places[i]].outcome; got != want {
			t.Errorf("%s is %s, and %s by the code", l.id, got, want)
		}
	}
	return checkup, found
}

// wants compares some of the findings.
func wants(t *testing.T, found, want map[string]string) {
	t.Helper()
	for id, name := range want {
		if found[id] != name {
			t.Errorf("%s is found %s, want %s", id, found[id], name)
		}
	}
}
