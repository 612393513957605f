package agent

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnswers(t *testing.T) {
	for beginning, want := range map[string]answerer{
		"": undecided, "G": undecided, "GET": undecided, "GET ": undecided, "GET /": undecided, "GET /v": undecided, "GET /v1": undecided,
		"OPTIONS": undecided, "OPTIONS /v": undecided,
		"GET /v1/": us, "POST /v1/authent": us, "OPTIONS /v1/sign": us, "DELETE /v1/x HT": us,
		"GET /p": pinPage, "GET /pin/abc": pinPage, "POST /pin/abcdef": pinPage, "GET /pin.css HTT": pinPage, "GET /v2": pinPage, "GET / HTTP/1.1\r\n": pinPage,
		"GET //v1/": pinPage, "GET /V1/": pinPage, "PUT /pin/x HTTP/": pinPage, "GET /favicon.ico": pinPage, "OPTIONS /pin/abc": pinPage,
		"POST http://local": nobody, "GET v1/": nobody, "OPTIONS *": nobody, "PRI * HTTP/2.0\r\n": nobody, "CONNECT localhost": nobody,
		"get /pin/x": nobody, " GET /pin/x": nobody, " ": nobody, "\r\nGET /pin/x": nobody, "GET\t/pin/x": nobody, "GET  /pin/x": nobody,
		"PROPFIND": nobody, "POSTPOSTPOST /v1": nobody, "\x16\x03\x01\x02\x00\x01": nobody, "GÉT /v1/": nobody, "GET \x00/v1/": nobody,
	} {
		if got := answers([]byte(beginning)); got != want {
			t.Errorf("answers(%q) = %d, want %d", beginning, got, want)
		}
	}
}

// What was decided stays so whatever comes behind it, nothing is left open after maxPeek
// bytes, and this process answers nothing but its own paths.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{"GET /v1/status HTTP/1.1", "POST /pin/AAAA", "OPTIONS /v1/sign", "G", "PRI * HTTP/2.0", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		before := undecided
		for n := range min(len(line), maxPeek) + 1 {
			now := answers(line[:n])
			if before != undecided && now != before {
				t.Fatalf("answers(%q) = %d, but %d for what it begins with", line[:n], now, before)
			}
			before = now
		}
		if before == undecided && len(line) >= maxPeek {
			t.Fatalf("answers(%q) is still open", line[:maxPeek])
		}
		_, path, _ := bytes.Cut(line, []byte(" "))
		if before == us && !bytes.HasPrefix(path, []byte(ourPaths)) {
			t.Fatalf("answers(%q) = us", line)
		}
	})
}

// pair is a connection over loopback: near is what the agent has of it.
func pair(t *testing.T) (near *net.TCPConn, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if far, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Close(); conn.Close() })
	return conn.(*net.TCPConn), far
}

