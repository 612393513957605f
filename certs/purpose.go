package certs

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
)

var oidExtKeyUsage = asn1.ObjectIdentifier{2, 5, 29, 37}

// registryName is how the national registry's signing certificate calls itself; on
// public test cards something stands before it.
const registryName = "RRN"

// String names the purpose as an operator would write it.
func (p Purpose) String() string {
	switch p {
	case Authentication:
		return "authentication"
	case Signature:
		return "signature"
	case Seal:
		return "seal"
	case Timestamping:
		return "timestamping"
	case OCSPResponding:
		return "OCSP responding"
	case Registry:
		return "registry"
	}
	return fmt.Sprintf("Purpose(%d)", int(p))
}

// Check reports whether cert, an end certificate, may serve p by its own extensions:
// [ErrMissingPurpose] if it has no key usage (or, for [Timestamping] and
// [OCSPResponding], no extended key usage), else [ErrWrongPurpose]. Whether its issuer
// can be trusted is for [TrustAnchors.Path] to say.
func (p Purpose) Check(cert *x509.Certificate) error {
	if cert.IsCA {
		return wrongPurpose(p, "it is a CA certificate")
	}
	if cert.KeyUsage == 0 {
		return fmt.Errorf("%w, wanted for %v", ErrMissingPurpose, p)
	}
	switch p {
	case Authentication:
		return checkAuthentication(cert)
	case Signature:
		return checkSignature(cert)
	case Seal:
		return checkSeal(cert)
	case Timestamping:
		return checkTimestamping(cert)
	case OCSPResponding:
		return checkResponding(cert)
	case Registry:
		return checkRegistry(cert)
	}
	return wrongPurpose(p, "no such purpose")
}

func wrongPurpose(p Purpose, why string) error {
	return fmt.Errorf("%w, wanted for %v: %s", ErrWrongPurpose, p, why)
}

// Go spells the bit nonRepudiation (RFC 5280, 4.2.1.3) ContentCommitment.
func nonRepudiation(cert *x509.Certificate) bool {
	return cert.KeyUsage&x509.KeyUsageContentCommitment != 0
}

func digitalSignature(cert *x509.Certificate) bool {
	return cert.KeyUsage&x509.KeyUsageDigitalSignature != 0
}

func hasExtKeyUsage(cert *x509.Certificate) bool {
	return len(cert.ExtKeyUsage)+len(cert.UnknownExtKeyUsage) > 0
}

// An authentication key signs what a server sends it, unseen by the person. A key that
// may also express consent must therefore never be taken for one.
func checkAuthentication(cert *x509.Certificate) error {
	switch {
	case nonRepudiation(cert):
		return wrongPurpose(Authentication, "key usage says nonRepudiation")
	case !digitalSignature(cert):
		return wrongPurpose(Authentication, "key usage lacks digitalSignature")
	case hasExtKeyUsage(cert) && !slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageClientAuth):
		return wrongPurpose(Authentication, "extended key usage lacks clientAuth")
	}
	return nil
}

func checkSignature(cert *x509.Certificate) error {
	switch {
	case digitalSignature(cert):
		return wrongPurpose(Signature, "key usage says digitalSignature")
	case !nonRepudiation(cert):
		return wrongPurpose(Signature, "key usage lacks nonRepudiation")
	}
	return refuseServiceKey(Signature, cert)
}

// A seal names an organisation (ETSI EN 319 412-3, 4.2.1); its key usage may have
// either bit or both (ETSI EN 319 412-2, 4.3.2).
func checkSeal(cert *x509.Certificate) error {
	switch {
	case !digitalSignature(cert) && !nonRepudiation(cert):
		return wrongPurpose(Seal, "key usage has neither digitalSignature nor nonRepudiation")
	case len(cert.Subject.Organization) == 0:
		return wrongPurpose(Seal, "subject names no organisation")
	case len(organizationIdentifier(cert)) == 0:
		return wrongPurpose(Seal, "subject has no organisation identifier")
	case namesPerson(cert):
		return wrongPurpose(Seal, "subject names a person")
	}
	return refuseServiceKey(Seal, cert)
}

