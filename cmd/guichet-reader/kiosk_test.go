package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"guichet.example/reader/api"
	"guichet.example/reader/kiosk/kiosktest"
)

type portalKey struct{}

// setUpKiosk gives a script a portal, $PORTAL, and a free address for an agent, $AGENT.
func setUpKiosk(env *testscript.Env) {
	portal := kiosktest.Start()
	env.Defer(portal.Close)
	env.Values[portalKey{}] = portal
	env.Setenv("PORTAL", portal.Origin())
	env.Setenv("AGENT", freeAddress())
	env.Setenv("SOFTHSM2_CONF", filepath.Join(env.WorkDir, "softhsm2.conf"))
	env.Setenv("SOFTHSM", softHSM())
}

func freeAddress() string {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// softHSM is the path of the module that stands in for a TPM's.
func softHSM() string {
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return ""
}

// portal invite CODE, portal revoke, portal suspend, portal cut, portal back,
// portal hears KIND [TIMES], portal state [WHY]
func scriptPortal(ts *testscript.TestScript, _ bool, args []string) {
	p := ts.Value(portalKey{}).(*kiosktest.Portal)
	switch args[0] {
	case "invite":
		p.Invite(args[1])
	case "revoke":
		p.Stop(api.KioskRevoked)
	case "suspend":
		p.Stop(api.KioskSuspended)
	case "cut", "back":
		p.Cut(args[0] == "cut")
	case "hears":
		times := 1
		if len(args) > 2 {
			_, err := fmt.Sscan(args[2], &times)
			ts.Check(err)
		}
		wait(ts, "the portal hears "+args[1], func() bool {
			n := 0
			for _, m := range p.Heard() {
				if m.Kind == api.KioskKind(args[1]) && (m.Kind != api.KioskCardIn || m.Files != nil) {
					n++
				}
			}
			return n >= times
		})
	case "state":
		want := strings.Join(args[1:], " ")
		wait(ts, "state "+want, func() bool { state, why := p.State(); return strings.TrimSpace(string(state)+" "+why) == want })
	default:
		ts.Fatalf("portal %s?", args[0])
	}
}

// device token TOKEN LABEL PIN makes a token with a P-256 key in $SOFTHSM2_CONF.
// device serves waits until the agent at $AGENT answers, device told STATE until it says
// that the portal refuses it so; device runs FILE and device ended
// FILE until the process whose number is in FILE does, or is no more.
func scriptDevice(ts *testscript.TestScript, _ bool, args []string) {
	switch args[0] {
	case "token":
		ts.Check(makeDevice(ts.Getenv("SOFTHSM2_CONF"), args[1], args[2], args[3]))
	case "serves":
		wait(ts, "the agent answers", func() bool {
			response, err := http.Get("http://" + ts.Getenv("AGENT") + api.KioskStatusPath)
			if err != nil {
				return false
			}
			response.Body.Close()
			return true
		})
	case "told":
		wait(ts, "the agent is told "+args[1], func() bool {
			request, err := http.NewRequest(http.MethodGet, "http://"+ts.Getenv("AGENT")+api.KioskStatusPath, nil)
			ts.Check(err)
			request.Header.Set("Origin", ts.Getenv("PORTAL"))
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return false
			}
			defer response.Body.Close()
			text, err := io.ReadAll(io.LimitReader(response.Body, 4<<10))
			return err == nil && strings.Contains(string(text), `"`+args[1]+`"`)
		})
	case "runs":
		wait(ts, "the browser runs", func() bool { _, err := os.Stat(ts.MkAbs(args[1])); return err == nil })
	case "ended":
		pid, err := strconv.Atoi(strings.TrimSpace(ts.ReadFile(args[1])))
		ts.Check(err)
		wait(ts, "the browser is gone", func() bool {
			stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
			return err != nil || strings.Contains(string(stat), ") Z ") // or waits to be buried
		})
	default:
		ts.Fatalf("device %s?", args[0])
	}
}

// makeDevice makes a SoftHSM2 below the folder of its configuration, if there is none, and a
// token with a key that was made elsewhere.
func makeDevice(conf, token, label, pin string) error {
	dir := filepath.Join(filepath.Dir(conf), "tokens")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600); err != nil {
		return err
	}
	key := filepath.Join(filepath.Dir(conf), token+".pem")
	for _, line := range [][]string{
		{"openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key},
		{"softhsm2-util", "--init-token", "--free", "--label", token, "--pin", pin, "--so-pin", pin},
		{"softhsm2-util", "--import", key, "--token", token, "--label", label, "--id", "01", "--pin", pin},
	} {
		cmd := exec.Command(line[0], line[1:]...)
		cmd.Env = append(os.Environ(), "SOFTHSM2_CONF="+conf)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", line[0], err, out)
		}
	}
	return os.Remove(key)
}

func wait(ts *testscript.TestScript, what string, holds func() bool) {
	for range 3000 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	ts.Fatalf("it never came to this: %s", what)
}
