package hsm_test

import (
	"crypto"
	"fmt"
	"sync"
	"testing"

	"github.com/miekg/pkcs11"

	"guichet.example/signing/hsm/hsmtest"
)

// BenchmarkSign compares signatures through the pool, verified, with the bare calls of
// SoftHSM2 in as many threads.
func BenchmarkSign(b *testing.B) {
	for _, kind := range []struct {
		name string
		kind hsmtest.Kind
	}{{"RSA2048", hsmtest.RSA2048}, {"P256", hsmtest.P256}, {"P384", hsmtest.P384}} {
		for _, n := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/%d/pool", kind.name, n), func(b *testing.B) { benchPool(b, kind.kind, n) })
			b.Run(fmt.Sprintf("%s/%d/bare", kind.name, n), func(b *testing.B) { benchBare(b, kind.kind, n) })
		}
	}
}

func benchPool(b *testing.B, kind hsmtest.Kind, sessions int) {
	_, c := token(b, hsmtest.Spec{Kind: kind})
	c.Sessions = sessions
	k := open(b, c)
	spread(b, sessions, func(int) error {
		_, err := k.Sign(nil, digest[:], crypto.SHA256)
		return err
	})
}

// spread runs b.N calls in so many goroutines.
func spread(b *testing.B, threads int, call func(thread int) error) {
	var all sync.WaitGroup
	b.ResetTimer()
	for thread := range threads {
		all.Go(func() {
			for i := thread; i < b.N; i += threads {
				if err := call(thread); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sign/s")
}

func benchBare(b *testing.B, kind hsmtest.Kind, threads int) {
	folder, _ := token(b, hsmtest.Spec{Kind: kind})
	lib := pkcs11.New(folder.Module())
	defer lib.Destroy()
	check := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	check(lib.Initialize())
	defer lib.Finalize()
	slots, err := lib.GetSlotList(true)
	check(err)
	var sessions []pkcs11.SessionHandle
	for range threads {
		s, err := lib.OpenSession(slots[0], pkcs11.CKF_SERIAL_SESSION)
		check(err)
		sessions = append(sessions, s)
	}
	check(lib.Login(sessions[0], pkcs11.CKU_USER, pin))
	check(lib.FindObjectsInit(sessions[0], []*pkcs11.Attribute{pkcs11.NewAttribute(pkcs11.CKA_CLASS, pkcs11.CKO_PRIVATE_KEY)}))
	keys, _, err := lib.FindObjects(sessions[0], 1)
	check(err)
	check(lib.FindObjectsFinal(sessions[0]))
	mechanism, input := uint(pkcs11.CKM_ECDSA), digest[:]
	if kind == hsmtest.RSA2048 {
		mechanism, input = pkcs11.CKM_RSA_PKCS, make([]byte, 51) // as long as a DigestInfo
	}
	spread(b, threads, func(thread int) error {
		if err := lib.SignInit(sessions[thread], []*pkcs11.Mechanism{pkcs11.NewMechanism(mechanism, nil)}, keys[0]); err != nil {
			return err
		}
		_, err := lib.Sign(sessions[thread], input)
		return err
	})
}
