package main

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
)

// question is one service that tells of one authority.
type question struct {
	path   certs.Path        // the authority and its issuer
	source revocation.Source // the only one that the authority in path names
}

// revocation asks each service that an authority in the trust set names for that
// authority's status, and looks whether the other hosts can be reached at all: whose
// status they tell is in the cards, and shows with the first. One that is away is a
// warning, since what waits for it is done later; if all are, no signature is finished.
func (c *checkup) revocation(ctx context.Context) []row {
	if c.anchors == nil {
		return []row{bad("See the row on trust.", "Without trust anchors it is not known whom to ask.")}
	}
	questions := questionsOf(c.anchors.All())
	hosts := c.silent(questions)
	rows := make([]row, len(questions)+len(hosts))
	var all sync.WaitGroup
	for i, q := range questions {
		all.Go(func() { rows[i] = c.ask(ctx, q) })
	}
	for i, host := range hosts {
		all.Go(func() { rows[len(questions)+i] = dial(ctx, host) })
	}
	all.Wait()
	for _, r := range rows {
		if r.State == fit {
			return rows
		}
	}
	return append(rows, bad("Open the way to them, and name their hosts in \"revocation_hosts\".", "No service that tells of certificates answers: no signature would be finished."))
}

// questionsOf are those about each anchor whose issuer is an anchor too.
func questionsOf(anchors []*x509.Certificate) []question {
	var all []question
	for _, a := range anchors {
		for _, issuer := range anchors {
			if a.Equal(issuer) || time.Now().After(a.NotAfter) || a.CheckSignatureFrom(issuer) != nil {
				continue
			}
			if len(a.OCSPServer) > 0 {
				one := *a
				one.CRLDistributionPoints = nil
				all = append(all, question{certs.Path{&one, issuer}, revocation.OCSP})
			}
			if len(a.CRLDistributionPoints) > 0 {
				one := *a
				one.OCSPServer = nil
				all = append(all, question{certs.Path{&one, issuer}, revocation.CRL})
			}
			break
		}
	}
	return all
}

func (q question) addresses() []string {
	return append(q.path[0].OCSPServer, q.path[0].CRLDistributionPoints...)
}

func (c *checkup) ask(ctx context.Context, q question) row {
	status, err := newStatus(c.s, c.log)
	if err != nil {
		return bad("Correct \"revocation_hosts\".", "Nobody can be asked: %v.", err)
	}
	name := nameOf(q.path[0])
	answers, err := status.Evidence(ctx, q.path)
	var revoked revocation.RevokedError
	switch {
	case errors.As(err, &revoked):
		return bad("Take it out of \"trust\".", "%s was revoked on %s.", name, revoked.At.Format(time.DateOnly))
	case err != nil:
		return weak("Open the way to it; its host must be in \"revocation_hosts\".", "No %v answer on %s from %s: %v.", q.source, name, strings.Join(q.addresses(), ", "), err)
	}
	return good("%v calls %s good, as of %s.", q.source, name, answers[0].ThisUpdate.Format(time.DateTime))
}

// silent are the hosts of the settings that no question goes to.
func (c *checkup) silent(questions []question) []string {
	asked := map[string]bool{}
	for _, q := range questions {
		for _, address := range q.addresses() {
			if u, err := url.Parse(address); err == nil {
				asked[u.Host] = true
				asked[u.Hostname()] = asked[u.Hostname()] || u.Port() == ""
			}
		}
	}
	var hosts []string
	for _, host := range c.s.RevocationHosts {
		if !asked[host] {
			hosts = append(hosts, host)
		}
	}
	return hosts
}

func dial(ctx context.Context, host string) row {
	address := host
	if _, _, err := net.SplitHostPort(host); err != nil {
		address = net.JoinHostPort(host, "80")
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return weak("Open the way to it, or take it out of \"revocation_hosts\".", "%s, which tells of certificates, cannot be reached: %v.", host, err)
	}
	conn.Close()
	return good("%s, which tells of certificates, can be reached.", host)
}
