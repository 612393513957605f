package soak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/certs/certstest"
	"guichet.example/portal/audit"
	"guichet.example/portal/store/storetest"
	"guichet.example/signing"
)

// renewal is what `guichet renew` prints at its end.
type renewal struct {
	Documents int `json:"documents"`
	NotDue    int `json:"not_due"`
	GivenUp   int `json:"given_up"`
	Due       int `json:"due"`
	Renewed   int `json:"renewed"`
	Good      int `json:"good"`
	ByOthers  int `json:"by_others"`
	TooLate   int `json:"too_late"`
	Failed    int `json:"failed"`
	Busy      int `json:"busy"`
	Left      int `json:"left"`
	Seconds   float64
	Causes    []string
}

// adds reports whether no document was told of twice, or not at all.
func (r renewal) adds() bool {
	return r.Documents == r.NotDue+r.GivenUp+r.Due && r.Due == r.Renewed+r.Good+r.ByOthers+r.TooLate+r.Failed+r.Busy+r.Left
}

// renewing is a `guichet renew`.
type renewing struct {
	cmd         *exec.Cmd
	out, errors bytes.Buffer
}

func (s *shelf) renew(t *testing.T, flags ...string) *renewing {
	t.Helper()
	r := &renewing{cmd: exec.Command(guichet, append([]string{"renew", "-config", s.settings}, flags...)...)}
	r.cmd.Stdout, r.cmd.Stderr = &r.out, &r.errors
	if err := begin(r.cmd); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.cmd.Process.Kill() })
	return r
}

// end waits for it and returns its report, which must add up.
func (r *renewing) end(t *testing.T, status int) (report renewal) {
	t.Helper()
	if r.cmd.Wait(); r.cmd.ProcessState.ExitCode() != status {
		t.Fatalf("renew left with %d, want %d: %s%s", r.cmd.ProcessState.ExitCode(), status, r.out.String(), r.errors.String())
	}
	if err := json.Unmarshal(r.out.Bytes(), &report); err != nil {
		t.Fatalf("report %q: %v", r.out.String(), err)
	}
	if !report.adds() {
		t.Errorf("the report does not add up: %s", r.out.String())
	}
	return report
}

// TestRenew stops `guichet renew` by a signal, kills it in the middle, and then runs two
// at once over the same documents: each that is due is renewed once, and holds.
func TestRenew(t *testing.T) {
	for _, e := range storetest.Engines {
		t.Run(string(e), func(t *testing.T) {
			t.Parallel()
			s := newShelf(t, e, often(20, 100), often(10, 50))
			s.testRenew(t)
		})
	}
}

func (s *shelf) testRenew(t *testing.T) {
	due, all := len(s.due), len(s.due)+len(s.fresh)
	want := renewal{Documents: all, NotDue: all - due, Due: due, Left: due}
	if got := s.renew(t, "-dry-run").end(t, 0); !same(got, want) || s.stamped() != 0 {
		t.Fatalf("dry run: %+v, want %+v", got, want)
	}

	stopped := s.renew(t)
	s.await(t, due/8)
	stopped.cmd.Process.Signal(syscall.SIGINT)
	first := stopped.end(t, 1)
	if first.Renewed == 0 || first.Left == 0 || first.Failed+first.Busy > 0 || !strings.Contains(stopped.errors.String(), "renew: stopped: ") {
		t.Errorf("stopped by a signal: %+v, %s", first, stopped.errors.String())
	}

	// What the first had in hand is free at once; this one leaves what it has to its lease.
	killed := s.renew(t)
	s.await(t, due/2)
	killed.cmd.Process.Kill()
	killed.cmd.Wait()
	before := s.renewed(t)
	if before <= first.Renewed || before >= due || killed.out.Len() > 0 {
		t.Fatalf("killed after %d of %d: %s", before, due, killed.out.String())
	}

	one, other := s.renew(t), s.renew(t)
	a, b := one.end(t, 0), other.end(t, 0)
	if a.Renewed+b.Renewed != due-before || a.Renewed == 0 || b.Renewed == 0 || a.Failed+b.Failed+a.Left+b.Left > 0 {
		t.Errorf("two at once, %d left to do:\n%+v\n%+v", due-before, a, b)
	}
	// One more was asked for and lost with each of the two that were ended.
	if n := s.stamped(); n < due || n > due+2 {
		t.Errorf("%d timestamps for %d documents", n, due)
	}
	if text := one.errors.String(); !strings.Contains(text, fmt.Sprintf("0 of %d documents\n", a.Due)) || strings.ContainsAny(text, "\r\x1b") {
		t.Errorf("progress where there is no terminal: %q", text)
	}

	again := s.renew(t)
	if got := again.end(t, 0); !same(got, renewal{Documents: all, NotDue: all}) || s.stamped() > due+2 {
		t.Errorf("once more: %+v", got)
	}
	s.check(t)
	t.Logf("%d documents, %d due: %d before a signal, %d before a kill, then %d and %d; %d timestamps",
		all, due, first.Renewed, before, a.Renewed, b.Renewed, s.stamped())
}

