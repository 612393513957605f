package signing

import (
	"time"

	"guichet.example/certs"
)

// Kind tells who made a signature. A person signs; the mutuality seals.
type Kind string

// The kinds of signature found in a file.
const (
	Signature Kind = "signature" // certificate of a natural person
	Seal      Kind = "seal"      // certificate of an organisation
	Timestamp Kind = "timestamp" // document timestamp (ETSI.RFC3161)
)

// Indication is the main status of a validation (EN 319 102-1, 5.1.3).
type Indication string

// The three indications.
const (
	TotalPassed   Indication = "TOTAL-PASSED"
	Indeterminate Indication = "INDETERMINATE"
	TotalFailed   Indication = "TOTAL-FAILED"
)

// SubIndication says why a signature did not pass (EN 319 102-1, table 6).
type SubIndication string

// The sub-indications this package uses.
const (
	FormatFailure            SubIndication = "FORMAT_FAILURE"
	HashFailure              SubIndication = "HASH_FAILURE"
	SigCryptoFailure         SubIndication = "SIG_CRYPTO_FAILURE"
	Revoked                  SubIndication = "REVOKED"
	SigConstraintsFailure    SubIndication = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure  SubIndication = "CHAIN_CONSTRAINTS_FAILURE"
	CryptoConstraintsFailure SubIndication = "CRYPTO_CONSTRAINTS_FAILURE"
	// CryptoConstraintsFailureNoPOE: the algorithm had aged before anything proves that
	// the signature existed.
	CryptoConstraintsFailureNoPOE SubIndication = "CRYPTO_CONSTRAINTS_FAILURE_NO_POE"
	NotYetValid                   SubIndication = "NOT_YET_VALID"
	TimestampOrderFailure         SubIndication = "TIMESTAMP_ORDER_FAILURE"
	NoSigningCertificateFound     SubIndication = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound       SubIndication = "NO_CERTIFICATE_CHAIN_FOUND"
	RevokedNoPOE                  SubIndication = "REVOKED_NO_POE"
	RevokedCANoPOE                SubIndication = "REVOKED_CA_NO_POE"
	OutOfBoundsNoPOE              SubIndication = "OUT_OF_BOUNDS_NO_POE"
	TryLater                      SubIndication = "TRY_LATER"
)

// Report is what [Verify] found. Each signature carries its own verdict; the file is
// good only if all are.
type Report struct {
	SHA256     string            `json:"sha256"`              // of the file, hexadecimal
	Size       int               `json:"size"`                // in bytes
	Revisions  int               `json:"revisions"`           // incremental updates and the original
	Structure  string            `json:"structure,omitempty"` // why the structure is refused; empty when sound
	Trailing   int               `json:"trailing,omitempty"`  // bytes after the last sound revision
	At         time.Time         `json:"at"`                  // of the validation
	History    []RevisionReport  `json:"history,omitempty"`   // every revision and what it did
	Signatures []SignatureReport `json:"signatures"`          // in the order they were made
	// Certification is what the author permits afterwards; nil if no signature certifies.
	Certification *CertificationReport `json:"certification,omitempty"`
	Active        []string             `json:"active,omitempty"` // scripts, actions, files inside: signed or not
}

// Valid reports whether the file's structure is sound, it has at least one signature
// of a person or an organisation, every signature and timestamp is TOTAL-PASSED, and
// nothing but evidence, timestamps and further signatures was added after any of them.
func (r *Report) Valid() bool {
	if r == nil || r.Structure != "" || r.Trailing != 0 {
		return false
	}
	signed := false
	for i := range r.Signatures {
		s := &r.Signatures[i]
		if !s.Valid() {
			return false
		}
		signed = signed || s.Kind != Timestamp
	}
	return signed
}

