package portal

import (
	"bytes"
	"crypto/tls"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

func TestServerLogHoldsNoAddress(t *testing.T) {
	for line, want := range map[string]string{
		"http: TLS handshake error from 192.0.2.7:54922: EOF":                                                  "http: TLS handshake error from an address: EOF",
		"http: TLS handshake error from [2001:db8::1]:443: read tcp [::1]:8443->[fe80::1%eth0]:9: i/o timeout": "http: TLS handshake error from an address: read tcp an address->an address: i/o timeout",
		"http: Accept error: too many open files; retrying in 5ms":                                             "http: Accept error: too many open files; retrying in 5ms",
	} {
		var out bytes.Buffer
		serverLog(slog.New(slog.NewTextHandler(&out, nil))).Println(line)
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "WARN") || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%q is told as %q", line, out.String())
		}
	}
}

// A handshake that fails is told by the server itself, and not whose it was.
func TestServerTellsOfHandshakes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	told := make(lines, 10)
	server := (&Portal{cfg: Config{Log: slog.New(slog.NewJSONHandler(told, nil))}}).Server()
	server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{{}}, MinVersion: tls.VersionTLS12}
	go server.ServeTLS(listener, "", "")
	defer server.Close()
	client, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Write([]byte("GET / HTTP/1.1\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	select {
	case line := <-told:
		if !strings.Contains(line, "TLS handshake error from an address") || strings.Contains(line, "127.0.0.1") {
			t.Errorf("the log reads %s", line)
		}
	case <-time.After(20 * time.Second):
		t.Error("nothing was told")
	}
}

// lines are what is written, line by line.
type lines chan string

func (l lines) Write(line []byte) (int, error) {
	l <- string(line)
	return len(line), nil
}
