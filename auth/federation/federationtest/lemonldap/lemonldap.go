// Package lemonldap runs Debian's LemonLDAP::NG as an identity provider that nobody here
// wrote: its portal as a process of the test, on a free port of 127.0.0.1, by plackup. It
// touches nothing of the machine's: no web server, no configuration of /etc or /var; all
// it needs and keeps is in a folder of its own, which goes with it.
//
// Debian packages, without what they recommend: liblemonldap-ng-portal-perl,
// libplack-perl (plackup), libio-string-perl, libstring-random-perl; for SAML
// liblasso-perl.
//
// For tests only.
package lemonldap

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Config says who is known and what is served.
type Config struct {
	// Accounts are the people's attributes by login name, which is their password, too.
	Accounts map[string]map[string]string
	// More are the keys of the portal's configuration (lmConf) beside those that every
	// portal needs. base is the portal's address, without a slash at the end.
	More func(base string) map[string]any
	// Portal is what goes into the section [portal] of lemonldap-ng.ini, one line each.
	Portal []string
}

// Server is a running portal.
type Server struct {
	URL string // "http://127.0.0.1:PORT"

	folder string
	cmd    *exec.Cmd
	ended  chan struct{} // closed when the process is gone
	log    *output
}

//go:embed portal.psgi
var program []byte

// startTime is how long a portal may take to answer: it compiles its Perl first.
const startTime = time.Minute

// Start starts a portal and waits until it answers.
func Start(ctx context.Context, c Config) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().(*net.TCPAddr)
	listener.Close() // plackup opens it again; a port just used is not given out soon
	folder, err := os.MkdirTemp("", "lemonldap-")
	if err != nil {
		return nil, err
	}
	s := &Server{URL: "http://" + address.String(), folder: folder, ended: make(chan struct{}), log: new(output)}
	if err := s.write(c); err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	s.cmd = exec.Command("plackup", "-E", "deployment", "-s", "HTTP::Server::PSGI", "--host", "127.0.0.1",
		"--port", fmt.Sprint(address.Port), filepath.Join(folder, "portal.psgi"))
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = folder, s.log, s.log
	s.cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LLNG_DEFAULTCONFFILE=" + filepath.Join(folder, "lemonldap-ng.ini"),
		"LLNG_TEST_ACCOUNTS=" + filepath.Join(folder, "accounts.json")}
	// With the test it dies, and its children do.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.run(); err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	if err := s.wait(ctx); err != nil {
		s.Close()
		return nil, fmt.Errorf("lemonldap: %w; it says:\n%s", err, s.log)
	}
	return s, nil
}

// run starts the process from a thread that lives as long as it does: Pdeathsig is sent
// when the parent's thread ends.
func (s *Server) run() error {
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(s.ended)
		err := s.cmd.Start()
		started <- err
		if err == nil {
			s.cmd.Wait()
		}
	}()
	return <-started
}

// wait waits until the portal answers anything sensible.
func (s *Server) wait(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, s.URL+"/", nil)
		if err != nil {
			return err
		}
		if answer, err := http.DefaultClient.Do(r); err == nil {
			answer.Body.Close()
			if answer.StatusCode < http.StatusInternalServerError {
				return nil
			}
			return fmt.Errorf("answers %s", answer.Status)
		}
		select {
		case <-s.ended:
			return errors.New("ended at once")
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// Close ends the portal and removes what it kept.
func (s *Server) Close() error {
	syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL)
	<-s.ended
	return os.RemoveAll(s.folder)
}

// Log is what the portal has written so far.
func (s *Server) Log() string { return s.log.String() }

// write writes the portal's program and configuration.
func (s *Server) write(c Config) error {
	for _, folder := range []string{"conf", "sessions", "lasting"} {
		if err := os.Mkdir(filepath.Join(s.folder, folder), 0o700); err != nil {
			return err
		}
	}
	conf, err := json.Marshal(s.configuration(c))
	if err != nil {
		return err
	}
	accounts, err := json.Marshal(c.Accounts)
	if err != nil {
		return err
	}
	ini := "[all]\nlogLevel = notice\n\n[configuration]\ntype = File\ndirName = " + filepath.Join(s.folder, "conf") +
		"\n\n[portal]\ntemplateDir = /usr/share/lemonldap-ng/portal/templates\nstaticPrefix = /static\nlanguages = en, fr\n" +
		strings.Join(c.Portal, "\n") + "\n"
	for name, content := range map[string][]byte{"conf/lmConf-1.json": conf, "accounts.json": accounts,
		"lemonldap-ng.ini": []byte(ini), "portal.psgi": program} {
		if err := os.WriteFile(filepath.Join(s.folder, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// configuration is what every portal needs, and more.
func (s *Server) configuration(c Config) map[string]any {
	exported := map[string]string{"uid": "uid"}
	for _, attributes := range c.Accounts {
		for name := range attributes {
			exported[name] = name
		}
	}
	files := func(folder string) map[string]string {
		path := filepath.Join(s.folder, folder)
		return map[string]string{"Directory": path, "LockDirectory": path,
			"generateModule": "Lemonldap::NG::Common::Apache::Session::Generate::SHA256"}
	}
	conf := map[string]any{
		"cfgNum": 1, "cfgAuthor": "test", "cfgDate": 1, "key": "used in this test only",
		"portal": s.URL + "/", "domain": "127.0.0.1", "cookieName": "lemonldap", "securedCookie": 0,
		"authentication": "Demo", "userDB": "Same", "passwordDB": "Demo", "registerDB": "Null",
		"demoExportedVars": exported, "whatToTrace": "uid", "requireToken": 0,
		"globalStorage": "Apache::Session::File", "globalStorageOptions": files("sessions"),
		"persistentStorage": "Apache::Session::File", "persistentStorageOptions": files("lasting"),
		"localSessionStorage": "", "locationRules": map[string]any{}, "exportedHeaders": map[string]any{},
		"captcha": "::Captcha::None", "captcha_login_enabled": 0, "captcha_mail_enabled": 0, "captcha_register_enabled": 0,
		"portalDisplayResetPassword": 0, "portalDisplayRegister": 0, "portalDisplayCertificateResetByMail": 0,
	}
	if c.More != nil {
		for key, value := range c.More(s.URL) {
			conf[key] = value
		}
	}
	return conf
}

// output keeps what a process writes. It is safe for concurrent use.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