// SignatureReport is the verdict on one signature. The national number is in Holder,
// which is left out of JSON; no other field carries it.
type SignatureReport struct {
	Field     string       `json:"field"`
	Kind      Kind         `json:"kind"`
	Holder    certs.Holder `json:"-"`
	Signer    string       `json:"signer"`              // name to show; empty if no certificate was found
	Issuer    string       `json:"issuer,omitempty"`    // common name of the issuing authority
	Revision  int          `json:"revision"`            // counted from 1
	Level     Level        `json:"level"`               // by what is really there and holds
	Claimed   time.Time    `json:"claimed,omitzero"`    // signer's own word (entry M)
	Timestamp time.Time    `json:"timestamp,omitzero"`  // earliest valid timestamp: proof of existence
	TSA       string       `json:"tsa,omitempty"`       // name of the timestamping authority
	Hash      string       `json:"hash,omitempty"`      // "SHA-384"
	Algorithm string       `json:"algorithm,omitempty"` // "ECDSA P-384"

	Indication    Indication    `json:"indication"`
	SubIndication SubIndication `json:"subIndication,omitempty"`
	Blocks        []Block       `json:"blocks,omitempty"` // what was examined, in the order of the standard

	// Best is the best signature time (EN 319 102-1, 5.6.2.3): the earliest at which the
	// signature is proven to have existed; that of the validation if nothing proves one.
	Best       time.Time           `json:"best,omitzero"`
	Path       []CertificateReport `json:"path,omitempty"`       // of the signer, or of the authority
	Timestamps []TimestampReport   `json:"timestamps,omitempty"` // over this signature; of a timestamp: itself

	Integrity    Check    `json:"integrity"`              // covered bytes and value hold
	Coverage     Check    `json:"coverage"`               // byte range is all of its revision but the hole
	Chain        Check    `json:"chain"`                  // path to an anchor and status of each certificate
	CoversWhole  bool     `json:"coversWhole"`            // no revision follows
	ChangedAfter []Change `json:"changedAfter,omitempty"` // what was altered since; none may be
	AddedAfter   []Change `json:"addedAfter,omitempty"`   // permitted: evidence, timestamps, signatures
	Reasons      []string `json:"reasons,omitempty"`      // why not TOTAL-PASSED, and warnings, in English
	Remarks      []Remark `json:"remarks,omitempty"`      // the same, to be said in any language: one for each of Reasons
}

// Remark is what one of the Reasons says, without its words.
type Remark struct {
	About         About         `json:"about"`
	SubIndication SubIndication `json:"subIndication,omitempty"` // empty for a warning
	Revision      int           `json:"revision,omitempty"`      // of what AboutShown speaks of, counted from 1
}

// About is what a Remark is about.
type About string

// What remarks are about.
const (
	AboutSignature     About = "signature"     // signature or seal, and its certificate
	AboutTimestamp     About = "timestamp"     // the timestamp over it
	AboutChanges       About = "changes"       // ChangedAfter
	AboutRemoval       About = "removal"       // a later revision took the signature out of the form
	AboutTrailing      About = "trailing"      // bytes follow the last sound revision
	AboutCertification About = "certification" // the file's Certification is broken
	AboutShown         About = "shown"         // a warning: a later signature shows something
)

// Valid reports TOTAL-PASSED with nothing altered since.
func (s *SignatureReport) Valid() bool {
	return s.Indication == TotalPassed && len(s.ChangedAfter) == 0
}

// Check is one question with its answer.
type Check struct {
	Passed bool   `json:"passed"`
	Detail string `json:"detail,omitempty"`
}

// Change is one thing a later revision altered or added.
type Change struct {
	Revision int        `json:"revision"`         // the revision that did it, counted from 1
	What     string     `json:"what"`             // "page", "page content", "annotation", "catalog", "evidence", "signature", ...
	Detail   string     `json:"detail,omitempty"` // which: "page 1", "entry /OpenAction"
	Object   int        `json:"object,omitempty"` // object number, 0 if none
	Rule     string     `json:"rule,omitempty"`   // the clause that permits it, or that nothing does; empty before anybody signed
	Rect     [4]float64 `json:"rect,omitzero"`    // where a visible signature was added
}
