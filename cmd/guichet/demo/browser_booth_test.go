package demo

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/remote"
)

// booth is a kiosk as it stands in a contact point: guichet-reader in a process of its
// own, which starts Chromium full screen with its policies, in a world of its own whose
// cards go in and out. Its stage is the kiosk's browser.
type booth struct {
	*stage
	*window // the kiosk's screen

	whole   *testing.T
	office  *window // of the administrator, in another browser
	key     string  // file of the machine's key
	program string  // guichet-reader
	agent   *exec.Cmd
	said    *logged // by it
}

// atBooth pairs a kiosk by the hand of an administrator, and starts it.
func atBooth(t *testing.T) *booth {
	t.Helper()
	outside := onStage(t)
	dir := t.TempDir()
	log := &logged{}
	cfg := Config{Listen: "localhost:0", Agent: "localhost:0", Services: "127.0.0.1:0", Data: filepath.Join(dir, "world")}
	w, err := build(context.Background(), cfg, slog.New(slog.NewTextHandler(log, nil)))
	t.Cleanup(w.close)
	if err != nil {
		t.Fatal(err)
	}
	b := &booth{whole: t, stage: &stage{world: w, cfg: cfg, chromium: outside.chromium, log: log}, said: &logged{},
		key: filepath.Join(dir, "machine.key"), program: filepath.Join(dir, "guichet-reader")}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the counter's log:\n%s\nthe kiosk's:\n%s", log.since(0), b.said.since(0))
		}
	})
	b.office = b.stage.window(t)
	b.office.toOffice("ines", "en")
	code := b.invite()
	b.pullOut(t)
	w.halt["agent"]() // the machine has one of its own, at the same address
	if out, err := exec.Command("go", "build", "-o", b.program, "guichet.example/cmd/guichet-reader").CombinedOutput(); err != nil {
		t.Fatalf("building guichet-reader: %v\n%s", err, out)
	}
	pair := exec.Command(b.program, "kiosk", "pair", "-portal", w.origin, "-key", b.key)
	pair.Stdin = strings.NewReader(code + "\n")
	out, err := pair.CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte(`Paired as "Borne 1"`)) {
		t.Fatalf("pairing the machine: %v\n%s", err, out)
	}
	b.open(t, dir)
	return b
}

// invite has the administrator make a kiosk, and returns its code.
func (b *booth) invite() string {
	b.office.t.Helper()
	b.office.visit("/en/office/kiosks")
	b.office.write("#name", "Borne 1")
	b.office.write("#branch", "Liège Outremeuse")
	b.office.leave(func() { b.office.click(`form[action$="/office/kiosks"] button[data-kind=first]`) })
	return b.office.text("#code")
}

// launcher starts Chromium where the kiosk's policies, and no others, are those of the
// machine: the folder is seen so by this browser alone. Only the one that would keep the
// test from looking in is left out.
const launcher = `#!/bin/sh
set -e
if [ "$1" != inside ]; then exec unshare --user --map-root-user --mount "$0" inside "$@"; fi
shift
mkdir -p /etc/chromium
mount -t tmpfs policies /etc/chromium
mkdir -p /etc/chromium/policies/managed
sed 's/"DeveloperToolsAvailability": 2/"DeveloperToolsAvailability": 1/' %[1]q/guichet-kiosk.json >/etc/chromium/policies/managed/guichet-kiosk.json
exec %[2]q --headless=new --no-sandbox --disable-gpu --allow-pre-commit-input --touch-events=enabled --window-size=1280,800 --remote-debugging-port=0 "$@"
`

// open runs the kiosk's own program, which starts the browser.
func (b *booth) open(t *testing.T, dir string) {
	t.Helper()
	chromium, err := findChromium()
	if err != nil {
		t.Fatal(err)
	}
	policies, profile, script := filepath.Join(dir, "policies"), filepath.Join(dir, "profile"), filepath.Join(dir, "chromium")
	if err := os.WriteFile(script, fmt.Appendf(nil, launcher, policies, chromium), 0o755); err != nil {
		t.Fatal(err)
	}
	b.start("-policies", policies, "-profile", profile, "-browser", script)
	b.chromium = b.attach(t, profile)
	b.window = b.screen(t)
}

// start runs the kiosk's own program.
func (b *booth) start(flags ...string) {
	t := b.whole // the machine outlives the person at it
	t.Helper()
	line := append([]string{"kiosk", "-portal", b.origin, "-key", b.key, "-listen", hostOf(b.stage.agent.URL()), "-card-module", b.desk.Module()}, flags...)
	agent := exec.Command(b.program, line...)
	agent.Stdout, agent.Stderr = b.said, b.said
	agent.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := agent.Start(); err != nil {
		t.Fatal(err)
	}
	b.agent = agent
	t.Cleanup(func() {
		_ = syscall.Kill(-agent.Process.Pid, syscall.SIGKILL) // the browser and what holds the cards too
		_ = agent.Wait()
	})
}

// attach connects to the browser that the kiosk started.
func (b *booth) attach(t *testing.T, profile string) context.Context {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(15 * time.Millisecond) {
		text, err := os.ReadFile(filepath.Join(profile, "DevToolsActivePort"))
		if port, path, ok := strings.Cut(string(text), "\n"); err == nil && ok && path != "" {
			allocated, end := remote.NewAllocator(context.Background(), "ws://127.0.0.1:"+port+strings.TrimSpace(path), remote.NoModifyURL)
			t.Cleanup(end)
			ctx, cancel := chromedp.NewContext(allocated, chromedp.WithErrorf(func(string, ...any) {}))
			t.Cleanup(cancel)
			return ctx
		}
		if time.Now().After(deadline) {
			t.Fatal("the kiosk's browser does not start")
		}
	}
}

// screen is the window that the browser shows first.
func (b *booth) screen(t *testing.T) *window {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		for _, info := range b.targets(t) {
			if info.Type == "page" && strings.HasPrefix(info.URL, b.origin) {
				w := b.stage.open(t, b.chromium, chromedp.WithTargetID(info.TargetID))
				w.touch(desk, 800)
				return w
			}
		}
	}
	t.Fatal("the kiosk's browser shows nothing")
	return nil
}
