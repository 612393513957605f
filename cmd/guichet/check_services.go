package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"guichet.example/certs"
	"guichet.example/certs/revocation"
	"guichet.example/signing"
)

func (c *checkup) trust(context.Context) []row {
	anchors, err := certs.LoadTrustAnchors(c.s.Trust)
	if err != nil {
		return []row{bad("Put the certificates of the authorities into it.", "The trust anchors cannot be read: %v.", err)}
	}
	c.anchors = anchors
	var first *x509.Certificate
	ended := 0
	for _, a := range anchors.All() {
		if time.Now().After(a.NotAfter) {
			ended++
		} else if first == nil || a.NotAfter.Before(first.NotAfter) {
			first = a
		}
	}
	if first == nil {
		return []row{bad("Fetch their successors.", "All %d trust anchors have ended.", ended)}
	}
	says := fmt.Sprintf("%d trust anchors; the first that ends is %s, on %s.", len(anchors.All())-ended, nameOf(first), first.NotAfter.Format(time.DateOnly))
	if time.Until(first.NotAfter) < endsSoon {
		return []row{weak("Fetch its successor.", "%s", says)}
	}
	return []row{good("%s", says)}
}

// nameOf tells an authority from its successors, which often bear its name.
func nameOf(c *x509.Certificate) string {
	name := c.Subject.CommonName
	if name == "" {
		name = c.Subject.String()
	} else if c.Subject.SerialNumber != "" {
		name += " " + c.Subject.SerialNumber
	}
	return name
}

// timestamps asks each service for one: that tells whether it is trusted, and of our clock.
func (c *checkup) timestamps(ctx context.Context) []row {
	clock := weak("See the rows on timestamps.", "Our clock is not compared: no timestamp service answers.").about("clock")
	if len(c.s.Timestamps) == 0 {
		return []row{bad("Name a qualified timestamp service in \"timestamps\".", "No timestamp service: signatures would stay at B-B."), clock}
	}
	if c.anchors == nil {
		return []row{bad("See the row on trust.", "Without trust anchors no timestamp can be judged."), clock}
	}
	var rows []row
	answered := 0
	for _, address := range c.s.Timestamps {
		at, err := c.stamp(ctx, address)
		if err != nil {
			rows = append(rows, weak("See that this machine reaches it, and that its authority is in \"trust\".", "No timestamp is to be had from %s: %v.", address, err))
			continue
		}
		if answered++; answered == 1 {
			clock = clockRow(time.Since(at)).about("clock")
		}
		rows = append(rows, good("%s gives timestamps, and is trusted.", address))
	}
	if answered == 0 {
		for i := range rows {
			rows[i].State = failing
		}
	}
	return append(rows, clock)
}

func (c *checkup) stamp(ctx context.Context, address string) (time.Time, error) {
	// A clock that is far off is a row of its own.
	tsa, err := signing.NewTSA(signing.TSAConfig{URLs: []string{address}, Anchors: c.anchors, Skew: 100 * 365 * 24 * time.Hour})
	if err != nil {
		return time.Time{}, err
	}
	_, at, err := tsa.Stamp(ctx, sha256.Sum256([]byte("guichet check")))
	return at, err
}

func clockRow(apart time.Duration) row {
	apart = apart.Abs().Round(time.Second)
	if apart > clockApart {
		return bad("Set the clock by NTP.", "Our clock and that of the timestamp service are %s apart.", apart)
	}
	return good("Our clock agrees with that of the timestamp service within %s.", max(apart, time.Second))
}

// seal makes one under a test page, raises it as far as members' documents go, and
// verifies it: what then lacks is what they would wait for.
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
	sealed, err := sealer.Seal(ctx, testPage(), signing.SealOptions{Reason: "guichet check"})
	if err != nil {
		return []row{bad("See the log of the module.", "The seal opens, and seals nothing: %v.", err)}
	}
	rows := []row{c.raised(ctx, sealer.Name(), sealed)}
	if ends := path[0].NotAfter; time.Until(ends) < endsSoon {
		rows = append(rows, weak("Order the next certificate: guichet seal-key.", "The certificate of the seal ends on %s.", ends.Format(time.DateOnly)))
	}
	return rows
}

func (c *checkup) raised(ctx context.Context, name string, sealed []byte) row {
	file, level, want := sealed, signing.LevelB, signing.LevelB
	outside, err := newServices(c.s, c.log)
	if err == nil && outside.tsa != nil {
		want = c.s.Archive.level()
		extender := &signing.Extender{TSA: outside.tsa, Revocation: outside.status, Anchors: outside.anchors}
		file, level, err = extender.Extend(ctx, sealed, want)
	}
	if revoked := (revocation.RevokedError{}); errors.As(err, &revoked) {
		return bad("Order another certificate: guichet seal-key.", "The certificate of the seal, or one above it, was revoked: %v.", revoked)
	}
	if errors.Is(err, revocation.ErrUnknown) {
		return bad("Ask its issuer for one that its service knows, with the address of an OCSP service or a list in it.",
			"Nobody tells of the certificate of the seal, or of one above it: %v.", err)
	}
	if err != nil {
		return weak("See that this machine reaches the services, whose hosts must be in \"revocation_hosts\". Until then documents wait, and the office lists them.",
			"A test document was sealed, and stays at %v: %v.", level, err)
	}
	report, err := signing.Verify(ctx, file, signing.Trust{Anchors: outside.anchors})
	if err != nil || !report.Valid() || level != want {
		return bad("See what guichet verify says of a sealed document.", "A test document was sealed, and does not verify.")
	}
	return good("A test document was sealed in the name of %s, and verifies at %v.", name, level)
}

// testPage is an empty page to put a seal under.
func testPage() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n")
	var at []int
	for i, object := range []string{
		"<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
		"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << >> >>",
	} {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, object)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, offset := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", offset)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}
