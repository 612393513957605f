package verdict

import (
	"testing"
	"time"

	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// Whatever a report can say has words in every language.
func TestEverySentenceHasWords(t *testing.T) {
	for _, s := range []signing.Sentence{
		signing.ValidToday, signing.ValidThen, signing.Added, signing.Uncheckable, signing.Changed, signing.Unsigned, signing.Invalid,
	} {
		if !locale.Has("verify.sentence."+string(s)) || !locale.Has("verify.title."+string(s)) || !locale.Has("check.issued."+string(s)) {
			t.Errorf("no words for %s", s)
		}
	}
	for _, s := range []signing.SubIndication{
		signing.FormatFailure, signing.HashFailure, signing.SigCryptoFailure, signing.Revoked, signing.SigConstraintsFailure,
		signing.ChainConstraintsFailure, signing.CryptoConstraintsFailure, signing.CryptoConstraintsFailureNoPOE, signing.NotYetValid,
		signing.TimestampOrderFailure, signing.NoSigningCertificateFound, signing.NoCertificateChainFound, signing.RevokedNoPOE,
		signing.RevokedCANoPOE, signing.OutOfBoundsNoPOE, signing.TryLater,
	} {
		if !locale.Has("verify.why." + string(s)) {
			t.Errorf("no words for %s", s)
		}
	}
}

func TestNoReportIsNoGoodNews(t *testing.T) {
	if got, want := Sentence(locale.EN, nil), locale.T(locale.EN, "verify.sentence.invalid"); got != want {
		t.Errorf("Sentence of nothing = %q", got)
	}
	r := &signing.Report{Structure: "broken"}
	if got := Reasons(locale.FR, r); len(got) != 1 || got[0] != locale.T(locale.FR, "verify.why.FORMAT_FAILURE") {
		t.Errorf("Reasons = %q", got)
	}
}

// A seal is no signature: who reads the sentence must not think that a person signed.
func TestSealIsNotCalledSignature(t *testing.T) {
	seal := signing.SignatureReport{Kind: signing.Seal, Indication: signing.TotalFailed}
	stamp := signing.SignatureReport{Kind: signing.Timestamp, Indication: signing.TotalFailed}
	person := signing.SignatureReport{Kind: signing.Signature, Indication: signing.TotalFailed}
	for _, test := range []struct {
		signatures []signing.SignatureReport
		want       string
	}{
		{[]signing.SignatureReport{seal, stamp}, "verify.sentence.invalid.sealed"},
		{[]signing.SignatureReport{person, seal}, "verify.sentence.invalid"},
		{[]signing.SignatureReport{stamp}, "verify.sentence.invalid"},
	} {
		if got, want := Sentence(locale.EN, &signing.Report{Signatures: test.signatures}), locale.T(locale.EN, test.want); got != want {
			t.Errorf("Sentence = %q, want %q", got, want)
		}
	}
	if got, want := Sentence(locale.NL, &signing.Report{Structure: "broken"}), locale.T(locale.NL, "verify.sentence.cut"); got != want {
		t.Errorf("Sentence of a file cut off = %q", got)
	}
}

func TestProvesUntilItsFirstEnd(t *testing.T) {
	early, late := time.Date(2031, 5, 1, 0, 0, 0, 0, time.UTC), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	path := []signing.CertificateReport{{NotAfter: late}, {NotAfter: early}, {NotAfter: late}}
	for name, test := range map[string]struct {
		s    signing.SignatureReport
		want time.Time
	}{
		"a signature":       {signing.SignatureReport{Kind: signing.Signature, Indication: signing.TotalPassed, Path: path}, time.Time{}},
		"one that fails":    {signing.SignatureReport{Kind: signing.Timestamp, Indication: signing.TotalFailed, Path: path}, time.Time{}},
		"an archive's time": {signing.SignatureReport{Kind: signing.Timestamp, Indication: signing.TotalPassed, Path: path}, early},
	} {
		if got := proves(&test.s); !got.Equal(test.want) {
			t.Errorf("%s proves until %v, want %v", name, got, test.want)
		}
	}
}
