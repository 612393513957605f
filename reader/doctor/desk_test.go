package doctor

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/miekg/pkcs11"

	"guichet.example/reader/api"
	"guichet.example/reader/softcard"
)

// behind says that everything behind a link was skipped.
func behind(more map[string]string, ids ...string) map[string]string {
	for _, id := range append(ids, Authentication, Signature, Chain, PIN, Entry) {
		more[id] = skipped
	}
	return more
}

// situations are what can be wrong at the desk, and what is then found.
var situations = []struct {
	name  string
	card  string // in the reader; "": none
	make  func(d *softcard.Desk, c *Config) error
	want  map[string]string
	works bool
}{
	{"no reader", "", func(d *softcard.Desk, _ *Config) error { return d.Unplug() },
		behind(map[string]string{Service: "answers", Module: "other", Reader: "none"}, Holder, Card), false},
	{"reader without driver", "", func(d *softcard.Desk, c *Config) error {
		c.System.PluggedIn = func() bool { return true }
		return d.Unplug()
	}, behind(map[string]string{Reader: "unseen"}, Holder, Card), false},
	{"no service", "", func(d *softcard.Desk, c *Config) error {
		c.System.Service = func() ServiceState { return ServiceMissing }
		return d.Unplug()
	}, behind(map[string]string{Service: "missing", Module: "other", Reader: skipped}, Holder, Card), false},
	{"silent service", "", func(d *softcard.Desk, c *Config) error {
		c.System.Service = func() ServiceState { return ServiceSilent }
		return d.Unplug()
	}, behind(map[string]string{Service: "silent", Reader: skipped}, Holder, Card), false},
	{"service not allowed", "", func(d *softcard.Desk, c *Config) error {
		c.System.Service = func() ServiceState { return ServiceDenied }
		return d.Unplug()
	}, map[string]string{Service: "denied", Reader: skipped}, false},
	{"system without service", "", func(d *softcard.Desk, c *Config) error {
		c.System.Service = func() ServiceState { return ServiceElsewhere }
		return d.Unplug()
	}, map[string]string{Service: "unseen", Reader: "none"}, false},

	{"no card", "", nil, behind(map[string]string{Reader: "one", Card: "absent"}, Holder), false},
	{"stranger", "?", nil, behind(map[string]string{Card: "stranger"}, Holder), false},
	{"two cards", "good", func(d *softcard.Desk, _ *Config) error {
		if err := d.PlugReader(second); err != nil {
			return err
		}
		return d.InsertIn(second, "rsa")
	}, behind(map[string]string{Reader: "several", Card: "several"}, Holder), false},
	{"busy card", "good", func(d *softcard.Desk, c *Config) error {
		c.System.Programs = func() []string { return []string{"eid-viewer", "firefox"} }
		return d.Fail(softcard.Fault{Function: "C_OpenSession", Do: softcard.Return(pkcs11.CKR_SESSION_COUNT)})
	}, behind(map[string]string{Holder: "busy", Card: "busy"}), false},
	{"busy card, nobody known", "good", func(d *softcard.Desk, _ *Config) error {
		return d.Fail(softcard.Fault{Function: "C_OpenSession", Do: softcard.Return(pkcs11.CKR_SESSION_COUNT)})
	}, map[string]string{Holder: "busy", Card: "busy"}, false},
	{"broken card", "good", func(d *softcard.Desk, _ *Config) error {
		return d.Fail(softcard.Fault{Function: "C_OpenSession", Do: softcard.Return(pkcs11.CKR_GENERAL_ERROR)})
	}, behind(map[string]string{Card: "failed"}), false},
	{"card pulled out", "good", func(d *softcard.Desk, _ *Config) error {
		return d.Fail(softcard.Fault{Function: "C_FindObjectsInit", Do: softcard.TakeOut})
	}, behind(map[string]string{Card: "removed"}), false},
	{"other programs", "good", func(_ *softcard.Desk, c *Config) error {
		c.System.Programs = func() []string { return []string{"firefox"} }
		return nil
	}, map[string]string{Holder: "shared", Card: "known"}, true},

	{"good card", "good", nil, map[string]string{Module: "other", Reader: "one", Holder: "none", Card: "known",
		Authentication: "valid", Signature: "valid", Chain: "complete", PIN: "fine", Entry: "page", Agent: "serving"}, true},
	{"expired", "expired", nil, map[string]string{Authentication: "expired", Signature: "expired", PIN: "fine"}, false},
	{"ending", "ending", nil, map[string]string{Authentication: "ending", Signature: "ending"}, true},
	{"not yet valid", "early", nil, map[string]string{Authentication: "early", Signature: "early"}, false},
	{"no signature certificate", "kid", nil, map[string]string{Authentication: "valid", Signature: "none"}, true},
	{"no issuer on the card", "lone", nil, map[string]string{Authentication: "valid", Chain: "missing"}, true},
	{"one wrong PIN", "good", func(d *softcard.Desk, _ *Config) error { return d.SetTries("good", 2) }, map[string]string{PIN: "few"}, true},
	{"last try", "good", func(d *softcard.Desk, _ *Config) error { return d.SetTries("good", 1) }, map[string]string{PIN: "last"}, true},
	{"blocked", "good", func(d *softcard.Desk, _ *Config) error { return d.SetTries("good", 0) }, map[string]string{Card: "known", PIN: "blocked"}, false},

	{"Belgian middleware", "good", func(d *softcard.Desk, _ *Config) error { return d.Speak(softcard.Belgium) },
		map[string]string{Module: "belgian", Signature: "valid", PIN: "fine", Entry: "window", Pinentry: "unneeded"}, true},
	{"OpenSC, RSA card", "rsa", func(d *softcard.Desk, _ *Config) error { return d.Speak(softcard.OpenSC) },
		map[string]string{Module: "opensc", Authentication: "valid", Signature: "opensc"}, true},
	{"OpenSC, EC card", "good", func(d *softcard.Desk, _ *Config) error { return d.Speak(softcard.OpenSC) },
		map[string]string{Module: "opensc", Authentication: "opensc", Signature: "opensc"}, false},
	{"new OpenSC, EC card", "good", func(d *softcard.Desk, _ *Config) error { return d.Speak(softcard.OpenSCNew) },
		map[string]string{Module: "opensc", Authentication: "valid", Signature: "opensc"}, true},
	{"keypad", "good", func(d *softcard.Desk, _ *Config) error { return d.Speak(softcard.SoftHSM2.WithKeypad()) },
		map[string]string{Entry: "keypad", Pinentry: "unneeded"}, true},
	{"module that hangs", "good", func(d *softcard.Desk, _ *Config) error {
		return d.Fail(softcard.Fault{Function: "C_GetSlotList", Do: softcard.Hang})
	}, behind(map[string]string{Module: "silent", Reader: skipped}, Holder, Card), false},
	{"card that hangs", "good", func(d *softcard.Desk, _ *Config) error {
		return d.Fail(softcard.Fault{Function: "C_FindObjects", Do: softcard.Hang})
	}, behind(map[string]string{Module: "other", Reader: "one"}), false},
	{"module that crashes", "good", func(d *softcard.Desk, _ *Config) error {
		return d.Fail(softcard.Fault{Function: "C_GetSlotList", Do: softcard.Crash})
	}, map[string]string{Module: "silent", Reader: skipped}, false},
}

