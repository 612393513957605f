package saml_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
)

// patience is what a refusal may take, on a machine that is busy with ten others.
const patience = 10 * time.Second

// memoryBound is what reading a message may allocate in all, in bytes.
const memoryBound = 64 << 20

// TestEveryLieIsRefused changes one thing about a genuine answer, in each of the ways in
// which answers come, and wants the one error for it.
func TestEveryLieIsRefused(t *testing.T) {
	w := newWorld(t)
	evil, err := federationtest.NewSAML("https://evil.example/saml")
	if err != nil {
		t.Fatal(err)
	}
	ways := []struct {
		name          string
		assertionOnly bool
		encrypt       bool
	}{
		{"both signed", false, false}, {"the assertion signed", true, false}, {"encrypted", false, true}, {"encrypted, the assertion signed", true, true},
	}
	var all figures
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			w.idp.SignAssertionOnly(way.assertionOnly)
			genuine := map[bool]*question{}
			for _, m := range federationtest.SAMLMutations(evil) {
				a, f := w.genuine(t, genuine, m.Force)
				if m.Apply(a); way.encrypt {
					if !a.Encryptable() {
						continue
					}
					a.EncryptInPlace(0)
				}
				w.refuse(t, m, f, a, &all)
			}
			if !way.encrypt {
				return
			}
			for _, m := range federationtest.SAMLEncryptedMutations(evil) {
				a, f := w.genuine(t, genuine, m.Force)
				m.Apply(a)
				w.refuse(t, m, f, a, &all)
			}
		})
	}
	t.Logf("%d variants refused, the slowest (%s) in %v, the most memory %d kB", all.variants, all.name, all.slowest, all.most>>10)
	if strings.Contains(w.log.String(), federationtest.Alice.Number) {
		t.Error("the number is in the log")
	}
}

// figures are what the refusals cost.
type figures struct {
	variants int
	slowest  time.Duration
	name     string
	most     uint64 // bytes
}

// question is a flow and its genuine answer: nothing is consumed by Finish, so that one
// does for many variants while it is fresh.
type question struct {
	flow   federation.Flow
	answer *federationtest.SAMLAnswer
	at     time.Time
}

func (w *world) genuine(t *testing.T, known map[bool]*question, force bool) (*federationtest.SAMLAnswer, federation.Flow) {
	if q := known[force]; q == nil || time.Since(q.at) > 20*time.Second {
		f, address := w.begin(t, func(f *federation.Flow) { f.Force = force })
		known[force] = &question{flow: f, answer: w.answer(t, address, alice), at: time.Now()}
	}
	return known[force].answer.Clone(), known[force].flow
}

func (w *world) refuse(t *testing.T, m federationtest.SAMLMutation, f federation.Flow, a *federationtest.SAMLAnswer, sum *figures) {
	values := a.Values()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	id, err := w.provider.Finish(ctx, f, values)
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	if !errors.Is(err, m.Wanted()) || !errors.Is(err, federation.ErrRefused) {
		t.Errorf("Finish(%s) = %v, want %v", m.Name, err, m.Wanted())
	}
	if id.HasNumber || id.Subject != "" || id.Evidence != nil {
		t.Errorf("Finish(%s) gives an identity with its error", m.Name)
	}
	if err != nil && strings.Contains(err.Error(), federationtest.Alice.Number) {
		t.Errorf("Finish(%s) tells the number", m.Name)
	}
	if ctx.Err() != nil {
		t.Errorf("Finish(%s) took %v", m.Name, took)
	}
	allocated := after.TotalAlloc - before.TotalAlloc
	if allocated > memoryBound {
		t.Errorf("Finish(%s) took %d MiB", m.Name, allocated>>20)
	}
	sum.variants++
	sum.most = max(sum.most, allocated)
	if took > sum.slowest {
		sum.slowest, sum.name = took, m.Name
	}
}

// A checker that refuses everything would pass the test above: each way is accepted when
// nothing was changed.
func TestWhatWasNotChangedIsAccepted(t *testing.T) {
	w := newWorld(t)
	for name, apply := range map[string]func(a *federationtest.SAMLAnswer){
		"nothing":          func(*federationtest.SAMLAnswer) {},
		"signed again":     func(a *federationtest.SAMLAnswer) { a.Sign() },
		"encrypted":        func(a *federationtest.SAMLAnswer) { a.EncryptInPlace(0) },
		"encrypted by GCM": func(a *federationtest.SAMLAnswer) { a.EncryptGCM(0) },
		"characters as numbers": func(a *federationtest.SAMLAnswer) {
			a.Raw = []byte(strings.Replace(string(a.Wire()), "85073003328", "8507&#51;003328", 1))
		},
		"a declaration in front": func(a *federationtest.SAMLAnswer) {
			a.Raw = append([]byte(`<?xml version="1.0" encoding="UTF-8"?>`+"\n"), a.Wire()...)
		},
		"several audiences": func(a *federationtest.SAMLAnswer) {
			other := a.Find("Audience").Copy()
			other.SetText("urn:example:other")
			a.Find("AudienceRestriction").AddChild(other)
			a.Sign()
		},
		"one time use": func(a *federationtest.SAMLAnswer) { a.Find("Conditions").CreateElement("saml:OneTimeUse"); a.Sign() },
		"no certificate named": func(a *federationtest.SAMLAnswer) {
			s := a.Find("Signature")
			s.RemoveChild(s.SelectElement("KeyInfo"))
		},
		"signature value folded": func(a *federationtest.SAMLAnswer) {
			v := a.Find("SignatureValue")
			v.SetText("\n" + v.Text()[:64] + "\n  " + v.Text()[64:] + "\n")
		},
	} {
		t.Run(name, func(t *testing.T) {
			w.idp.SignAssertionOnly(name == "no certificate named" || name == "signature value folded")
			f, address := w.begin(t)
			a := w.answer(t, address, alice)
			apply(a)
			id, err := w.provider.Finish(t.Context(), f, a.Values())
			if err != nil || id.Number.Digits() != federationtest.Alice.Number {
				t.Errorf("Finish = %v", err)
			}
		})
	}
}
