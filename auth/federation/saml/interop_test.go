package saml_test

import (
	"bytes"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"html"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/auth/federation"
	"guichet.example/auth/federation/federationtest"
	"guichet.example/auth/federation/saml"
)

// Providers that nobody here wrote, from Debian, each as a process of the test with its
// configuration in testdata and its work in a folder of the test.

// stranger is such a provider, and a browser.
type stranger struct {
	base     string
	work     string
	provider *saml.Provider
	browser  *http.Client
	log      *bytes.Buffer
}

// freePort is one that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// newStranger makes the folder: its key, and our metadata.
func newStranger(t *testing.T) *stranger {
	t.Helper()
	s := &stranger{work: t.TempDir(), base: "http://127.0.0.1:" + freePort(t), log: &bytes.Buffer{}}
	key, cert, err := federationtest.NewKey("stranger", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	ours, err := newParty(t).Metadata()
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{
		"idp.key":   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
		"idp.crt":   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}),
		"party.xml": ours,
	} {
		if err := os.WriteFile(filepath.Join(s.work, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	jar, err := newJar()
	if err != nil {
		t.Fatal(err)
	}
	s.browser = &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "counter.example" { // the way back to us
			return http.ErrUseLastResponse
		}
		return nil
	}}
	return s
}

// start runs the program until the test ends and waits until it serves its metadata.
func (s *stranger) start(t *testing.T, metadata string, env []string, name string, args ...string) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	started, ended := make(chan error, 1), make(chan struct{})
	go func() { // from a thread that lives as long: Pdeathsig comes when the thread ends
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(ended)
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	if err := <-started; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		if t.Failed() {
			t.Logf("%s said:\n%s", name, out.String())
		}
	})
	for end := time.Now().Add(2 * time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		select {
		case <-ended:
			t.Fatalf("%s ended early", name)
		default:
		}
		resp, err := http.Get(s.base + metadata)
		if err != nil {
			continue
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if resp.StatusCode == http.StatusOK && bytes.Contains(body, []byte("EntityDescriptor")) {
			return
		}
		t.Fatalf("%s gives no metadata: %d %.2000s", name, resp.StatusCode, body)
	}
	t.Fatalf("%s does not answer", name)
}

// trust makes the provider ours, by the metadata it serves.
func (s *stranger) trust(t *testing.T, entityID, metadata string, change ...func(*saml.Settings)) {
	t.Helper()
	settings := saml.Settings{ID: "fas", Names: names, EntityID: entityID, Metadata: s.base + metadata}
	for _, c := range change {
		c(&settings)
	}
	var err error
	s.provider, err = saml.New(settings, newParty(t), saml.Options{Rand: rand.Reader, Loopback: true, Log: slog.New(slog.NewTextHandler(s.log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.provider.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// page is what the browser shows.
type page struct {
	address  *url.URL
	body     string
	location string // where a redirect leads that is not followed
}

func (s *stranger) get(t *testing.T, address string) page {
	t.Helper()
	resp, err := s.browser.Get(address)
	return s.show(t, resp, err)
}

func (s *stranger) show(t *testing.T, resp *http.Response, err error) page {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return page{address: resp.Request.URL, body: string(body), location: resp.Header.Get("Location")}
}

var (
	formTag    = regexp.MustCompile(`(?s)<form\b([^>]*)>(.*?)</form>`)
	inputTag   = regexp.MustCompile(`(?s)<input\b([^>]*)>`)
	attrOfTag  = regexp.MustCompile(`([a-zA-Z-]+)\s*=\s*"([^"]*)"`)
	notAField  = map[string]bool{"button": true, "image": true, "reset": true, "checkbox": true}
	badSigning = regexp.MustCompile(`(?i)signature|exception|error`)
)

func attrs(tag string) map[string]string {
	m := map[string]string{}
	for _, a := range attrOfTag.FindAllStringSubmatch(tag, -1) {
		m[strings.ToLower(a[1])] = html.UnescapeString(a[2])
	}
	return m
}

// form reads the page's form that has a field of that name: where it goes, what it holds.
func (p page) form(t *testing.T, field string) (*url.URL, url.Values) {
	t.Helper()
	for _, f := range formTag.FindAllStringSubmatch(p.body, -1) {
		values := url.Values{}
		for _, i := range inputTag.FindAllStringSubmatch(f[2], -1) {
			if a := attrs(i[1]); a["name"] != "" && !notAField[a["type"]] {
				values.Set(a["name"], a["value"])
			}
		}
		if !values.Has(field) {
			continue
		}
		action, err := p.address.Parse(attrs(f[1])["action"])
		if err != nil {
			t.Fatal(err)
		}
		return action, values
	}
	t.Fatalf("%s has no form with %s:\n%.4000s", p.address.Path, field, p.body)
	return nil, nil
}

// submit fills in fields and sends the form.
func (s *stranger) submit(t *testing.T, p page, fields map[string]string, field string) page {
	t.Helper()
	action, values := p.form(t, field)
	for name, value := range fields {
		values.Set(name, value)
	}
	resp, err := s.browser.PostForm(action.String(), values)
	return s.show(t, resp, err)
}

// begin starts a flow for level 400.
func (s *stranger) begin(t *testing.T, force bool) (federation.Flow, string) {
	t.Helper()
	f, err := federation.NewFlow(rand.Reader, time.Now(), "fas", federation.SignIn)
	if err != nil {
		t.Fatal(err)
	}
	f.Asked, f.Force = 400, force
	address, err := s.provider.Begin(t.Context(), &f)
	if err != nil {
		t.Fatal(err)
	}
	return f, address
}

// finish hands us the form with which the provider sends the browser back.
func (s *stranger) finish(t *testing.T, f federation.Flow, p page) (federation.Identity, error) {
	t.Helper()
	action, values := p.form(t, "SAMLResponse")
	if action.String() != acs {
		t.Fatalf("the answer goes to %s", action)
	}
	values = url.Values{"SAMLResponse": values["SAMLResponse"], "RelayState": values["RelayState"]}
	return s.provider.Finish(t.Context(), f, values)
}

func newJar() (http.CookieJar, error) { return cookiejar.New(nil) }

func base64Of(raw []byte) string { return base64.StdEncoding.EncodeToString(raw) }