// TestServerRenews starts a server over the same documents: it renews what is due by
// itself, and its figures tell of it.
func TestServerRenews(t *testing.T) {
	t.Parallel()
	s := newShelf(t, storetest.SQLite, 2, 1)
	metrics := freeAddress(t)
	s.writeSettings(t, "metrics", metrics)
	serve := exec.Command(guichet, "serve", "-config", s.settings)
	var log bytes.Buffer
	serve.Stderr = &log
	if err := begin(serve); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { serve.Process.Kill() })
	var text string
	await(t, "all renewed", time.Minute, func() bool {
		if r, err := http.Get("http://" + metrics + "/metrics"); err == nil {
			defer r.Body.Close()
			body, _ := io.ReadAll(r.Body)
			text = string(body)
		}
		return strings.Contains(text, fmt.Sprintf("\nguichet_renewal_documents_total{outcome=\"renewed\"} %d\n", len(s.due)))
	})
	for _, want := range []string{"guichet_renewal_due 0", "guichet_rescue_waiting 0", "guichet_rescue_given_up 0", "guichet_renewal_figures_up 1",
		`guichet_renewal_documents_total{outcome="failed"} 0`, "guichet_renewal_soonest_seconds 1."} { // some 1.5e+08: five years
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %q in the figures", want)
		}
	}
	serve.Process.Signal(syscall.SIGTERM)
	serve.Wait()
	if code := serve.ProcessState.ExitCode(); code != 0 {
		t.Errorf("serve left with %d: %s", code, log.String())
	}
	s.check(t)
}

// same compares all but the time it took.
func same(got, want renewal) bool {
	got.Seconds, got.Causes = 0, nil
	return fmt.Sprint(got) == fmt.Sprint(want)
}

// await waits until the timestamp service was asked so often.
func (s *shelf) await(t *testing.T, stamps int) {
	t.Helper()
	await(t, fmt.Sprintf("%d timestamps", stamps), time.Minute, func() bool { return s.stamped() >= stamps })
}

// stamped counts the timestamps asked for since the shelf was filled.
func (s *shelf) stamped() int { return s.young.Control().Requests(certstest.TSA) - s.asked }

// renewed counts the documents of which there is a version more.
func (s *shelf) renewed(t *testing.T) (n int) {
	t.Helper()
	db := s.open(t)
	defer db.Close()
	for _, d := range s.due {
		if now, err := db.Document(t.Context(), d.login, d.id); err != nil {
			t.Fatal(err)
		} else if now.Version == 3 {
			n++
		}
	}
	return n
}

// check looks at each document, at the audit trail, and has a few files judged by others.
func (s *shelf) check(t *testing.T) {
	t.Helper()
	db := s.open(t)
	defer db.Close()
	rows := map[string]int{}
	err := db.AuditRows(t.Context(), func(e audit.Entry) error {
		if e.Action == audit.RenewDocument {
			rows[e.Object+" "+string(e.Outcome)]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != len(s.due) {
		t.Errorf("audit rows of %d documents, want %d", len(rows), len(s.due))
	}
	trust := signing.Trust{Anchors: s.anchors(t)}
	judged := filepath.Join(s.dir, "judged")
	if err := os.Mkdir(judged, 0o700); err != nil {
		t.Fatal(err)
	}
	for i, d := range append(append([]kept{}, s.due...), s.fresh...) {
		version, timestamps := 3, 2
		if i >= len(s.due) {
			version, timestamps = 2, 1
		} else if n := rows["document/"+d.id+" "+string(audit.Done)]; n != 1 {
			t.Errorf("%d audit rows of a document that was renewed", n)
		}
		now, err := db.Document(t.Context(), d.login, d.id)
		if err != nil || now.Version != version || now.Level != signing.LevelLTA {
			t.Errorf("document %d has version %d at %v, %v, want %d", i, now.Version, now.Level, err, version)
		}
		file, err := db.Open(t.Context(), d.login, d.id, 0)
		if err != nil || !bytes.HasPrefix(file, d.file) {
			t.Fatalf("document %d: %d bytes, %v, that do not begin with the %d of before", i, len(file), err, len(d.file))
		}
		r, err := signing.Verify(t.Context(), file, trust)
		if err != nil || !r.Valid() || len(r.Signatures) != 1+timestamps {
			t.Fatalf("document %d: valid %v with %d signatures, %v", i, r.Valid(), len(r.Signatures), err)
		}
		if i%(len(s.due)/4) == 0 {
			if err := os.WriteFile(filepath.Join(judged, fmt.Sprintf("%d.pdf", i)), file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.judge(t, judged)
}

// judge has files judged by programs of others, and by `guichet verify`.
func (s *shelf) judge(t *testing.T, folder string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.pdf"))
	if err != nil || len(files) < 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, file := range files {
		if out, err := exec.Command("pdfsig", "-nocert", file).CombinedOutput(); !bytes.Contains(out, []byte("Signature is Valid.")) {
			t.Errorf("pdfsig: %v\n%s", err, out)
		}
		if out, err := exec.Command("qpdf", "--check", file).CombinedOutput(); err != nil {
			t.Errorf("qpdf: %v\n%s", err, out)
		}
	}
	if out, err := exec.Command(guichet, append([]string{"verify", "-trust", s.trust}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("guichet verify: %v\n%s", err, out)
	}
}
