package kiosk_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"guichet.example/reader/kiosk"
)

// installed is Debian's Chromium.
const installed = "/usr/lib/chromium/chromium"

// A policy whose name the browser does not know is one that it does not obey, without a
// word.
func TestChromiumKnowsThePolicies(t *testing.T) {
	file, err := os.Open(installed)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	program, err := syscall.Mmap(int(file.Fd()), 0, int(info.Size()), syscall.PROT_READ, syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(program)
	var policies map[string]any
	if err := json.Unmarshal(kiosk.Chromium{Portal: "https://counter.example"}.Policies(), &policies); err != nil {
		t.Fatal(err)
	}
	policies["GuichetKnowsNoSuchPolicy"] = true
	for name := range policies {
		known := bytes.Contains(program, []byte("\x00"+name+"\x00"))
		if known == (name == "GuichetKnowsNoSuchPolicy") {
			t.Errorf("policy %s: known to the browser is %v", name, known)
		}
	}
}

// hits are the paths that were asked for at a server.
type hits struct {
	mu   sync.Mutex
	list []string
	page string
}

func (h *hits) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.list = append(h.list, r.URL.Path)
	if h.page != "" {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, h.page)
	}
}

func (h *hits) has(path string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, p := range h.list {
		if p == path {
			return true
		}
	}
	return false
}

// The browser with our command line and policies opens the portal, lets it speak to the
// agent, and goes nowhere else; without the policies it does neither. It runs in a mount
// namespace, where its folder of policies is ours: only root can make one.
func TestChromiumObeysThePolicies(t *testing.T) {
	if exec.Command("unshare", "-m", "true").Run() != nil {
		return
	}
	for _, obeys := range []bool{true, false} {
		t.Run(fmt.Sprintf("with policies %v", obeys), func(t *testing.T) {
			t.Parallel()
			agent, elsewhere, portal := &hits{}, &hits{}, &hits{}
			agentAt, elsewhereAt, portalAt := httptest.NewServer(agent), httptest.NewServer(elsewhere), httptest.NewServer(portal)
			defer agentAt.Close()
			defer elsewhereAt.Close()
			defer portalAt.Close()
			portal.page = `<iframe src="` + elsewhereAt.URL + `/frame"></iframe><script>
const say = path => fetch(path, {method: "POST", keepalive: true});
fetch("` + agentAt.URL + `/status", {mode: "no-cors"}).then(() => say("/agent-spoke"), () => say("/agent-silent")).then(() => {
	say("/leaving"); setTimeout(() => { location = "` + elsewhereAt.URL + `/left" }, 300) });
</script>`
			folder := t.TempDir()
			c := kiosk.Chromium{
				Portal: portalAt.URL, Agent: agentAt.URL, Lang: "fr", Profile: filepath.Join(t.TempDir(), "profile"),
				Extra: []string{"--headless", "--no-sandbox", "--disable-gpu",
					"--ip-address-space-overrides=" + strings.TrimPrefix(portalAt.URL, "http://") + "=public," +
						strings.TrimPrefix(elsewhereAt.URL, "http://") + "=public"},
			}
			c.Program = script(t, `exec unshare -m sh -c 'mount -t tmpfs none /etc/chromium && mkdir -p /etc/chromium/policies/managed &&
	cp "$0"/* /etc/chromium/policies/managed/ && exec `+installed+` "$@"' `+folder+` "$@" 2> /dev/null`)
			if obeys {
				if err := c.WritePolicies(folder); err != nil {
					t.Fatal(err)
				}
			} else if err := os.WriteFile(filepath.Join(folder, "none.json"), []byte("{}"), 0o600); err != nil {
				t.Fatal(err)
			}
			keeps(t, c)
			until(t, "the page tries to leave", func() bool { return portal.has("/leaving") })
			if got := portal.has("/agent-spoke") && agent.has("/status"); got != obeys {
				t.Errorf("the page spoke to the agent: %v", got)
			}
			if !obeys {
				until(t, "it goes elsewhere", func() bool { return elsewhere.has("/left") && elsewhere.has("/frame") })
				return
			}
			time.Sleep(2 * time.Second) // it would take half of one
			if elsewhere.has("/left") || elsewhere.has("/frame") {
				t.Error("it went elsewhere")
			}
		})
	}
}
