package revocation_test

import (
	"context"
	"testing"

	"guichet.example/certs/certstest"
	"guichet.example/certs/revocation"
)

func TestCheckGood(t *testing.T) {
	for _, a := range []certstest.Algorithm{certstest.RSA2048, certstest.P384} {
		w := start(t, a)
		answer, err := w.checker(t, nil).Check(context.Background(), w.path)
		if err != nil || answer.Status != revocation.Good || answer.Source != revocation.OCSP {
			t.Errorf("Check(%v card) = %v by %v, %v, want good by OCSP", a, answer.Status, answer.Source, err)
		}
		all, err := w.checker(t, nil).Evidence(context.Background(), w.path)
		if err != nil || len(all) != 2 {
			t.Errorf("Evidence(%v card) = %d answers, %v, want 2", a, len(all), err)
		}
	}
}
