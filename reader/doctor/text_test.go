package doctor

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// Every finding has words in every language, with the same places in them, and what is
// wrong has a next step.
func TestTexts(t *testing.T) {
	for lang, words := range texts {
		if words.skipped == "" || words.before == "" || words.somebody == "" || words.code == "" || words.days == "" || words.hours == "" || words.minutes == "" {
			t.Errorf("%s lacks a word", lang)
		}
		for _, o := range []outcome{passed, failed, warning, unknown} {
			if Word(o, lang) == "" {
				t.Errorf("%s has no word for %s", lang, o)
			}
		}
		keys := map[string]bool{}
		for _, l := range chain {
			if words.titles[l.id] == "" {
				t.Errorf("%s has no title for %s", lang, l.id)
			}
			for _, f := range l.findings[1:] {
				key := l.id + "." + f.name
				keys[key] = true
				said := words.findings[key]
				if said[0] == "" {
					t.Errorf("%s has no words for %s", lang, key)
				}
				if bad := f.outcome == failed || f.outcome == warning; bad && said[1] == "" {
					t.Errorf("%s: %s is %s, and nobody says what to do", lang, key, f.outcome)
				}
				for i := range said {
					if got, want := places(said[i]), places(french.findings[key][i]); !slices.Equal(got, want) {
						t.Errorf("%s: %s has places for %v, in French %v", lang, key, got, want)
					}
				}
			}
		}
		for key := range words.findings {
			if !keys[key] {
				t.Errorf("%s has words for %s, which is no finding", lang, key)
			}
		}
		if len(words.titles) != len(chain) {
			t.Errorf("%s has %d titles for %d links", lang, len(words.titles), len(chain))
		}
	}
}

func places(words string) []string {
	found := room.FindAllString(words, -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// Two languages that say the same have a line that nobody translated.
func TestTextsAreTranslated(t *testing.T) {
	for key, said := range french.findings {
		for lang, words := range texts {
			if words != &french && words.findings[key][0] == said[0] {
				t.Errorf("%s in %s is French: %s", key, lang, said[0])
			}
		}
	}
}

// Nothing is left open in what people read, also without the values.
func TestFill(t *testing.T) {
	for _, tt := range []struct {
		words string
		args  []string
		want  string
	}{
		{"Connected: {name}.", []string{"name", "A"}, "Connected: A."},
		{"Connected: {name}.", nil, "Connected: …."},
		{"{name} répond : « oui » !", []string{"name", "{n}"}, "{n} répond\u00a0: «\u00a0oui\u00a0»\u00a0!"},
	} {
		if got := fill(tt.words, tt.args); got != tt.want {
			t.Errorf("fill(%q, %q) = %q, want %q", tt.words, tt.args, got, tt.want)
		}
	}
	for lang := range texts {
		for _, check := range report().Checks(lang) {
			if strings.ContainsAny(check.Title+check.Finding+check.Next, "{}") {
				t.Errorf("%s: %+v has a place left open", lang, check)
			}
		}
	}
}

func TestDays(t *testing.T) {
	at := time.Date(2027, 3, 1, 23, 0, 0, 0, time.UTC)
	for lang, want := range map[string]string{"fr": "1er mars 2027", "nl": "1 maart 2027", "de": "1. März 2027", "en": "1 March 2027", "xx": "1er mars 2027"} {
		if got := textIn(lang).day(at); got != want {
			t.Errorf("day in %s is %q, want %q", lang, got, want)
		}
	}
}

// The shape that scripts and the self-test page read.
func TestJSON(t *testing.T) {
	c := quiet()
	c.Now = func() time.Time { return time.Date(2026, 11, 22, 12, 0, 0, 5, time.FixedZone("", 3600)) }
	checkup := Run(t.Context(), c)
	raw, err := json.Marshal(checkup)
	check(t, err)
	var object map[string]any
	check(t, json.Unmarshal(raw, &object))
	if got := keysOf(object); !slices.Equal(got, []string{"at", "checks", "code", "version"}) {
		t.Errorf("a checkup has %v", got)
	}
	if object["at"] != "2026-11-22T11:00:00Z" {
		t.Errorf("at is %v", object["at"])
	}
	list := object["checks"].([]any)
	var ids []string
	for _, item := range list {
		one := item.(map[string]any)
		ids = append(ids, one["id"].(string))
		for key, value := range one {
			if text, ok := value.(string); !ok || text == "" || !slices.Contains([]string{"id", "outcome", "title", "finding", "next"}, key) {
				t.Errorf("check %v has %s = %v", one["id"], key, value)
			}
		}
		if !slices.Contains([]string{"passed", "failed", "warning", "unknown"}, one["outcome"].(string)) {
			t.Errorf("check %v has the outcome %v", one["id"], one["outcome"])
		}
	}
	want := []string{"service", "module", "reader", "holder", "card", "authentication", "signature", "chain", "pin", "entry",
		"pinentry", "browser", "agent", "clock"}
	if !slices.Equal(ids, want) {
		t.Errorf("checks are %v, want %v", ids, want)
	}
	if again := Run(t.Context(), c); !reflect.DeepEqual(again, checkup) {
		t.Error("the same machine gives another checkup")
	}
}

func keysOf(object map[string]any) []string {
	var keys []string
	for key := range object {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

func TestReaderNames(t *testing.T) {
	for name, want := range map[string]string{
		"Soft Reader": "Soft Reader", "ACS ACR38U-CCID 00 00": "ACS ACR38U-CCID",
		"Gemalto PC Twin Reader (70D7E2EE) 00 00":                                     "Gemalto PC Twin Reader",
		"Cherry GmbH SmartTerminal ST-2xxx [Vendor Interface] (21121745142434) 01 00": "Cherry GmbH SmartTerminal ST-2xxx",
		"Reader 0123456789ABCDEF 00 00":                                               "Reader",
		"Broken (1234567":                                                             "Broken",
		"<b>{name}</b>\n\x1b[31mred":                                                  "b /b",
		strings.Repeat("long ", 30):                                                   strings.TrimSpace(strings.Repeat("long ", 30)[:maxName]),
	} {
		if got := readerName(name); got != want {
			t.Errorf("readerName(%q) = %q, want %q", name, got, want)
		}
	}
}

// A name of others' is one short line without a sign that could lead anywhere.
func FuzzReaderName(f *testing.F) {
	f.Add("Gemalto PC Twin Reader (70D7E2EE) 00 00")
	f.Add("{name}\x00\xff")
	f.Fuzz(func(t *testing.T, name string) {
		got := readerName(name)
		if len([]rune(got)) > maxName || strings.ContainsAny(got, "{}<>\"\\\n\r\t\x1b([") || strings.TrimSpace(got) != got {
			t.Errorf("readerName(%q) = %q", name, got)
		}
	})
}

// What others named is shown by terminals too.
func TestPlainlyObeysNobody(t *testing.T) {
	if got := plainly("a\x1b[31m\u009bb\u0085c\u00add\u202ee\nf"); got != "a [31m b c d e f" {
		t.Errorf("plainly = %q", got)
	}
}
