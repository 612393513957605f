package main

import (
	"database/sql"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal/mail/mailtest"
	"guichet.example/portal/store/storetest"
)

// holds reports whether a line begins so and goes on to hold the words.
func holds(lines []string, want string) bool {
	begin, words, _ := strings.Cut(want, "…")
	return slices.ContainsFunc(lines, func(line string) bool { return strings.HasPrefix(line, begin) && strings.Contains(line, words) })
}

// Each thing that can be broken is, and the row says so; what others lack is no row of it.
func TestCheck(t *testing.T) {
	w := newTown(t)
	lines, failed := w.check()
	for _, want := range []string{
		"ok keys: ", "ok database: The database answers", "ok audit: ", "ok origin: ", "warn tls: Browsers may not trust", "ok connections: ", "ok trust: ",
		"ok timestamps: " + w.pki.TSAURL(), "ok clock: ", "ok revocation: CRL calls …good", "ok mail: ", "ok federation: ",
		"ok seal: A test document was sealed in the name of Mutualité du Test, and verifies at PAdES B-LTA.",
	} {
		if !holds(lines, want) {
			t.Errorf("no row %q in\n%s", want, strings.Join(lines, "\n"))
		}
	}
	if failed {
		t.Fatalf("a set-up in which everything works is not fit:\n%s", strings.Join(lines, "\n"))
	}
	set := func(s certstest.Service, f certstest.Fault) func() {
		return func() {
			if err := w.pki.Control().Set(s, f); err != nil {
				t.Fatal(err)
			}
		}
	}
	good := *w.Settings
	for name, test := range map[string]struct {
		change func()
		want   []string
		unfit  bool // and a live counter does not start
	}{
		"keys for all":       {func() { w.chmod("keys", 0o755) }, []string{"fail keys: Others may look"}, true},
		"a key for all":      {func() { w.chmod("keys/index.key", 0o644) }, []string{"fail keys: Others may read the key index.key"}, true},
		"keys gone":          {func() { w.Keys = w.path("none") }, []string{"warn keys: ", "fail database: …keys cannot be read"}, true},
		"no data folder":     {func() { w.Data = w.path("none") }, []string{"fail database: There is no folder"}, true},
		"newer schema":       {func() { w.version(99) }, []string{"fail database: …version 99"}, true},
		"schema with more":   {func() { w.version(98) }, []string{"warn database: …version 99"}, false},
		"older schema":       {func() { w.version(-1) }, []string{"warn database: …this program has"}, false},
		"no such database":   {func() { w.Database = "postgres://guichet@localhost:1/x" }, []string{"fail database: …does not answer"}, true},
		"unsafe PostgreSQL":  {func() { w.Database = storetest.Database(t) }, []string{"fail database: …fsync is off", "fail database: …full_page_writes is off"}, true},
		"heads beside data":  {func() { w.AuditHeads = "" }, []string{"warn audit: "}, false},
		"no folder of heads": {func() { w.AuditHeads = w.path("none/heads") }, []string{"fail audit: "}, true},
		"unknown origin": {func() { w.Origin, w.TLS.Certificate = "https://counter.invalid", "" }, []string{"warn origin: The name counter.invalid",
			"warn origin: All visitors", "warn tls: "}, false},
		"in clear past the proxy":  {func() { w.Listen, w.TLS.Certificate = ":8080", "" }, []string{"warn origin: There is no TLS here"}, false},
		"TLS for another":          {func() { w.certifyTLS("other.example", time.Now().Add(time.Hour)) }, []string{"fail tls: …not for https://localhost"}, true},
		"TLS ran out":              {func() { w.certifyTLS("localhost", time.Now().Add(-time.Hour)) }, []string{"fail tls: …ran out"}, true},
		"TLS ends soon":            {func() { w.certifyTLS("localhost", time.Now().Add(24*time.Hour)) }, []string{"warn tls: …holds until"}, false},
		"TLS without a key":        {func() { w.TLS.Key = w.path("none") }, []string{"fail tls: …cannot be used"}, true},
		"no anchors":               {func() { w.Trust = w.path("heads") }, []string{"fail trust: ", "fail timestamps: ", "fail revocation: ", "fail seal: "}, true},
		"no timestamp service":     {func() { w.Timestamps = nil }, []string{"fail timestamps: No timestamp service", "warn clock: "}, true},
		"timestamp service away":   {set(certstest.TSA, certstest.Down), []string{"fail timestamps: No timestamp", "warn clock: ", "warn seal: …stays at PAdES B-B"}, true},
		"timestamps of a stranger": {set(certstest.TSA, certstest.WrongSigner), []string{"fail timestamps: ", "warn clock: "}, true},
		"one of two away": {func() { w.Timestamps = []string{"http://127.0.0.1:1/tsa", w.pki.TSAURL()} },
			[]string{"warn timestamps: …127.0.0.1:1", "ok timestamps: " + w.pki.TSAURL(), "ok clock: ", "ok seal: "}, false},
		"clock apart":  {set(certstest.TSA, certstest.Future), []string{"fail clock: …apart"}, true},
		"OCSP away":    {set(certstest.OCSP, certstest.Down), []string{"ok revocation: ", "warn seal: …stays at PAdES B-T"}, false},
		"seal unknown": {set(certstest.OCSP, certstest.Unknown), []string{"fail seal: Nobody tells"}, true},
		"lists away":   {set(certstest.CRL, certstest.ServerError), []string{"warn revocation: …No CRL answer", "fail revocation: No service"}, true},
		"lists of old": {set(certstest.CRL, certstest.Stale), []string{"warn revocation: …No CRL answer"}, true},
		"one host away": {func() { w.RevocationHosts = append(w.pki.Hosts(), "127.0.0.1:1") },
			[]string{"ok revocation: CRL calls", "warn revocation: 127.0.0.1:1"}, false},
		"host not listed":  {func() { w.RevocationHosts = []string{"127.0.0.1:1"} }, []string{"warn revocation: No CRL answer", "fail revocation: "}, true},
		"no seal":          {func() { w.Seal = nil }, []string{"warn seal: There is no seal"}, false},
		"wrong PIN":        {func() { w.seals(func(s *SealSettings) { s.PINFile = w.write("wrong", []byte("0815")) }) }, []string{"fail seal: The seal cannot be used"}, true},
		"other token":      {func() { w.seals(func(s *SealSettings) { s.Token = "other" }) }, []string{"fail seal: The seal cannot be used"}, true},
		"mail server away": {func() { w.mail.Set(mailtest.Down) }, []string{"warn mail: The mail server localhost cannot be used now"}, false},
		"no mail server":   {func() { w.Mail = nil }, []string{"warn mail: There is no mail server"}, false},
		"no password file": {func() { m := *w.Mail; m.User = "counter"; w.Mail = &m }, []string{"fail mail: The mail server cannot be used"}, true},
		"provider away":    {func() { w.Federation = w.provider(fas) }, []string{"warn federation: The federal provider csam cannot be asked"}, false},
		"provider of no use": {func() { w.Federation = w.provider(strings.Replace(fas, "https://idp", "http://idp", 1)) },
			[]string{"fail federation: "}, true},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				*w.Settings = good
				w.pki.Control().Reset()
				w.mail.Set(mailtest.Good)
				w.chmod("keys", 0o700)
				w.chmod("keys/index.key", 0o600)
				w.version(0)
			}()
			test.change()
			lines, failed := w.check()
			for _, want := range test.want {
				if !holds(lines, want) {
					t.Errorf("no row %q", want)
				}
			}
			if failed != test.unfit {
				t.Errorf("unfit %v, want %v", failed, test.unfit)
			}
			if t.Failed() {
				t.Logf("rows:\n%s", strings.Join(lines, "\n"))
			}
		})
	}
	// For good: it cannot be taken back.
	if err := w.pki.Revoke(w.seal, time.Time{}, 0); err != nil {
		t.Fatal(err)
	}
	if lines, failed := w.check(); !failed || !holds(lines, "fail seal: …was revoked") {
		t.Errorf("a seal that was revoked:\n%s", strings.Join(lines, "\n"))
	}
}

