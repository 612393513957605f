package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// Security is how the line to the server is protected.
type Security string

// The ways. There is no opportunistic one: who can cut the line can also cut the offer.
const (
	STARTTLS Security = "starttls" // RFC 3207, required; port 587
	TLS      Security = "tls"      // from the first byte, RFC 8314; port 465
	Plain    Security = "none"     // to a server on loopback alone
)

// SMTPConfig says which server takes our mails.
type SMTPConfig struct {
	Host     string         // required; a name in the server's certificate
	Port     int            // 0: 587, or 465 with TLS
	Security Security       // empty: STARTTLS
	User     string         // empty: without authentication
	Password func() []byte  // read at each connection, so that it can be changed; required with User
	Roots    *x509.CertPool // nil: those of the system
	Timeout  time.Duration  // of one command; 0: 20 seconds
}

// SMTP sends mails through one server. Safe for concurrent use: each mail has a
// connection of its own. Mails are few, and a kept connection is one more thing that
// is dead when it is needed.
type SMTP struct{ cfg SMTPConfig }

// NewSMTP checks the configuration. It does not connect: a dead server stops nothing.
func NewSMTP(cfg SMTPConfig) (*SMTP, error) {
	if cfg.Security == "" {
		cfg.Security = STARTTLS
	}
	if cfg.Timeout <= 0 {
		cfg.Timeout = 20 * time.Second
	}
	switch {
	case cfg.Host == "":
		return nil, errors.New("mail server needs a host")
	case cfg.Security != STARTTLS && cfg.Security != TLS && cfg.Security != Plain:
		return nil, fmt.Errorf("mail server: security %q is none of starttls, tls, none", cfg.Security)
	case cfg.Security == Plain && !loopback(cfg.Host):
		return nil, errors.New("mail server: without TLS on loopback only")
	case cfg.User != "" && cfg.Password == nil:
		return nil, errors.New("mail server: user without a password file")
	case cfg.Port < 0 || cfg.Port > 65535:
		return nil, fmt.Errorf("mail server: no port %d", cfg.Port)
	}
	if cfg.Port == 0 {
		cfg.Port = 587
		if cfg.Security == TLS {
			cfg.Port = 465
		}
	}
	return &SMTP{cfg}, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Check connects as Send does, with TLS and password, and hangs up: it shows that the server
// would be given mails, and sends none.
func (s *SMTP) Check(ctx context.Context) error {
	line := &line{}
	defer line.close()
	client, err := gomail.NewClient(s.cfg.Host, append(s.options(), gomail.WithDialContextFunc(s.dial(line)))...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return connecting(err)
	}
	_ = client.Close() // it answered
	return nil
}

// Send implements Sender. A mail that the server took is sent, whatever happens to the
// connection after its yes.
func (s *SMTP) Send(ctx context.Context, m Mail) error {
	msg, err := m.message()
	if err != nil {
		return err
	}
	line := &line{}
	defer line.close()
	client, err := gomail.NewClient(s.cfg.Host, append(s.options(), gomail.WithHELO(m.From.Domain()),
		gomail.WithDialContextFunc(s.dial(line)))...)
	if err != nil {
		return fmt.Errorf("mail server: %w", err)
	}
	if err := client.DialWithContext(ctx); err != nil {
		return connecting(err)
	}
	defer context.AfterFunc(ctx, line.close)()
	err = client.Send(msg)
	_ = client.Close() // whose the mail is has been said; a failed goodbye changes nothing
	if err == nil || msg.IsDelivered() {
		return nil
	}
	return sending(err)
}

// line is the connection of one mail. The library leaves it open where the server is
// refused before a mail was given, so it is closed here in any case.
type line struct {
	mu   sync.Mutex
	conn net.Conn
}

func (l *line) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.conn != nil {
		l.conn.Close()
	}
}

func (s *SMTP) dial(l *line) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var dialer interface {
			DialContext(ctx context.Context, network, address string) (net.Conn, error)
		} = new(net.Dialer)
		if s.cfg.Security == TLS {
			dialer = &tls.Dialer{Config: s.tls()}
		}
		conn, err := dialer.DialContext(ctx, network, address)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conn = conn
		return conn, err
	}
}

