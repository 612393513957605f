package certs

import (
	"crypto/x509"
	"fmt"
)

// mobileID are the certificate policies of Estonian Mobile-ID, which Web eID refuses by
// default: such a certificate is no proof of a card in a reader.
var mobileID = func() []x509.OID {
	prefix := []uint64{1, 3, 6, 1, 4, 1, 10015, 1, 3}
	list := make([]x509.OID, 0, 4)
	for _, arcs := range [][]uint64{prefix, append(prefix[:9:9], 1), append(prefix[:9:9], 2), append(prefix[:9:9], 3)} {
		id, err := x509.OIDFromInts(arcs)
		if err != nil {
			panic(err) // a constant of ours is wrong
		}
		list = append(list, id)
	}
	return list
}()

// checkPolicies returns [ErrDisallowedPolicy] if a certificate policy of cert is one of
// Mobile-ID's.
func checkPolicies(cert *x509.Certificate) error {
	for _, policy := range cert.Policies {
		for _, d := range mobileID {
			if policy.Equal(d) {
				return fmt.Errorf("%w: %v", ErrDisallowedPolicy, policy)
			}
		}
	}
	return nil
}
