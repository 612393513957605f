package profile

import (
	"fmt"
	"time"
)

// Warnings are what `guichet check` tells of a profile that asks for more or less than
// NIST SP 800-63B-4 and OWASP ASVS 5.0 advise.
func (p Profile) Warnings() []string {
	var found []string
	warn := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if n := p.Password.Min(); n < 15 {
		warn("password: %d characters are enough, SP 800-63B-4 (3.1.1.2) asks for 15 where a password stands alone", n)
	}
	if len(p.Password.Rules()) > 1 {
		warn("password: classes of characters are asked for, which SP 800-63B-4 (3.1.1.2) forbids")
	}
	if p.Recovers(ByQuestion) {
		warn("recovery: a secret question is a way in, which SP 800-63B-4 and ASVS 6.4.2 forbid")
	}
	if p.Enrols(BySixFields) || p.Enrols(ByIdentity) {
		warn("enrolment: facts that relatives and employers know start it; the link goes to the address on file only")
	}
	if p.LinkLife > time.Hour {
		warn("links: they live %s, and whoever reads the mail within that time gets in", p.LinkLife)
	}
	if p.MajorityAge < 18 {
		warn("majority: %d, which must rest on the mutuality's own rules", p.MajorityAge)
	}
	return found
}
