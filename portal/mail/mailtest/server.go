// Package mailtest is a mail server for tests: it speaks enough SMTP (RFC 5321) with
// STARTTLS (RFC 3207) to take a mail from a real client, keeps what it took, and can
// misbehave in the ways of real servers.
package mailtest

import (
	"bufio"
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Mood is how the server behaves from now on.
type Mood string

// The moods.
const (
	Good         Mood = ""
	Down         Mood = "down"         // closes each connection at once
	Busy         Mood = "busy"         // 421 as a greeting
	Hang         Mood = "hang"         // says nothing
	Later        Mood = "later"        // 451 to the recipient: grey listing
	NoSuchUser   Mood = "no-such-user" // 550 to the recipient
	NoSender     Mood = "no-sender"    // 550 to the sender
	NoContent    Mood = "no-content"   // 554 after the mail
	LostAnswer   Mood = "lost-answer"  // takes the mail and drops the line before saying so
	CutInData    Mood = "cut"          // drops the line in the middle of the mail; takes nothing
	NoReset      Mood = "no-reset"     // takes the mail, says so, then drops the line
	NoStartTLS   Mood = "no-starttls"  // does not offer STARTTLS
	WrongPass    Mood = "wrong-pass"   // 535
	LongAnswers  Mood = "long"         // replies of many lines
	HangAtTheEnd Mood = "hang-at-end"  // takes the mail and never answers
)

// Mail is one that the server took.
type Mail struct {
	From, To string // of the envelope
	Raw      []byte // as it came, dots unstuffed
	Message  *mail.Message
	TLS      bool
	User     string
}

// Server is a running mail server. Safe for concurrent use.
type Server struct {
	Host  string // a name in its certificate
	Port  int
	Roots *x509.CertPool

	listener net.Listener
	config   *tls.Config
	mu       sync.Mutex
	mood     Mood
	taken    []Mail
	asked    int // connections
	tls      bool
	wait     sync.WaitGroup
	ended    chan struct{}
}

// Start runs a server on loopback until the test ends.
func Start(t testing.TB) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Host: "localhost", Port: l.Addr().(*net.TCPAddr).Port, listener: l, ended: make(chan struct{})}
	s.certify(t, "localhost")
	s.wait.Go(s.serve)
	t.Cleanup(func() {
		close(s.ended)
		l.Close()
		s.wait.Wait()
	})
	return s
}

// TLS makes the server speak TLS from the first byte on.
func (s *Server) TLS() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tls = true
}

// Certify gives the server a certificate for another name.
func (s *Server) Certify(t testing.TB, name string) { s.certify(t, name) }

func (s *Server) certify(t testing.TB, name string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Roots = x509.NewCertPool()
	s.Roots.AddCert(certificate)
	s.config = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}, MinVersion: tls.VersionTLS12}
}

// Set changes the server's mood.
func (s *Server) Set(m Mood) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mood = m
}

// Taken are the mails taken so far.
func (s *Server) Taken() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Mail(nil), s.taken...)
}

// Asked is how many connections came in.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked
}

func (s *Server) now() Mood {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.mood
}

func (s *Server) serve() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.asked++
		implicit := s.tls
		s.mu.Unlock()
		s.wait.Go(func() {
			defer c.Close()
			c.SetDeadline(time.Now().Add(time.Minute))
			one := &session{server: s, conn: c, r: bufio.NewReader(c), mood: s.now()}
			if implicit && !one.secured() {
				return
			}
			one.run()
		})
	}
}

// session is one connection.
type session struct {
	server *Server
	conn   net.Conn
	r      *bufio.Reader
	mood   Mood
	mail   Mail
	secure bool
	user   string
}

func (c *session) say(format string, args ...any) { fmt.Fprintf(c.conn, format+"\r\n", args...) }

// hang says nothing until the client leaves or the test ends.
func (c *session) hang() {
	gone := make(chan struct{})
	go func() {
		defer close(gone)
		c.r.ReadByte()
	}()
	select {
	case <-gone:
	case <-c.server.ended:
		c.conn.Close()
		<-gone
	}
}

