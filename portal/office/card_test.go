package office

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
)

// counterOf is an office that seals reasons, at a time.
func counterOf(at time.Time) *Office {
	return &Office{Key: bytes.Repeat([]byte{7}, 32), Now: func() time.Time { return at }}
}

var atDesk = auth.Officer{Mutuality: "141", ID: "ines", Session: "s1"}

// The longest reason comes back as it was, to this officer in this session, for ten minutes.
func TestReasonSealed(t *testing.T) {
	longest := Why{Key: "complaint", Words: "a\nb" + strings.Repeat("𝄞", MaxWords-3)}
	text, err := counterOf(today).sealReason(atDesk, longest)
	if err != nil || len(text) > maxSealed {
		t.Fatalf("%d bytes, %v", len(text), err)
	}
	for name, c := range map[string]struct {
		officer auth.Officer
		after   time.Duration
		want    error
	}{
		"another mutuality": {auth.Officer{Mutuality: "142", ID: "ines", Session: "s1"}, 0, ErrReason},
		"a colleague":       {auth.Officer{Mutuality: "141", ID: "ada", Session: "s1"}, 0, ErrReason},
		"another session":   {auth.Officer{Mutuality: "141", ID: "ines", Session: "s2"}, 0, ErrReason},
		"too old":           {atDesk, reasonLife + 2*time.Second, ErrReason},
		"in time":           {atDesk, reasonLife - time.Second, nil},
	} {
		w, err := counterOf(today.Add(c.after)).openReason(c.officer, text)
		if !errors.Is(err, c.want) || err == nil && w != longest || err != nil && w != (Why{}) {
			t.Errorf("%s: %v, %v", name, w.Key, err)
		}
	}
}

// A reason that the form would refuse is refused behind the seal too.
func TestReasonSealedIsChecked(t *testing.T) {
	for _, w := range []Why{{}, {Key: "else", Words: "x"}, {Key: "visit"}} {
		text, err := counterOf(today).sealReason(atDesk, w)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := counterOf(today).openReason(atDesk, text); !errors.Is(err, ErrReason) {
			t.Errorf("%+v: %v", w, err)
		}
	}
}

// oldReason is what an older server sealed for the officer at the desk.
const oldReason = "oV4_0yV1c7D6stuu8WfCqJNd0t7Bh6Zs3CNMaQGWlVN8ajJ-k8fzhvairPZv5jLiCtI3NchxVNE8ROrW2YTbaBhDO3kNww"

// It opens at a newer one, in the middle of an upgrade.
func TestReasonOfOldServer(t *testing.T) {
	w, err := counterOf(today).openReason(atDesk, oldReason)
	if want := (Why{Key: "complaint", Words: "Elle écrit\nle 3 mai."}); err != nil || w != want {
		t.Errorf("openReason = %+v, %v", w, err)
	}
}

// Nothing opens but what was sealed, to the letter. A reason sealed here would be another in
// each process of a fuzzer.
func FuzzOpenReason(f *testing.F) {
	o, good := counterOf(today), oldReason
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(good + "A")
	f.Add("")
	f.Add(base64.RawURLEncoding.EncodeToString(make([]byte, 28)))
	f.Fuzz(func(t *testing.T, text string) {
		w, err := o.openReason(atDesk, text)
		if (err == nil) != (text == good) || err != nil && (w != Why{} || !errors.Is(err, ErrReason)) {
			t.Errorf("%q: %+v, %v", text, w, err)
		}
	})
}
