package kiosk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"guichet.example/reader/api"
)

// Printer tells how the printer of a kiosk is.
type Printer interface {
	// Look asks once. An error means that nothing answers for a printer.
	Look(ctx context.Context) (Print, error)
}

// Print is how a printer is, and the jobs that it ended lately, in any order.
type Print struct {
	State api.KioskPrinter
	Jobs  []Job
}

// Job is a document that was printed.
type Job struct{ ID, Sheets int32 }

// CUPS asks a CUPS by IPP (RFC 8010, 8011), as lpstat does, and prints nothing. Its zero
// value asks for the default printer of this machine.
type CUPS struct {
	Address string // path of its socket, or host:port of this machine; "": DefaultCUPS
	Name    string // of the queue; "": the default one
}

// DefaultCUPS is where Debian's CUPS listens.
const DefaultCUPS = "/run/cups/cups.sock"

// CheckCUPS refuses what Address may not be: an address of another machine.
func CheckCUPS(address string) error {
	if address == "" || strings.HasPrefix(address, "/") {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if !loopback(host) {
		return fmt.Errorf("%q is not this machine", host)
	}
	return nil
}

// lastJobs is how many jobs are asked for at a time: more than a kiosk prints meanwhile.
const lastJobs = 100

// Look implements Printer.
func (c CUPS) Look(ctx context.Context) (Print, error) {
	ask := ipp{operation: ippGetDefault}
	if c.Name != "" {
		ask = ipp{operation: ippGetPrinter, printer: c.uri(c.Name)}
	}
	ask.want = []string{"printer-name", "printer-state", "printer-state-reasons", "printer-is-accepting-jobs"}
	answer, err := c.ask(ctx, ask)
	if err != nil {
		return Print{}, err
	}
	if len(answer.groups) == 0 {
		return Print{}, errNoPrinter
	}
	printer := answer.groups[0]
	name := printer.text("printer-name")
	if name == "" {
		return Print{}, errNoPrinter
	}
	seen := Print{State: stateOf(printer)}
	jobs, err := c.ask(ctx, ipp{operation: ippGetJobs, printer: c.uri(name), limit: lastJobs, want: []string{"job-id", "job-state", "job-media-sheets-completed"}})
	if err != nil {
		return Print{}, err
	}
	for _, job := range jobs.groups {
		if job.number("job-state") == ippJobCompleted && job.number("job-id") > 0 {
			seen.Jobs = append(seen.Jobs, Job{ID: job.number("job-id"), Sheets: job.number("job-media-sheets-completed")})
		}
	}
	return seen, nil
}

var errNoPrinter = errors.New("no printer is set up")

// stateOf judges a printer by its state and reasons (RFC 8011, 5.4.11, 5.4.12). Reasons end
// in how bad they are; a report is none.
func stateOf(printer ippGroup) api.KioskPrinter {
	stopped := printer.number("printer-state") == ippPrinterStopped || printer.number("printer-is-accepting-jobs") == 0
	for _, reason := range printer["printer-state-reasons"] {
		text := strings.TrimSuffix(strings.TrimSuffix(string(reason), "-error"), "-warning")
		switch text {
		case "media-empty", "media-needed":
			return api.PrinterEmpty
		case "media-jam", "cover-open", "door-open", "offline", "paused", "shutdown", "timed-out", "output-area-full",
			"marker-supply-empty", "toner-empty", "input-tray-missing":
			stopped = true
		}
	}
	if stopped {
		return api.PrinterStopped
	}
	return api.PrinterReady
}

func (c CUPS) uri(name string) string { return "ipp://localhost/printers/" + name }

// ask posts one request over a connection of its own.
func (c CUPS) ask(ctx context.Context, q ipp) (ippAnswer, error) {
	address := c.Address
	if address == "" {
		address = DefaultCUPS
	}
	network := "tcp"
	if strings.HasPrefix(address, "/") {
		network = "unix"
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://localhost/", bytes.NewReader(q.bytes()))
	if err != nil {
		return ippAnswer{}, err
	}
	request.Header.Set("Content-Type", "application/ipp")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return ippAnswer{}, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return ippAnswer{}, fmt.Errorf("printing system: status %d", response.StatusCode)
	}
	text, err := io.ReadAll(io.LimitReader(response.Body, maxIPP+1))
	if err != nil {
		return ippAnswer{}, err
	}
	answer, err := parseIPP(text)
	switch {
	case err != nil:
		return ippAnswer{}, err
	case answer.status == ippNotFound:
		return ippAnswer{}, errNoPrinter
	case answer.status >= ippFailed:
		return ippAnswer{}, fmt.Errorf("printing system: status %#04x", answer.status)
	}
	return answer, nil
}
