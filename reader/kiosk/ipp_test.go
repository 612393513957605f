package kiosk

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/reader/api"
)

// answered writes an answer as a printing system does.
type answered []byte

func newAnswer(status uint16) answered {
	b := binary.BigEndian.AppendUint16([]byte{1, 1}, status)
	b = binary.BigEndian.AppendUint32(b, 1)
	return appendIPP(append(b, tagOperation), tagCharset, "attributes-charset", "utf-8")
}

func (a answered) group(tag byte) answered { return append(a, tag) }

func (a answered) text(name, value string) answered { return appendIPP(a, tagKeyword, name, value) }

func (a answered) number(tag byte, name string, value uint32) answered {
	return appendIPP(a, tag, name, string(binary.BigEndian.AppendUint32(nil, value)))
}

func (a answered) end() []byte { return append(a, tagEnd) }

func aPrinter(state uint32, reasons ...string) []byte {
	a := newAnswer(0).group(4).text("printer-name", "receipts").number(tagEnum, "printer-state", state)
	a = appendIPP(a, tagBoolean, "printer-is-accepting-jobs", "\x01")
	name := "printer-state-reasons"
	for _, reason := range reasons {
		a, name = a.text(name, reason), ""
	}
	return a.end()
}

func TestParseIPPRefuses(t *testing.T) {
	right := aPrinter(3, "none")
	if _, err := parseIPP(right); err != nil {
		t.Fatal(err)
	}
	for n := range right {
		if got, err := parseIPP(right[:n]); !errors.Is(err, errIPP) || got.groups != nil {
			t.Fatalf("the first %d bytes of %d: %v", n, len(right), err)
		}
	}
	for name, text := range map[string][]byte{
		"too long":             make([]byte, maxIPP+1),
		"something behind":     append(bytes.Clone(right), 0),
		"a value of no name":   newAnswer(0).group(4).text("", "x").end(),
		"a value of no group":  appendIPP([]byte{1, 1, 0, 0, 0, 0, 0, 1}, tagKeyword, "a", "x"),
		"values without end":   bytes.Repeat([]byte{2}, 5000),
		"length past its end":  append(newAnswer(0).group(4), tagKeyword, 0xFF, 0xFF, 'x'),
		"a page of a web site": []byte("<!DOCTYPE html><html><body>printers</body></html>"),
	} {
		if got, err := parseIPP(text); !errors.Is(err, errIPP) || got.groups != nil {
			t.Errorf("%s: %v, want errIPP", name, err)
		}
	}
}

// An answer is read or refused; nothing comes with a refusal, and nothing that is read is
// longer than what was sent.
func FuzzParseIPP(f *testing.F) {
	f.Add(aPrinter(5, "media-empty-error", "paused"))
	f.Add(newAnswer(ippNotFound).end())
	f.Fuzz(func(t *testing.T, data []byte) {
		answer, err := parseIPP(data)
		if err != nil {
			if !errors.Is(err, errIPP) || answer.groups != nil {
				t.Errorf("%v with %d groups", err, len(answer.groups))
			}
			return
		}
		size := 0
		for _, group := range answer.groups {
			for _, values := range group {
				for _, value := range values {
					size += len(value)
				}
			}
			stateOf(group)
		}
		if size > len(data) {
			t.Errorf("%d bytes of values in %d bytes", size, len(data))
		}
	})
}