func write(t *testing.T, to net.Conn, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

// left is what the kernel still has for near.
func left(t *testing.T, near *net.TCPConn, far net.Conn) string {
	t.Helper()
	far.(*net.TCPConn).CloseWrite()
	near.SetReadDeadline(time.Now().Add(10 * time.Second))
	rest, err := io.ReadAll(near)
	if err != nil {
		t.Fatal(err)
	}
	return string(rest)
}

// A look takes nothing, also when the bytes come one by one.
func TestLookTakesNothing(t *testing.T) {
	for request, want := range map[string]answerer{
		"POST /pin/x HTTP/1.1\r\nHost: localhost\r\n\r\npin=918273645546": pinPage, "GET /v1/status HTTP/1.1\r\n\r\n": us, "garbage 918273645546": nobody,
	} {
		near, far := pair(t)
		seen := make(chan answerer)
		go func() { seen <- look(near, time.Minute) }()
		for i := range request {
			write(t, far, request[i:i+1])
		}
		if got := <-seen; got != want {
			t.Errorf("look(%q) = %d, want %d", request, got, want)
		}
		if rest := left(t, near, far); rest != request {
			t.Errorf("after the look %q is left of %q", rest, request)
		}
	}
}

func TestLookEnds(t *testing.T) {
	near, far := pair(t)
	write(t, far, "GET /v")
	far.Close()
	if got := look(near, 50*time.Millisecond); got != nobody {
		t.Errorf("cut: look = %d", got)
	}
	near, _ = pair(t)
	near.Close()
	if got := look(near, 50*time.Millisecond); got != nobody {
		t.Errorf("closed: look = %d", got)
	}
}

// One request is read, and not a byte of what follows.
func TestSingle(t *testing.T) {
	const next = "POST /pin/x HTTP/1.1\r\n\r\ntoken=&pin=918273645546&do=ok"
	for name, request := range map[string]string{
		"without body":       "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"with body":          "POST /v1/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n{}",
		"empty body":         "POST /v1/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n",
		"returns in between": "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nX: a\r b\r\n\r\n",
	} {
		near, far := pair(t)
		write(t, far, request+next)
		c := &single{TCPConn: near}
		read, err := io.ReadAll(c)
		if name == "returns in between" {
			if !errors.Is(err, errHeader) && !errors.Is(err, errMore) {
				t.Errorf("%s: %v", name, err)
			}
		} else if !errors.Is(err, errMore) || string(read) != request {
			t.Errorf("%s: read %q, %v; want %q, %v", name, read, err, request, errMore)
		}
		if rest := left(t, near, far); !strings.HasSuffix(rest, next) {
			t.Errorf("%s: %q is left of what follows", name, rest)
		}
	}
}

func TestSingleRefuses(t *testing.T) {
	for name, header := range map[string]string{
		"line feeds":      "GET /v1/status HTTP/1.1\nHost: localhost\n\n",
		"one line feed":   "GET /v1/status HTTP/1.1\r\nHost: localhost\n\r\n",
		"chunks":          "POST /v1/cancel HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
		"two lengths":     "POST /v1/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\nContent-Length: 90\r\n\r\n",
		"negative length": "POST /v1/cancel HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
		"no request":      "GET /v1/status\r\n\r\n",
		"endless":         "GET /v1/status HTTP/1.1\r\n" + strings.Repeat("X: y\r\n", maxHeader/6) + "\r\n",
	} {
		near, far := pair(t)
		write(t, far, header+"918273645546")
		read, err := io.ReadAll(&single{TCPConn: near})
		if !errors.Is(err, errHeader) {
			t.Errorf("%s: Read = %v, want %v", name, err, errHeader)
		}
		if strings.Contains(string(read), "9182") {
			t.Errorf("%s: read beyond the header", name)
		}
		if rest := left(t, near, far); !strings.HasSuffix(rest, "918273645546") {
			t.Errorf("%s: %q is left", name, rest)
		}
	}
}

// Behind the request the end of the connection is noticed, and a deadline is kept.
func TestSingleEnds(t *testing.T) {
	near, far := pair(t)
	write(t, far, "GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")
	c := &single{TCPConn: near}
	if _, err := io.ReadFull(c, make([]byte, 44)); err != nil {
		t.Fatal(err)
	}
	near.SetReadDeadline(time.Now().Add(time.Millisecond))
	var late net.Error
	if _, err := c.Read(make([]byte, 1)); !errors.As(err, &late) || !late.Timeout() {
		t.Errorf("Read = %v, want a timeout", err)
	}
	near.SetReadDeadline(time.Time{})
	far.Close()
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("Read = %v, want EOF", err)
	}
}

// The header that is read ends where net/http sees it end.
func FuzzSingle(f *testing.F) {
	for _, seed := range []string{
		"GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n", "POST /v1/x HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcd", "GET / HTTP/1.0\n\n", "\r\n\r\n", "A b HTTP/1.1\r\r\n\r\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, sent []byte) {
		c := &single{}
		end := 0
		for ; end < len(sent) && c.matched < len(headerEnd); end++ {
			if c.note(sent[end:end+1]) != nil {
				return
			}
		}
		if c.matched < len(headerEnd) {
			return
		}
		if !bytes.HasSuffix(sent[:end], []byte(headerEnd)) || bytes.Contains(sent[:end-1], []byte(headerEnd)) || bytes.Contains(sent[:end-2], []byte("\n\n")) {
			t.Fatalf("the header ends at %d of %q", end, sent)
		}
		request, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(sent)))
		if err != nil || request.ContentLength != c.body {
			t.Fatalf("%d bytes of body, net/http says %v, %v", c.body, request, err)
		}
	})
}

// Who waits longest goes when too many connections say nothing.
func TestTooManyKnock(t *testing.T) {
	d := &door{}
	var far []net.Conn
	for range maxKnocking + 3 {
		near, other := pair(t)
		far = append(far, other)
		d.enter(near)
	}
	for i, conn := range far {
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		if i >= 3 {
			conn.SetReadDeadline(time.Now().Add(time.Millisecond))
		}
		_, err := conn.Read(make([]byte, 1))
		if shut := err == io.EOF; shut != (i < 3) {
			t.Errorf("connection %d: %v", i, err)
		}
	}
	d.leave(d.waiting[5])
	if len(d.waiting) != maxKnocking-1 || slices.Contains(d.waiting, nil) {
		t.Errorf("%d connections wait", len(d.waiting))
	}
	d.shut()
}
