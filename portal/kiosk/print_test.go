package kiosk

import (
	"errors"
	"strings"
	"testing"
)

func TestPrintOf(t *testing.T) {
	const id = "06h029gerwqtfcfprcxr1ynme4"
	for _, path := range []string{
		"", "/", "/fr", "/xx/documents/" + id, "fr/home", "/fr/home", "/fr/bank", "/fr/account", "/fr/documents", "/fr/requests",
		"/fr/documents/" + id + "/file.pdf", "/fr/documents/" + id + "x", "/fr/documents/../" + id, "/fr/requests/" + id + "/sign",
		"/fr/office/queue/" + id, "/fr/documents/" + id + "\n", "/fr/requests/" + strings.ToUpper(id), "/fr/requests//done",
		"https://evil.example/fr/documents/" + id, "/fr/enrol/opened/x", strings.Repeat("/fr", 100),
	} {
		if p, err := PrintOf(path); !errors.Is(err, ErrNoPrint) {
			t.Errorf("%q prints %v, %v", path, p, err)
		}
	}
	for path, want := range map[string]Print{
		"/fr/enrol/opened":                {Kind: "receipt"},
		"/nl/requests/" + id:              {"request", id},
		"/de/requests/" + id + "/done":    {"request", id},
		"/en/requests/" + id + "/read":    {"request", id},
		"/fr/documents/" + id:             {"document", id},
		"/fr/documents/" + id + "/report": {"document", id},
	} {
		if p, err := PrintOf(path); err != nil || p != want {
			t.Errorf("%q prints %v, %v, want %v", path, p, err, want)
		}
	}
}

// Whatever a browser says, what is printed has an id of ours or none.
func FuzzPrintOf(f *testing.F) {
	f.Add("/fr/documents/06h029gerwqtfcfprcxr1ynme4/report")
	f.Add("/fr/enrol/opened")
	f.Fuzz(func(t *testing.T, path string) {
		p, err := PrintOf(path)
		if err == nil && (p.Kind != "receipt" && len(p.ID) != 26 || p.Kind == "receipt" && p.ID != "" || strings.ContainsAny(p.ID, "/.\n")) {
			t.Errorf("%q prints %v", path, p)
		}
	})
}
