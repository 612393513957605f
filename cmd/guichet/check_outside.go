package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"net/url"
	"time"

	"guichet.example/auth/federation"
)

// origin looks whether the name that members type leads anywhere, and whether what lies
// between them and us is as it must be.
func (c *checkup) origin(ctx context.Context) []row {
	u, err := url.Parse(c.s.Origin)
	if err != nil || u.Scheme != "https" {
		return []row{bad("Set \"origin\" to an https address.", "Members would not come by https.")}
	}
	var rows []row
	if _, err := new(net.Resolver).LookupHost(ctx, u.Hostname()); err != nil {
		rows = append(rows, weak("Enter it into the DNS, unless it is known to members alone.", "The name %s of \"origin\" is not known here.", u.Hostname()))
	}
	rows = append(rows, inFront(c.s)...)
	if len(rows) == 0 {
		rows = []row{good("Members come by %s.", c.s.Origin)}
	}
	return rows
}

// inFront are settings that hold only if something in front of us does its part.
func inFront(s *Settings) (rows []row) {
	if s.TLS.Certificate != "" {
		return nil
	}
	if host, _, err := net.SplitHostPort(s.Listen); err != nil || host != "localhost" && !net.ParseIP(host).IsLoopback() {
		rows = append(rows, weak("Set \"listen\" to a loopback address, or let nobody but the proxy reach it.",
			"There is no TLS here, and not on loopback alone: who reaches %s past the proxy speaks in clear.", s.Listen))
	}
	if len(s.TrustedProxies) == 0 {
		rows = append(rows, weak("Name the proxy in \"trusted_proxies\".", "All visitors behind the proxy are one client, whose limit any of them can use up."))
	}
	return rows
}

// tls looks at our own certificate, as a browser would.
func (c *checkup) tls(context.Context) []row {
	if c.s.TLS.Certificate == "" {
		return []row{weak("See that the proxy in front ends TLS with a certificate that holds.", "No TLS here: a proxy must end it.")}
	}
	pair, err := tls.LoadX509KeyPair(c.s.TLS.Certificate, c.s.TLS.Key)
	if err != nil {
		return []row{bad("Correct \"tls\".", "The TLS certificate cannot be used: %v.", err)}
	}
	u, err := url.Parse(c.s.Origin)
	if err == nil {
		err = pair.Leaf.VerifyHostname(u.Hostname())
	}
	if err != nil {
		return []row{bad("Order one for the name in \"origin\".", "The TLS certificate is not for %s: %v.", c.s.Origin, err)}
	}
	ends := pair.Leaf.NotAfter.Format(time.DateOnly)
	switch left := time.Until(pair.Leaf.NotAfter); {
	case left < 0:
		return []row{bad("Order another.", "The TLS certificate ran out on %s.", ends)}
	case left < 14*24*time.Hour:
		return []row{weak("Order the next one.", "The TLS certificate holds until %s.", ends)}
	}
	above := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		if cert, err := x509.ParseCertificate(der); err == nil {
			above.AddCert(cert)
		}
	}
	if _, err := pair.Leaf.Verify(x509.VerifyOptions{Intermediates: above}); err != nil {
		return []row{weak("Put the certificates above it into the same file, unless members' browsers know its authority.", "Browsers may not trust the TLS certificate: %v.", err)}
	}
	return []row{good("The TLS certificate is for %s and holds until %s.", c.s.Origin, ends)}
}

var noMail = weak("Set up \"mail\".", "There is no mail server: mails are made and wait.")

// mail speaks to the server as far as before a mail. One that is away is no reason not to
// serve: mails wait.
func (c *checkup) mail(ctx context.Context) []row {
	if c.s.Mail == nil {
		return []row{noMail}
	}
	sender, err := c.s.Mail.sender()
	if err != nil {
		return []row{bad("Correct \"mail\".", "The mail server cannot be used: %v.", err)}
	}
	server, ok := sender.(interface{ Check(context.Context) error })
	if !ok {
		return []row{good("Mails go out.")}
	}
	if err := server.Check(ctx); err != nil {
		return []row{weak("See host, port, security, user and password in \"mail\". Until then mails wait.",
			"The mail server %s cannot be used now: %v.", c.s.Mail.Host, err)}
	}
	return []row{good("The mail server %s answers as it must.", c.s.Mail.Host)}
}

// features says what the mutuality does without.
func (c *checkup) features(context.Context) []row {
	if off := c.s.Mutuality.Off; len(off) > 0 {
		return []row{good("Switched off: %s.", off)}
	}
	return []row{good("Everything is switched on.")}
}

func (c *checkup) profile(context.Context) []row {
	p, err := c.s.Mutuality.Profile.Profile()
	if err != nil {
		return []row{bad("Correct \"mutuality.profile\".", "The profile does not hold: %v.", err)}
	}
	var rows []row
	for _, w := range p.Warnings() {
		rows = append(rows, weak("Change it in \"mutuality.profile\", or keep the mutuality's decision on file.", "%s.", w))
	}
	if len(rows) == 0 {
		rows = []row{good("The profile asks for what the standards advise.")}
	}
	return rows
}

// federation asks each identity provider for what it says of itself. One that is away is
// no reason to shut the other doors.
func (c *checkup) federation(ctx context.Context) []row {
	if len(c.s.Federation) == 0 {
		return []row{good("No federal provider is set up.")}
	}
	opened, err := openProviders(c.s, nil, c.log)
	if err != nil {
		return []row{bad("Correct \"federation\".", "The federal providers cannot be used: %v.", err)}
	}
	var rows []row
	for _, way := range opened.ways {
		if err := ready(ctx, way.Provider); err != nil {
			rows = append(rows, weak("See that this machine reaches it: guichet federation -check looks at its metadata.",
				"The federal provider %s cannot be asked: %v.", way.ID(), err))
			continue
		}
		rows = append(rows, good("The federal provider %s answers.", way.ID()))
	}
	return rows
}

// ready asks a provider by its protocol.
func ready(ctx context.Context, p federation.Provider) error {
	switch p := p.(type) {
	case interface{ Ready(context.Context) error }:
		return p.Ready(ctx)
	case interface{ Refresh(context.Context) error }:
		return p.Refresh(ctx)
	}
	return nil
}