func (s *SMTP) tls() *tls.Config {
	return &tls.Config{ServerName: s.cfg.Host, RootCAs: s.cfg.Roots, MinVersion: tls.VersionTLS12}
}

func (s *SMTP) options() []gomail.Option {
	options := []gomail.Option{
		gomail.WithPort(s.cfg.Port), gomail.WithTimeout(s.cfg.Timeout), gomail.WithTLSConfig(s.tls()),
		gomail.WithoutSMTPUTF8(), gomail.WithoutNoop(), gomail.WithTLSPolicy(gomail.NoTLS),
	}
	auth := gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover)
	switch s.cfg.Security {
	case STARTTLS:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case TLS: // dial made it so, which the library's own choice does not see
		auth = gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin)
	case Plain:
		auth = gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc) // loopback, checked by NewSMTP
	}
	if s.cfg.User != "" {
		options = append(options, auth, gomail.WithUsername(s.cfg.User), gomail.WithPassword(string(s.cfg.Password())))
	}
	return options
}

// connecting is why there was no connection, without what the server wrote. A wrong
// password is our own mistake and buries no mail.
func connecting(err error) error {
	var network net.Error
	var unknown x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &unknown), errors.As(err, &name), errors.As(err, &invalid):
		return errors.New("mail server: its certificate is not accepted")
	case errors.As(err, &network) && network.Timeout():
		return errors.New("mail server: no answer in time")
	case errors.As(err, &network):
		return errors.New("mail server: no connection")
	}
	if code := replyCode(err.Error()); code != "" {
		return fmt.Errorf("mail server: it answered %s before it was given a mail", code)
	}
	return errors.New("mail server: no connection as configured")
}

// sending is why the mail was not taken: for good if the server says so (5yz) of this
// reader or of this mail. What it says of us, the sender, is our own mistake.
func sending(err error) error {
	var failed *gomail.SendError
	if !errors.As(err, &failed) {
		return errors.New("mail server: sending failed")
	}
	code := failed.ErrorCode()
	what := fmt.Sprintf("%d %s", code, failed.EnhancedStatusCode())
	ofThisMail := failed.Reason == gomail.ErrSMTPRcptTo || failed.Reason == gomail.ErrSMTPData || failed.Reason == gomail.ErrSMTPDataClose
	switch {
	case code >= 500 && ofThisMail:
		return fmt.Errorf("%w: %s, %s", ErrRefused, failed.Reason, what)
	case code > 0:
		return fmt.Errorf("mail server: %s, %s", failed.Reason, what)
	}
	return fmt.Errorf("mail server: %s, connection lost", failed.Reason)
}

// replyCode is the first reply code of RFC 5321, 4.2 that a text begins with or holds.
func replyCode(text string) string {
	for i := 0; i+3 <= len(text); i++ {
		digits := text[i : i+3]
		if digits[0] >= '4' && digits[0] <= '5' && digits[1] >= '0' && digits[1] <= '5' && digits[2] >= '0' && digits[2] <= '9' &&
			(i == 0 || text[i-1] == ' ') && (i+3 == len(text) || text[i+3] == ' ' || text[i+3] == '-') {
			return digits
		}
	}
	return ""
}

// message is the mail as it goes over the line (RFC 5322, MIME): both texts, and the
// header that keeps holiday answers away (RFC 3834).
func (m Mail) message() (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent(), gomail.WithBoundary("guichet-"+m.ID))
	for _, err := range []error{
		msg.FromFormat(m.FromName, m.From.String()),
		msg.EnvelopeFrom(m.From.String()),
		msg.To(m.To.String()),
		msg.ReplyTo(m.ReplyTo.String()),
	} {
		if err != nil { // it may quote the address
			return nil, fmt.Errorf("%w: %w: header", ErrRefused, ErrMessage)
		}
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.MessageID())
	msg.SetDateWithValue(m.Date)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("Content-Language", string(m.Lang))
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	return msg, nil
}
