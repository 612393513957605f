package verdict

import (
	"testing"

	"guichet.example/portal/locale"
	"guichet.example/signing"
)

// Whatever a report can say has words in every language.
func TestEverySentenceHasWords(t *testing.T) {
	for _, s := range []signing.Sentence{
		signing.ValidToday, signing.ValidThen, signing.Uncheckable, signing.Changed, signing.Unsigned, signing.Invalid,
	} {
		if !locale.Has("verify.sentence." + string(s)) {
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
