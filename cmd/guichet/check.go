package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"guichet.example/certs"
	"guichet.example/cmd/internal/cli"
)

// errUnfit means that this set-up cannot serve members; the rows say why.
var errUnfit = errors.New("this set-up is not fit to go live")

// fitness is how a row of the check stands.
type fitness string

const (
	fit     fitness = "ok"
	doubt   fitness = "warning"
	failing fitness = "fails"
)

// row is one line of the check: what it is about, how it stands, a sentence, and what to do.
type row struct {
	Row   string  `json:"row"`
	State fitness `json:"state"`
	Says  string  `json:"says"`
	Do    string  `json:"do,omitempty"`
}

func good(format string, args ...any) row { return row{State: fit, Says: fmt.Sprintf(format, args...)} }
func weak(do, format string, args ...any) row {
	return row{State: doubt, Do: do, Says: fmt.Sprintf(format, args...)}
}
func bad(do, format string, args ...any) row {
	return row{State: failing, Do: do, Says: fmt.Sprintf(format, args...)}
}

// Bounds of the check.
const (
	clockApart = 60 * time.Second    // from the timestamp service: more, and nothing is signed
	endsSoon   = 60 * 24 * time.Hour // of a certificate that somebody must order anew
	oneRow     = 20 * time.Second
)

// checkup looks at one set-up.
type checkup struct {
	s       *Settings
	log     *slog.Logger
	anchors *certs.TrustAnchors
}

func runCheck(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "check", "guichet check [-json] -config FILE")
	asJSON := flags.Bool("json", false, "one JSON object a line")
	s, _, err := settingsOf(flags, args, 0)
	if err != nil {
		return err
	}
	rows := checkAll(ctx, s, slog.New(slog.DiscardHandler))
	encoder := json.NewEncoder(env.Stdout)
	failed := false
	for _, r := range rows {
		failed = failed || r.State == failing
		if *asJSON {
			err = errors.Join(err, encoder.Encode(r))
			continue
		}
		fmt.Fprintf(env.Stdout, "%-8s %-11s %s\n", r.State, r.Row, r.Says)
		if r.Do != "" {
			fmt.Fprintf(env.Stdout, "%-20s %s\n", "", r.Do)
		}
	}
	if err == nil && failed {
		err = errUnfit
	}
	return err
}

// checkAll is every row, in the order in which they depend on each other. The database is
// looked at, neither made nor migrated.
func checkAll(ctx context.Context, s *Settings, log *slog.Logger) []row {
	c := &checkup{s: s, log: log}
	parts := []struct {
		name string
		look func(context.Context) []row
	}{
		{"keys", c.keys}, {"database", c.database}, {"trust", c.trust}, {"timestamps", c.timestamps},
		{"seal", c.seal}, {"revocation", c.revocation}, {"mail", c.mail}, {"tls", c.tls}, {"profile", c.profile}, {"federation", c.federation},
	}
	var rows []row
	for _, p := range parts {
		one, cancel := context.WithTimeout(ctx, oneRow)
		for _, r := range p.look(one) {
			if r.Row == "" {
				r.Row = p.name
			}
			rows = append(rows, r)
		}
		cancel()
	}
	return rows
}

// keys have a folder that nobody else reads.
func (c *checkup) keys(context.Context) []row {
	info, err := os.Stat(c.s.Keys)
	if errors.Is(err, fs.ErrNotExist) {
		return []row{weak("The first start makes them. Keep a copy apart from the backups of the data.", "There are no keys in %s yet.", c.s.Keys)}
	}
	if err != nil {
		return []row{bad("Let the user that serves read it.", "The folder of the keys cannot be read: %v.", err)}
	}
	if info.Mode().Perm()&0o077 != 0 {
		return []row{bad("chmod -R go= "+c.s.Keys, "Others may look into the folder of the keys: it has mode %04o.", info.Mode().Perm())}
	}
	list, err := os.ReadDir(c.s.Keys)
	for _, e := range list {
		if i, failed := e.Info(); failed == nil && i.Mode().Perm()&0o077 != 0 {
			return []row{bad("chmod go= "+filepath.Join(c.s.Keys, e.Name()), "Others may read the key %s.", e.Name())}
		}
	}
	if err != nil {
		return []row{bad("Let the user that serves read it.", "The folder of the keys cannot be read: %v.", err)}
	}
	return []row{good("Only their owner reads the keys.")}
}

func (c *checkup) database(ctx context.Context) []row {
	place, err := c.s.where()
	if err != nil {
		return []row{bad("Correct the file that holds the address.", "The address of the database cannot be read: %v.", err)}
	}
	there, err := place.exists(ctx)
	switch {
	case err != nil:
		return []row{bad("Start it, or correct \"database\" or \"data\".", "The database does not answer: %v.", err)}
	case !there:
		return []row{weak("The first start makes it.", "There is no database yet.")}
	}
	return []row{good("The database answers.")}
}

func (c *checkup) trust(context.Context) []row {
	anchors, err := certs.LoadTrustAnchors(c.s.Trust)
	if err != nil {
		return []row{bad("Put the certificates of the authorities into it.", "The trust anchors cannot be read: %v.", err)}
	}
	c.anchors = anchors
	var first time.Time
	for _, a := range anchors.All() {
		if first.IsZero() || a.NotAfter.Before(first) {
			first = a.NotAfter
		}
	}
	says := fmt.Sprintf("%d trust anchors; the first ends on %s.", len(anchors.All()), first.Format(time.DateOnly))
	if time.Until(first) < endsSoon {
		return []row{weak("Fetch its successor.", "%s", says)}
	}
	return []row{good("%s", says)}
}

