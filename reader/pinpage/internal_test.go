package pinpage

import (
	"bytes"
	"errors"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"guichet.example/reader"
	"guichet.example/reader/api"
)

// What parses is what net/url reads, with each field once and nothing else.
func FuzzParseForm(f *testing.F) {
	for _, seed := range []string{"token=abc&pin=1234&do=ok", "do=cancel&pin=&token=", "token=a&pin=1&pin=2&do=ok", "token=a&pin=%31&do=ok", "", "&&&", "token=a&pin=1&do=ok&", "pin"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		before := bytes.Clone(body)
		got, err := parseForm(body)
		if !bytes.Equal(before, body) {
			t.Fatal("the body was changed")
		}
		if err != nil {
			if got.token != nil || got.pin != nil || got.do != nil {
				t.Fatalf("parseForm = %v, %v", got, err)
			}
			return
		}
		if joined := len("token=&pin=&do=") + len(got.token) + len(got.pin) + len(got.do); len(body) > maxForm || joined != len(body) {
			t.Fatalf("parseForm(%q) left something out", body)
		}
		if !(reader.PINRequest{MaxLen: maxForm}).Fits(got.pin) {
			return // no PIN; what it means when decoded is of no matter
		}
		want, err := url.ParseQuery(string(body))
		if err == nil && (len(want) != 3 || !slices.Equal(want["pin"], []string{string(got.pin)})) {
			t.Fatalf("parseForm(%q) = PIN %q, want %q", body, got.pin, want["pin"])
		}
	})
}

// Every sentence is there in every language, with the same blanks to fill in, and no
// language has another's.
func TestTextsAreComplete(t *testing.T) {
	blank := regexp.MustCompile(`\{[a-z]+\}`)
	reference := reflect.ValueOf(english)
	for lang, text := range texts {
		if text.Lang != lang {
			t.Errorf("texts[%s] is in %s", lang, text.Lang)
		}
		value := reflect.ValueOf(*text)
		for i := range value.NumField() {
			name, sentence := value.Type().Field(i).Name, value.Field(i).String()
			if strings.TrimSpace(sentence) == "" {
				t.Errorf("%s: %s is empty", lang, name)
			}
			want, got := blank.FindAllString(reference.Field(i).String(), -1), blank.FindAllString(sentence, -1)
			if slices.Sort(want); !slices.Equal(want, sorted(got)) {
				t.Errorf("%s: %s has blanks %v, English %v", lang, name, got, want)
			}
			if lang != "en" && sentence == reference.Field(i).String() {
				t.Errorf("%s: %s is English", lang, name)
			}
		}
	}
}

func sorted(list []string) []string {
	slices.Sort(list)
	return list
}

func TestChooseLang(t *testing.T) {
	for _, test := range []struct{ asked, accepted, want string }{
		{"nl", "fr", "nl"}, {"", "de-BE,de;q=0.9,en;q=0.8", "de"}, {"it", "it,es;q=0.9,en;q=0.1", "en"}, {"", "", "fr"}, {"xx", "yy", "fr"},
		{"", "NL-be", "nl"}, {"", "nl;q=0, de", "de"}, {"FR", "", "fr"}, {"../../etc", "*", "fr"}, {"", strings.Repeat("xx,", 5000) + "nl", "fr"},
	} {
		if got := ChooseLang(test.asked, test.accepted, "fr"); got != test.want {
			t.Errorf("ChooseLang(%q, %.20q) = %s, want %s", test.asked, test.accepted, got, test.want)
		}
	}
}

// Every end there is has a heading and a sentence; only good ones close the window.
func TestEndings(t *testing.T) {
	for _, s := range []api.State{
		api.Idle, api.Cancelled, api.CardRemoved, api.PINBlocked, api.Timeout, api.CardBusy, api.ReaderUnsupported, api.PINWrong,
		api.NoSignCert, api.CardUnknown, api.Technical, "",
	} {
		state, heading, lead := english.ending(s, -1)
		want := map[api.State]string{api.Idle: "done", api.Cancelled: "stopped"}[s]
		if want == "" {
			want = "failed"
		}
		if heading == "" || lead == "" || state != want {
			t.Errorf("ending(%q) = %q, %q, %q", s, state, heading, lead)
		}
	}
}

// A prompt that has ended asks no more, however late something else arrives.
func TestPromptStaysEnded(t *testing.T) {
	p := New(Config{}).Ask(Operation{})
	p.End(reader.ErrCardRemoved)
	p.End(nil)
	if _, err := p.PIN(t.Context(), reader.PINRequest{}); !errors.Is(err, reader.ErrCancelled) {
		t.Errorf("PIN = %v, want %v", err, reader.ErrCancelled)
	}
	if _, ok := p.take(nil); ok || p.phase != ended || p.ending.Outcome != api.CardRemoved {
		t.Errorf("phase %v, outcome %s", p.phase, p.ending.Outcome)
	}
}