func (c *session) run() {
	switch c.mood {
	case Down:
		return
	case Busy:
		c.say("421 4.3.2 too busy")
		return
	case Hang:
		c.hang()
		return
	}
	c.say("220 mail.test ESMTP")
	for {
		line, err := c.r.ReadString('\n')
		if err != nil {
			return
		}
		if !c.command(strings.TrimRight(line, "\r\n")) {
			return
		}
	}
}

// command answers one; false ends the session.
func (c *session) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	switch strings.ToUpper(verb) {
	case "EHLO", "HELO":
		c.hello()
	case "STARTTLS":
		return c.startTLS()
	case "AUTH":
		c.auth(rest)
	case "MAIL":
		if c.mood == NoSender {
			c.say("550 5.7.1 %s may not send", rest)
			return true
		}
		c.mail = Mail{From: address(rest), TLS: c.secure, User: c.user}
		c.say("250 2.1.0 fine")
	case "RCPT":
		c.recipient(rest)
	case "DATA":
		return c.data()
	case "RSET":
		if c.mood == NoReset {
			return false
		}
		c.say("250 2.0.0 fine")
	case "NOOP":
		c.say("250 2.0.0 fine")
	case "QUIT":
		c.say("221 2.0.0 bye")
		return false
	default:
		c.say("502 5.5.2 what")
	}
	return true
}

func (c *session) hello() {
	c.say("250-mail.test")
	c.say("250-ENHANCEDSTATUSCODES")
	c.say("250-8BITMIME")
	if !c.secure && c.mood != NoStartTLS {
		c.say("250-STARTTLS")
	}
	c.say("250 AUTH PLAIN")
}

func (c *session) startTLS() bool {
	c.say("220 2.0.0 go on")
	return c.secured()
}

func (c *session) secured() bool {
	c.server.mu.Lock()
	config := c.server.config
	c.server.mu.Unlock()
	line := tls.Server(c.conn, config)
	if line.Handshake() != nil {
		return false
	}
	c.conn, c.r, c.secure = line, bufio.NewReader(line), true
	return true
}

func (c *session) auth(rest string) {
	_, response, _ := strings.Cut(rest, " ")
	plain, err := base64.StdEncoding.DecodeString(response)
	parts := strings.Split(string(plain), "\x00")
	if c.mood == WrongPass || err != nil || len(parts) != 3 || parts[2] != Password {
		c.say("535 5.7.8 wrong")
		return
	}
	c.user = parts[1]
	c.say("235 2.7.0 fine")
}

// Password is the one the server accepts, of any user.
const Password = "to the mail server"

func (c *session) recipient(rest string) {
	switch c.mood {
	case Later:
		c.say("451 4.7.1 come back later, %s", rest)
	case NoSuchUser:
		c.say("550 5.1.1 %s is not here", rest)
	default:
		c.mail.To = address(rest)
		if c.mood == LongAnswers {
			c.say("250-%s", strings.Repeat("x", 400))
		}
		c.say("250 2.1.5 fine")
	}
}

func (c *session) data() bool {
	c.say("354 go on")
	var raw bytes.Buffer
	for {
		line, err := c.r.ReadString('\n')
		if err != nil || c.mood == CutInData {
			return false
		}
		if line == ".\r\n" {
			break
		}
		raw.WriteString(strings.TrimPrefix(line, "."))
	}
	if c.mood == NoContent {
		c.say("554 5.6.0 not like this")
		return true
	}
	c.mail.Raw = raw.Bytes()
	c.mail.Message, _ = mail.ReadMessage(bytes.NewReader(raw.Bytes()))
	c.server.mu.Lock()
	c.server.taken = append(c.server.taken, c.mail)
	n := len(c.server.taken)
	c.server.mu.Unlock()
	switch c.mood {
	case LostAnswer:
		return false
	case HangAtTheEnd:
		c.hang()
		return false
	}
	c.say("250 2.0.0 taken as %s", strconv.Itoa(n))
	return true
}

// address is what stands between the brackets.
func address(rest string) string {
	_, rest, _ = strings.Cut(rest, "<")
	inside, _, _ := strings.Cut(rest, ">")
	return inside
}