func TestStateOf(t *testing.T) {
	for reasons, want := range map[string]api.KioskPrinter{
		"none": api.PrinterReady, "": api.PrinterReady, "media-low-warning": api.PrinterReady, "media-empty-report": api.PrinterReady,
		"connecting-to-device": api.PrinterReady, "toner-low-report": api.PrinterReady,
		"media-empty": api.PrinterEmpty, "media-needed-error": api.PrinterEmpty, "paused media-empty-warning": api.PrinterEmpty,
		"media-jam-error": api.PrinterStopped, "cover-open": api.PrinterStopped, "offline-report": api.PrinterReady, "offline-error": api.PrinterStopped,
	} {
		answer, err := parseIPP(aPrinter(3, strings.Fields(reasons)...))
		if err != nil {
			t.Fatal(err)
		}
		if got := stateOf(answer.groups[0]); got != want {
			t.Errorf("reasons %q: %q, want %q", reasons, got, want)
		}
	}
	for name, answer := range map[string][]byte{
		"stopped": aPrinter(ippPrinterStopped, "none"), "nothing told": newAnswer(0).group(4).text("printer-name", "x").end(),
	} {
		parsed, err := parseIPP(answer)
		if err != nil {
			t.Fatal(err)
		}
		if got := stateOf(parsed.groups[0]); got != api.PrinterStopped {
			t.Errorf("%s: %q, want stopped", name, got)
		}
	}
}

// printing stands in for a printing system: it answers at a socket.
func printing(t *testing.T, answer func(operation uint16, asked string) []byte) CUPS {
	t.Helper()
	path := filepath.Join(t.TempDir(), "cups.sock")
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(r.Body)
		b := body.Bytes()
		if r.Header.Get("Content-Type") != "application/ipp" || len(b) < 9 {
			t.Errorf("asked as %q with %d bytes", r.Header.Get("Content-Type"), len(b))
			return
		}
		_, _ = w.Write(answer(binary.BigEndian.Uint16(b[2:]), string(b)))
	})}
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(func() { server.Close() })
	return CUPS{Address: path}
}

func TestCUPSRefuses(t *testing.T) {
	for name, answer := range map[string][]byte{
		"no default printer": newAnswer(ippNotFound).end(), "an error": newAnswer(0x0503).end(), "nothing": nil,
		"no group": newAnswer(0).end(), "a printer without a name": newAnswer(0).group(4).number(tagEnum, "printer-state", 3).end(),
		"a long answer": make([]byte, maxIPP+100),
	} {
		if seen, err := printing(t, func(uint16, string) []byte { return answer }).Look(t.Context()); err == nil {
			t.Errorf("%s: %+v", name, seen)
		}
	}
	if _, err := (CUPS{Address: filepath.Join(t.TempDir(), "none.sock")}).Look(t.Context()); err == nil {
		t.Error("a printing system that is not there answers")
	}
	for address, right := range map[string]bool{
		"": true, "/run/cups/cups.sock": true, "localhost:631": true, "[::1]:631": true, "printer.example:631": false, "10.0.0.1:631": false, "cups": false,
	} {
		if err := CheckCUPS(address); (err == nil) != right {
			t.Errorf("CheckCUPS(%q) = %v", address, err)
		}
	}
}

func TestCUPS(t *testing.T) {
	c := printing(t, func(operation uint16, asked string) []byte {
		if operation == ippGetJobs {
			if !strings.Contains(asked, "ipp://localhost/printers/receipts") {
				t.Errorf("jobs of another printer: %q", asked)
			}
			a := newAnswer(0)
			for id, state := range map[uint32]uint32{7: ippJobCompleted, 8: 7 /* cancelled */, 9: ippJobCompleted} {
				a = a.group(2).number(tagInteger, "job-id", id).number(tagEnum, "job-state", state).number(tagInteger, "job-media-sheets-completed", 2)
			}
			return a.end()
		}
		if operation == ippGetPrinter && !strings.Contains(asked, "ipp://localhost/printers/other") {
			t.Errorf("asked for another printer: %q", asked)
		}
		return aPrinter(3, "none")
	})
	for _, name := range []string{"", "other"} {
		c.Name = name
		seen, err := c.Look(t.Context())
		if err != nil || seen.State != api.PrinterReady || len(seen.Jobs) != 2 || seen.Jobs[0].Sheets != 2 {
			t.Errorf("Look at %q = %+v, %v", name, seen, err)
		}
	}
}