// namesPerson tells a person's certificate from an organisation's: that of an employee may
// name the organisation too, with its identifier (ETSI EN 319 412-2, 4.2.4), but only a
// person has a given name, a surname or a pseudonym.
func namesPerson(cert *x509.Certificate) bool {
	return slices.ContainsFunc(cert.Subject.Names, func(a pkix.AttributeTypeAndValue) bool {
		return a.Type.Equal(oidGivenName) || a.Type.Equal(oidSurname) || a.Type.Equal(oidPseudonym)
	})
}

// organizationIdentifier is the subject attribute 2.5.4.97 that a seal must have and
// that neither a person's nor a server's certificate has.
func organizationIdentifier(cert *x509.Certificate) string {
	for _, attribute := range cert.Subject.Names {
		if attribute.Type.Equal(asn1.ObjectIdentifier{2, 5, 4, 97}) {
			text, _ := attribute.Value.(string)
			return text
		}
	}
	return ""
}

// refuseServiceKey keeps the keys of services out of places where consent is meant.
func refuseServiceKey(p Purpose, cert *x509.Certificate) error {
	for _, usage := range cert.ExtKeyUsage {
		switch usage {
		case x509.ExtKeyUsageOCSPSigning, x509.ExtKeyUsageTimeStamping, x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageCodeSigning:
			return wrongPurpose(p, "extended key usage is that of a service")
		}
	}
	return nil
}

// RFC 3161, 2.3: one extended key usage, timeStamping, and it must be critical.
func checkTimestamping(cert *x509.Certificate) error {
	switch {
	case !hasExtKeyUsage(cert):
		return fmt.Errorf("%w: extended key usage wanted for %v", ErrMissingPurpose, Timestamping)
	case len(cert.UnknownExtKeyUsage) > 0 || len(cert.ExtKeyUsage) != 1 || cert.ExtKeyUsage[0] != x509.ExtKeyUsageTimeStamping:
		return wrongPurpose(Timestamping, "extended key usage is not timeStamping alone")
	case !critical(cert, oidExtKeyUsage):
		return wrongPurpose(Timestamping, "extended key usage is not critical")
	case !digitalSignature(cert) && !nonRepudiation(cert):
		return wrongPurpose(Timestamping, "key usage forbids signing")
	}
	return nil
}

// RFC 6960, 4.2.2.2: OCSPSigning must be there by name, anyExtendedKeyUsage is not enough.
func checkResponding(cert *x509.Certificate) error {
	switch {
	case !hasExtKeyUsage(cert):
		return fmt.Errorf("%w: extended key usage wanted for %v", ErrMissingPurpose, OCSPResponding)
	case !slices.Contains(cert.ExtKeyUsage, x509.ExtKeyUsageOCSPSigning):
		return wrongPurpose(OCSPResponding, "extended key usage lacks OCSPSigning")
	case !digitalSignature(cert) && !nonRepudiation(cert):
		return wrongPurpose(OCSPResponding, "key usage forbids signing")
	}
	return nil
}

func checkRegistry(cert *x509.Certificate) error {
	switch {
	case !namesRegistry(cert.Subject.CommonName) && !slices.ContainsFunc(cert.Subject.Organization, namesRegistry):
		return wrongPurpose(Registry, "subject does not name the registry")
	case !digitalSignature(cert) && !nonRepudiation(cert):
		return wrongPurpose(Registry, "key usage forbids signing")
	}
	return nil
}

func namesRegistry(name string) bool { return strings.HasSuffix(" "+name, " "+registryName) }

func critical(cert *x509.Certificate, oid asn1.ObjectIdentifier) bool {
	for _, e := range cert.Extensions {
		if e.Id.Equal(oid) {
			return e.Critical
		}
	}
	return false
}
