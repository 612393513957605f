package certstest

import (
	"crypto"
	"testing"
	"time"

	"guichet.example/certs"
)

// Keys go on to a PKI that begins after the end of another, and to none that lives beside.
func TestStartKeepsKeysApart(t *testing.T) {
	used := map[crypto.Signer]bool{}
	t.Run("two at a time", func(t *testing.T) {
		a, b := Start(t), Start(t)
		for _, p := range []*Server{a, b} {
			for name, key := range p.ownKeys() {
				if used[key] {
					t.Errorf("%s is there twice", name)
				}
				used[key] = true
			}
		}
		seal, err := b.IssueSeal("Mutualité des Tilleuls", "VATBE-0411000000", P256)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := a.Anchors().Path(seal.Certificate, certs.Seal, time.Now()); err == nil {
			t.Error("one PKI stands for the other")
		}
	})
	next := Start(t)
	if !used[next.Authority("root-rsa").Key] {
		t.Error("the keys of those that ended are made anew")
	}
}
