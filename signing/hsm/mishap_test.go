package hsm_test

import (
	"bufio"
	"context"
	"crypto"
	"crypto/ecdsa"
	"errors"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"guichet.example/signing/hsm"
	"guichet.example/signing/hsm/hsmtest"
)

// asChild makes this test binary a second process on one token.
const asChild = "HSM_TEST_SIGN_WITH"

func TestMain(m *testing.M) {
	if module := os.Getenv(asChild); module != "" {
		os.Exit(signAsChild(module))
	}
	os.Exit(m.Run())
}

// signAsChild signs until its standard input ends.
func signAsChild(module string) int {
	t, err := hsm.OpenToken(module, "mutuality", func() ([]byte, error) { return []byte(pin), nil })
	if err != nil {
		return 1
	}
	info, err := t.Find("seal", nil)
	t.Close()
	if err != nil {
		return 1
	}
	k, err := hsm.Open(context.Background(), hsm.Config{Module: module, Token: "mutuality", Label: "seal", ID: info.ID,
		PIN: func() ([]byte, error) { return []byte(pin), nil }, Certificate: certificateOf(info.Public), Deadline: time.Minute, Wait: time.Minute})
	if err != nil {
		return 1
	}
	defer k.Close()
	os.Stdout.WriteString("signing\n")
	ended := make(chan struct{})
	go func() { bufio.NewReader(os.Stdin).ReadByte(); close(ended) }()
	for {
		select {
		case <-ended:
			return 0
		default:
			if _, err := k.Sign(nil, digest[:], crypto.SHA256); err != nil {
				return 1
			}
		}
	}
}

// Several processes use one token: none disturbs another, also when one of them starts,
// ends, or is killed.
func TestSeveralProcesses(t *testing.T) {
	_, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	k := open(t, c)
	for _, killed := range []bool{false, true} {
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), asChild+"="+c.Module)
		child.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		in, err := child.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		out, err := child.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
			t.Fatalf("the other process: %q, %v", line, err)
		}
		for range 30 {
			if _, err := k.Sign(nil, digest[:], crypto.SHA256); err != nil {
				t.Fatalf("Sign beside another process: %v", err)
			}
		}
		if killed {
			child.Process.Kill()
		}
		in.Close()
		if err := child.Wait(); (err != nil) != killed {
			t.Errorf("the other process ended with %v", err)
		}
	}
	if s := k.Stats(); s.Failures.All() != 0 || s.Starts != 1 {
		t.Errorf("Stats = %+v", s)
	}
}

// The token goes and comes back under load, three times: callers get ErrUnavailable and
// nothing else, whatever they get verifies, and afterwards all is as before.
func TestTokenGoesUnderLoad(t *testing.T) {
	folder, c := token(t, hsmtest.Spec{Kind: hsmtest.P256})
	c.Sessions = 3
	k := open(t, c)
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	var made, refused atomic.Int64
	for range 6 {
		all.Go(func() {
			for ctx.Err() == nil {
				value, err := k.Sign(nil, digest[:], crypto.SHA256)
				switch {
				case err == nil && ecdsa.VerifyASN1(k.Public().(*ecdsa.PublicKey), digest[:], value):
					made.Add(1)
				case errors.Is(err, hsm.ErrUnavailable):
					refused.Add(1)
					time.Sleep(time.Millisecond)
				default:
					t.Errorf("Sign = %x, %v", value, err)
					return
				}
			}
		})
	}
	for round := range int64(3) {
		before := refused.Load()
		back, err := folder.Take()
		if err != nil {
			t.Fatal(err)
		}
		until(t, "callers refused", func() bool { return refused.Load() > before })
		if err := back(); err != nil {
			t.Fatal(err)
		}
		before = made.Load()
		until(t, "signatures again", func() bool { return made.Load() > before+6 })
		if starts := k.Stats().Starts; starts < uint64(round)+2 {
			t.Errorf("round %d: %d starts", round, starts)
		}
	}
	stop()
	all.Wait()
	if s := k.Stats(); s.InUse != 0 || s.Lost || s.Signatures != uint64(made.Load()) || s.Failures.Unavailable != uint64(refused.Load()) {
		t.Errorf("Stats = %+v, made %d, refused %d", s, made.Load(), refused.Load())
	}
}

// A key that wants the PIN for each signature gets it, and a PIN that was changed
// meanwhile is tried once.
func TestPINForEachSignature(t *testing.T) {
	for _, kind := range []hsmtest.Kind{hsmtest.P256, hsmtest.RSA2048} {
		_, c := token(t, hsmtest.Spec{Kind: kind, EachTime: true})
		now, asked := pin, 0
		c.PIN = func() ([]byte, error) { asked++; return []byte(now), nil }
		k := open(t, c)
		before := asked
		for range 3 {
			if _, err := k.Sign(nil, digest[:], crypto.SHA256); err != nil {
				t.Fatalf("Sign: %v", err)
			}
		}
		if asked != before+3 {
			t.Errorf("asked for the PIN %d times for 3 signatures", asked-before)
		}
		now = "000000"
		for range 3 {
			if _, err := k.Sign(nil, digest[:], crypto.SHA256); !errors.Is(err, hsm.ErrPIN) {
				t.Errorf("Sign with another PIN = %v, want ErrPIN", err)
			}
		}
		if s := k.Stats(); asked != before+4 || s.Failures != (hsm.Failures{PIN: 3}) {
			t.Errorf("asked %d times after the PIN changed, want 1; %+v", asked-before-3, s)
		}
	}
}