func TestSituations(t *testing.T) {
	for _, s := range situations {
		t.Run(s.name, func(t *testing.T) {
			w, d := desk(t)
			switch s.card {
			case "":
			case "?":
				check(t, d.InsertStranger())
			default:
				check(t, d.Insert(s.card))
			}
			c := quiet()
			if s.make != nil {
				check(t, s.make(d, &c))
			}
			c.Cards = set(t, d.Module())
			begun := time.Now()
			checkup, found := run(t, c)
			wants(t, found, s.want)
			if got := Works(checkup); got != s.works {
				t.Errorf("Works() = %v, want %v", got, s.works)
			}
			if took := time.Since(begun); took > 20*time.Second {
				t.Errorf("it took %v", took)
			}
			w.namesNobody(t, checkup)
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// namesNobody looks for what only the card knows, in the checkup in every language.
func (w *world) namesNobody(t *testing.T, c api.Checkup) {
	t.Helper()
	report, err := ParseCode(c.Code)
	check(t, err)
	all := []any{c}
	for lang := range texts {
		all = append(all, report.Checks(lang))
	}
	raw, err := json.Marshal(all)
	check(t, err)
	said := strings.ToLower(string(raw))
	secrets := []string{"zénobie", "specimen", "vandevelde", number, pin, "01.05.03", "21121745142434", "begin certificate"}
	for _, card := range w.cards {
		secrets = append(secrets, hex.EncodeToString(card.ChipNumber), hex.EncodeToString(card.ChipNumber[8:]), card.CardNumber,
			hex.EncodeToString(card.Authentication.Certificate.SerialNumber.Bytes()), card.Authentication.Certificate.SerialNumber.String())
	}
	for _, secret := range secrets {
		if secret != "" && strings.Contains(said, strings.ToLower(secret)) {
			t.Errorf("the checkup tells %s", secret)
		}
	}
}

// Several modules, modules that do not load, none at all.
func TestModules(t *testing.T) {
	w, d := desk(t)
	check(t, d.Insert("good"))
	broken := filepath.Join(t.TempDir(), "libbeidpkcs11.so.0")
	check(t, os.WriteFile(broken, []byte("no library"), 0o600))
	t.Run("one of two", func(t *testing.T) {
		c := quiet()
		c.Cards = set(t, broken, d.Module())
		checkup, found := run(t, c)
		wants(t, found, map[string]string{Module: "part", Card: "known"})
		if !strings.Contains(checkup.Checks[1].Next, "Belgium eID") {
			t.Errorf("next is %q, want the name of the one that fails", checkup.Checks[1].Next)
		}
		w.namesNobody(t, checkup)
	})
	t.Run("does not load", func(t *testing.T) {
		c := quiet()
		c.Cards = set(t, broken)
		_, found := run(t, c)
		wants(t, found, behind(map[string]string{Module: "unloadable", Reader: skipped}, Holder, Card))
	})
	t.Run("none", func(t *testing.T) {
		_, found := run(t, quiet())
		wants(t, found, behind(map[string]string{Module: "none", Reader: skipped}, Holder, Card))
	})
	t.Run("installed and not to be opened", func(t *testing.T) {
		c := quiet()
		c.System.Modules = func() []string { return []string{broken} }
		_, found := run(t, c)
		wants(t, found, map[string]string{Module: "unloadable"})
	})
}

// A module that crashed once is started again, and that is told.
func TestRestarted(t *testing.T) {
	_, d := desk(t)
	check(t, d.Insert("good"))
	c := quiet()
	cards := set(t, d.Module())
	c.Cards = cards
	if _, found := run(t, c); found[Module] != "other" {
		t.Fatalf("module is %s at first", found[Module])
	}
	check(t, d.Fail(softcard.Fault{Function: "C_OpenSession", Once: true, Do: softcard.Crash}))
	if card, err := cards.Card(t.Context()); err == nil {
		card.Close()
	}
	deadline := time.Now().Add(time.Minute)
	for {
		_, found := run(t, c)
		if found[Module] == "restarted" && found[Card] == "known" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("module is %s, card %s", found[Module], found[Card])
		}
	}
}
