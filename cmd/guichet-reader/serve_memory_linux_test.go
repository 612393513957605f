package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"guichet.example/reader/agent/agenttest"
	"guichet.example/reader/api"
	"guichet.example/reader/remote/remotetest"
	"guichet.example/reader/softcard"
)

// Twelve digits each that are nowhere in memory by chance: drawn, since a constant of
// this test would be in the program.
var longPIN, wrongPIN, stoppedAt, planted = twelve(), twelve(), twelve(), twelve()

func twelve() string {
	n, err := rand.Int(rand.Reader, big.NewInt(900_000_000_000))
	if err != nil {
		panic(err)
	}
	return strconv.FormatInt(n.Int64()+100_000_000_000, 10)
}

const page = "http://localhost:8080"

// A person signs in, signs, mistypes and gives up on the page of a `guichet-reader serve`
// of flesh and blood, and others send forms where none belongs. After each, what was
// typed is nowhere in the memory of the process.
func TestServeHoldsNoPIN(t *testing.T) {
	p := startServe(t)
	client := &agenttest.Client{Agent: p.url, Origin: page, Lang: "en", HTTP: &http.Client{Timeout: 30 * time.Second}}
	nonce := strings.Repeat("A", 43) + "="

	client.PIN = agenttest.FixedPIN(longPIN)
	if _, err := client.Authenticate(t.Context(), nonce); err != nil {
		t.Fatalf("Authenticate = %v", err)
	}
	p.holdsNot(t, "a login", longPIN)

	certificate, err := client.SigningCertificate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	request := api.SignRequest{Certificate: certificate.Certificate, Hash: strings.Repeat("A", 43) + "=", HashFunction: "SHA-256"}
	if _, err := client.Sign(t.Context(), request); err != nil {
		t.Fatalf("Sign = %v", err)
	}
	p.holdsNot(t, "a signature", longPIN)

	client.PIN = func(_ context.Context, form *agenttest.PINPage) (string, error) {
		if form.Error == "" {
			return wrongPIN, nil
		}
		p.holdsNot(t, "a wrong PIN", wrongPIN)
		return longPIN, nil
	}
	if _, err := client.Authenticate(t.Context(), nonce); err != nil {
		t.Fatalf("Authenticate after a wrong PIN = %v", err)
	}
	p.holdsNot(t, "a wrong PIN and the right one", longPIN, wrongPIN)

	client.PIN = func(ctx context.Context, form *agenttest.PINPage) (string, error) {
		_, err := form.CancelTyped(ctx, stoppedAt)
		return "", errors.Join(agenttest.ErrPressCancel, err)
	}
	var failure api.Error
	if _, err := client.Authenticate(t.Context(), nonce); !errors.As(err, &failure) || failure.State != api.Cancelled {
		t.Fatalf("Authenticate, cancelled = %v", err)
	}
	p.holdsNot(t, "Cancel with digits typed", stoppedAt)

	p.strays(t)
	p.holdsNot(t, "forms that strayed", longPIN, wrongPIN, stoppedAt)

	// The search finds what is there: a message that the process does read.
	client.PIN = nil
	if _, err := client.Authenticate(t.Context(), planted); !errors.As(err, &failure) || failure.Code != api.InvalidArgument {
		t.Fatalf("Authenticate with a short nonce = %v", err)
	}
	if !p.holds(t, planted) {
		t.Error("digits that the process did read were not found: the search is blind")
	}
	if t.Failed() {
		t.Logf("it wrote: %s", p.log.String())
	}
}

// serving is a guichet-reader serve in a process of its own.
type serving struct {
	pid int
	url string
	log *bytes.Buffer
}

func startServe(t *testing.T) *serving {
	t.Helper()
	w, err := made()
	if err != nil {
		t.Fatal(err)
	}
	d, err := softcard.NewDesk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.AddCard("ec", w.cards["ec"], longPIN), d.Insert("ec")); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &serving{log: &bytes.Buffer{}}
	cmd := exec.Command(self)
	cmd.Args = []string{"guichet-reader", "serve", "-listen", "localhost:0", "-origin", page, "-module", d.Module()}
	cmd.Stderr = s.log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		if err := cmd.Wait(); err != nil {
			t.Errorf("it ended with %v: %s", err, s.log.String())
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	found := regexp.MustCompile(` at (http://localhost:\d+) with `).FindStringSubmatch(line)
	if err != nil || found == nil {
		t.Fatalf("it said %q, %v: %s", line, err, s.log.String())
	}
	s.pid, s.url = cmd.Process.Pid, found[1]
	return s
}

// strays sends forms where a browser would not: behind another request on the same
// connection, at once or after the answer, and cut in the middle.
func (s *serving) strays(t *testing.T) {
	t.Helper()
	host := strings.TrimPrefix(s.url, "http://")
	form := func(pin string) string {
		body := "token=A&pin=" + pin + "&do=ok"
		return fmt.Sprintf("POST /pin/x HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
			host, s.url, len(body), body)
	}
	status := "GET /v1/status HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + page + "\r\nConnection: keep-alive\r\n\r\n"
	absolute := strings.Replace(form(longPIN), "POST /pin", "POST "+s.url+"/pin", 1)
	for _, sent := range [][]string{
		{form(wrongPIN)},
		{status + form(longPIN)},
		{status[:len(status)-2], "\r\n" + form(stoppedAt)},
		{status, form(longPIN)},
		{form(longPIN)[:5], form(longPIN)[5:]},
		{strings.ReplaceAll(status, "\r\n", "\n") + form(longPIN)},
		{absolute}, {"\r\n" + form(longPIN)}, {" " + form(longPIN)}, {strings.ToLower(form(longPIN))},
		{"GET /pin/x HTTP/1.1\r\nHost: " + host + "\r\n\r\n" + form(wrongPIN)},
		{"POST /v1/cancel HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + page + "\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}" + form(longPIN)},
		{"POST /v1/cancel HTTP/1.1\r\nHost: " + host + "\r\nOrigin: " + page + "\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + form(longPIN)},
	} {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(30 * time.Second))
		for i, part := range sent {
			if i > 0 { // the parts arrive apart
				time.Sleep(20 * time.Millisecond)
			}
			_, _ = io.WriteString(conn, part) // it may be closed by now
		}
		_, _ = io.Copy(io.Discard, conn)
		conn.Close()
	}
}

func (s *serving) holdsNot(t *testing.T, after string, secrets ...string) {
	t.Helper()
	for _, secret := range secrets {
		if s.holds(t, secret) {
			t.Errorf("after %s the parent holds what was typed", after)
		}
	}
}

// holds looks through the memory of the process for the first and for the last eight
// digits.
func (s *serving) holds(t *testing.T, digits string) bool {
	t.Helper()
	for _, part := range []string{digits[:8], digits[len(digits)-8:]} {
		found, looked, err := remotetest.Holds(s.pid, []byte(part))
		if err != nil || !found && looked < 1<<20 {
			t.Fatalf("looked at %d bytes: %v", looked, err)
		}
		if found {
			return true
		}
	}
	return false
}
