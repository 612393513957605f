package main

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"

	"guichet.example/portal/mail"
)

// MailSettings say which server takes the mails. Who writes is in "mutuality.post".
type MailSettings struct {
	// Host is the server's name, as in its certificate. Required.
	Host string `json:"host"`
	// Port of the server. Empty: 587, or 465 with "tls".
	Port int `json:"port"`
	// Security of the line: "starttls", "tls", or on loopback alone "none". Empty:
	// "starttls", which the server must offer.
	Security mail.Security `json:"security"`
	// User at the server. Empty: without.
	User string `json:"user"`
	// PasswordFile holds the user's password on one line, mode 0600; read at each
	// connection. Required with User.
	PasswordFile string `json:"password_file"`
	// CA is a PEM file of the authorities of its certificate. Empty: those of the system.
	CA string `json:"ca"`
}

// maxPassword bounds the file of a password, in bytes.
const maxPassword = 1 << 10

// sender is the mail server; nil without one.
func (s *MailSettings) sender() (mail.Sender, error) {
	if s == nil {
		return nil, nil
	}
	cfg := mail.SMTPConfig{Host: s.Host, Port: s.Port, Security: s.Security, User: s.User}
	if s.User != "" {
		if _, err := readPassword(s.PasswordFile); err != nil {
			return nil, fmt.Errorf("%q: %w", "mail.password_file", err)
		}
		cfg.Password = func() []byte {
			password, err := readPassword(s.PasswordFile)
			if err != nil {
				return nil // the server refuses it, and the mails wait
			}
			return password
		}
	}
	if s.CA != "" {
		pem, err := os.ReadFile(s.CA)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", "mail.ca", err)
		}
		cfg.Roots = x509.NewCertPool()
		if !cfg.Roots.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%q: %s holds no certificate", "mail.ca", s.CA)
		}
	}
	out, err := mail.NewSMTP(cfg)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", "mail", err)
	}
	return out, nil
}

// readPassword reads a file that its owner alone can read.
func readPassword(file string) ([]byte, error) {
	if file == "" {
		return nil, errors.New("is required with a user")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s has mode %04o, want 0600", file, info.Mode().Perm())
	}
	password, err := io.ReadAll(io.LimitReader(f, maxPassword))
	return bytes.TrimRight(password, "\r\n"), err
}
