package signing

import "slices"

// Block is one building block of a validation and what it found (EN 319 102-1, 5.2 and
// 5.6). A block that was not reached has no entry: what it asks is then unknown.
type Block struct {
	Name       string     `json:"name"`   // as the standard calls it
	Clause     string     `json:"clause"` // of EN 319 102-1
	Indication Indication `json:"indication"`
	Details    []string   `json:"details,omitempty"` // what did not pass
}

// Passed is the indication of a building block that found nothing (EN 319 102-1, 5.1.3);
// a whole signature is TOTAL-PASSED.
const (
	Passed Indication = "PASSED"
	Failed Indication = "FAILED"
)

// failure is one thing that did not hold.
type failure struct {
	i    Indication
	sub  SubIndication
	text string
}

// buildingBlocks are those there are, in the order in which one needs the other.
var buildingBlocks = []struct {
	name, clause string
	subs         []SubIndication // what it can say
}{
	{"Format Checking", "5.2.2", []SubIndication{FormatFailure}},
	{"Identification of the Signing Certificate", "5.2.3", []SubIndication{NoSigningCertificateFound}},
	{"Cryptographic Verification", "5.2.7", []SubIndication{HashFailure, SigCryptoFailure}},
	{"Signature Acceptance Validation", "5.2.8", []SubIndication{SigConstraintsFailure, CryptoConstraintsFailure, CryptoConstraintsFailureNoPOE}},
	{"X.509 Certificate Validation", "5.2.6", []SubIndication{
		ChainConstraintsFailure, NoCertificateChainFound, OutOfBoundsNoPOE, NotYetValid, Revoked, RevokedNoPOE, RevokedCANoPOE, TryLater,
	}},
	{"Past Signature Validation", "5.6.2.4", []SubIndication{TimestampOrderFailure}},
}

// blocks arranges what failed. Format and digest stop everything after them.
func (s *subject) blocks() []Block {
	var out []Block
	for _, b := range buildingBlocks {
		block := Block{Name: b.name, Clause: b.clause, Indication: Passed}
		for _, f := range s.failures {
			if !slices.Contains(b.subs, f.sub) {
				continue
			}
			block.Details = append(block.Details, f.text)
			if f.i == TotalFailed {
				block.Indication = Failed
			} else if block.Indication == Passed {
				block.Indication = Indeterminate
			}
		}
		out = append(out, block)
		if block.Indication == Failed || block.Indication == Indeterminate && !s.report.Integrity.Passed {
			break
		}
	}
	return out
}