// A live counter in which no signature can be finished does not start, and says why; one
// whose mail server or one revocation host is away does.
func TestFitToServe(t *testing.T) {
	w := newTown(t)
	w.RevocationHosts = append(w.RevocationHosts, "127.0.0.1:1")
	w.mail.Set(mailtest.Down)
	log := new(strings.Builder)
	if err := fitToServe(t.Context(), w.Settings, slog.New(slog.NewTextHandler(log, nil))); err != nil {
		if disk, _ := diskOf(w.Data); disk != "tmpfs" {
			t.Errorf("it does not start: %v", err)
		}
	}
	for _, want := range []string{"row=mail", "row=revocation", "127.0.0.1:1"} {
		if !strings.Contains(log.String(), want) {
			t.Errorf("no warning with %q: %s", want, log)
		}
	}
	w.Timestamps = []string{"http://127.0.0.1:1/tsa"}
	err := serve(t.Context(), w.Settings, slog.New(slog.DiscardHandler))
	if !errors.Is(err, errUnfit) || !strings.Contains(err.Error(), "timestamps: No timestamp is to be had") || !strings.Contains(err.Error(), "See that this machine reaches it") {
		t.Errorf("serve without timestamps = %v", err)
	}
	w.Live = false
	if err := fitToServe(t.Context(), w.Settings, slog.New(slog.DiscardHandler)); err != nil {
		t.Errorf("a counter that is not live: %v", err)
	}
}

func (w *town) chmod(name string, mode os.FileMode) {
	if err := os.Chmod(w.path(name), mode); err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) seals(change func(*SealSettings)) {
	s := *w.Seal
	change(&s)
	w.Settings.Seal = &s
}

// version gives the database the schema of a newer program, or of one that only adds (98),
// or of an older one (-1), or its own again (0).
func (w *town) version(n int) {
	w.t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(w.path("data"), "guichet.db"))
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	for _, order := range map[int][]string{
		99: {`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`, `UPDATE schema_reach SET oldest = 99`},
		98: {`INSERT INTO goose_db_version (version_id, is_applied) VALUES (99, 1)`},
		-1: {`UPDATE goose_db_version SET is_applied = 0 WHERE version_id = (SELECT max(version_id) FROM goose_db_version)`},
		0:  {`DELETE FROM goose_db_version WHERE version_id = 99`, `UPDATE goose_db_version SET is_applied = 1`, `UPDATE schema_reach SET oldest = 26`},
	}[n] {
		if _, err := db.Exec(order); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *town) provider(entry string) []ProviderSettings {
	w.t.Helper()
	s, err := withFederation(w.t, strings.Replace(entry, "idp.example", "127.0.0.1:1", 1), "")
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Federation
}