// timestamps asks for one: that tells whether the service is trusted, and of our clock.
func (c *checkup) timestamps(ctx context.Context) []row {
	if len(c.s.Timestamps) == 0 {
		return []row{bad("Name a qualified timestamp service in \"timestamps\".", "No timestamp service: signatures would stay at B-B.")}
	}
	if c.anchors == nil {
		return []row{bad("See the row on trust.", "Without trust anchors no timestamp can be judged.")}
	}
	tsa, err := newTSA(c.s, c.anchors)
	if err != nil {
		return []row{bad("Correct \"timestamps\".", "The timestamp service cannot be asked: %v.", err)}
	}
	_, at, err := tsa.Stamp(ctx, sha256.Sum256([]byte("guichet check")))
	if err != nil {
		return []row{bad("See that this machine reaches it, and that its authority is in \"trust\".", "No timestamp is to be had: %v.", err)}
	}
	rows := []row{good("The timestamp service answers, and is trusted.")}
	apart := time.Since(at).Round(time.Second)
	if apart.Abs() > clockApart {
		clock := bad("Set the clock by NTP.", "Our clock and that of the timestamp service are %s apart.", apart.Abs())
		clock.Row = "clock"
		return append(rows, clock)
	}
	clock := good("Our clock agrees with that of the timestamp service within %s.", max(apart.Abs(), time.Second))
	clock.Row = "clock"
	return append(rows, clock)
}

// seal opens the key and asks for the status of its certificate.
func (c *checkup) seal(ctx context.Context) []row {
	if c.s.Seal == nil {
		return []row{weak("Set up \"seal\", if members are to approve without a card.", "There is no seal: only a card consents.")}
	}
	sealer, closeSeal, err := openSeal(ctx, c.s, c.log)
	if err != nil {
		return []row{bad("See module, token, PIN file, certificates and trust.", "The seal cannot be used: %v.", err)}
	}
	defer closeSeal()
	path, err := sealer.Path()
	if err != nil {
		return []row{bad("Put its authority into \"trust\".", "The certificate of the seal leads nowhere: %v.", err)}
	}
	says := fmt.Sprintf("The seal of %s opens, and its certificate holds until %s.", sealer.Name(), path[0].NotAfter.Format(time.DateOnly))
	rows := []row{good("%s", says)}
	if time.Until(path[0].NotAfter) < endsSoon {
		rows = []row{weak("Order the next certificate.", "%s", says)}
	}
	status, err := newStatus(c.s, c.log)
	if err == nil {
		_, err = status.Fresh(ctx, path)
	}
	if err != nil {
		return append(rows, bad("See that this machine reaches its issuer, whose host must be in \"revocation_hosts\".", "The status of the seal's certificate is not to be had: %v.", err))
	}
	return append(rows, good("The issuer of the seal's certificate calls it good."))
}

// revocation looks whether the hosts can be reached at all: whose status they tell is in
// the cards, and shows with the first.
func (c *checkup) revocation(ctx context.Context) []row {
	var rows []row
	for _, host := range c.s.RevocationHosts {
		address := host
		if _, _, err := net.SplitHostPort(host); err != nil {
			address = net.JoinHostPort(host, "80")
		}
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			rows = append(rows, bad("Open the way to it, or take it out of \"revocation_hosts\".", "%s, which tells of certificates, cannot be reached: %v.", host, err))
			continue
		}
		conn.Close()
		rows = append(rows, good("%s, which tells of certificates, can be reached.", host))
	}
	return rows
}

func (c *checkup) mail(context.Context) []row {
	if c.s.Mail == nil {
		return []row{weak("Set up \"mail\".", "There is no mail server: mails are made and wait.")}
	}
	if _, err := c.s.Mail.sender(); err != nil {
		return []row{bad("Correct \"mail\".", "The mail server cannot be used: %v.", err)}
	}
	return []row{good("A mail server is set up; the first mail shows whether it takes them.")}
}

func (c *checkup) tls(context.Context) []row {
	if c.s.TLS.Certificate == "" {
		return []row{weak("A proxy in front must end TLS, and be named in \"trusted_proxies\".", "No TLS here.")}
	}
	pair, err := tls.LoadX509KeyPair(c.s.TLS.Certificate, c.s.TLS.Key)
	if err != nil {
		return []row{bad("Correct \"tls\".", "The TLS certificate cannot be used: %v.", err)}
	}
	says := "The TLS certificate holds until " + pair.Leaf.NotAfter.Format(time.DateOnly) + "."
	switch left := time.Until(pair.Leaf.NotAfter); {
	case left < 0:
		return []row{bad("Order another.", "The TLS certificate ran out on %s.", pair.Leaf.NotAfter.Format(time.DateOnly))}
	case left < 14*24*time.Hour:
		return []row{weak("Order the next one.", "%s", says)}
	}
	return []row{good("%s", says)}
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

func (c *checkup) federation(context.Context) []row {
	if len(c.s.Federation) == 0 {
		return []row{good("No federal provider is set up.")}
	}
	return []row{weak("guichet federation checks a provider.", "%d federal providers are set up; each is asked when the first member comes.", len(c.s.Federation))}
}

// fitToServe refuses to start a live counter that cannot finish what members begin, in the
// words of the check. One that is not live is served as it is, unseen by the check: it may
// have no services at all.
func fitToServe(ctx context.Context, s *Settings, log *slog.Logger) error {
	if !s.Live {
		return nil
	}
	var err error
	for _, r := range checkAll(ctx, s, log) {
		switch r.State {
		case failing:
			err = errors.Join(err, fmt.Errorf("%w: %s: %s %s", errUnfit, r.Row, r.Says, r.Do))
		case doubt:
			log.Warn("this set-up has a weak point", "row", r.Row, "says", r.Says, "do", r.Do)
		}
	}
	return err
}
