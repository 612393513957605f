package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"guichet.example/auth/nrn"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/account"
	"guichet.example/portal/letters"
)

// postRoom is a settings file with a store behind it that holds two members.
func postRoom(t *testing.T) (config string, ask func(letters.Kind, string)) {
	t.Helper()
	dir := t.TempDir()
	config = filepath.Join(dir, "guichet.json")
	raw := changed(t, fmt.Sprintf(`"data": %q, "keys": %q`, filepath.Join(dir, "data"), filepath.Join(dir, "keys")))
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "data"), 0o700), os.WriteFile(config, raw, 0o600)); err != nil {
		t.Fatal(err)
	}
	s, err := loadSettings(config)
	if err != nil {
		t.Fatal(err)
	}
	return config, func(k letters.Kind, secret string) {
		t.Helper()
		db, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		n, err := nrn.Parse("85073003328")
		if err != nil {
			t.Fatal(err)
		}
		m := account.Member{Mutuality: "test", ID: "cccccccccccccccccccccccccc", Affiliation: "1", NationalNumber: n, GivenNames: "Nora",
			Surname: "Delcourt", Street: "Rue 1", Postcode: "4000", Municipality: "Liège", Country: "BE", Language: "fr"}
		if err := db.AddMember(t.Context(), m, nil); err != nil {
			t.Fatal(err)
		}
		l := letters.Letter{Mutuality: "test", Member: m.ID, Kind: k, Lang: "fr", Secret: secret}
		if secret != "" {
			l.Deadline = time.Now().Add(time.Hour)
		}
		if _, err := db.QueueLetter(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
}

func mailroomDoes(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	err := runLetters(context.Background(), cli.Env{Stdout: &out, Stderr: &out}, args)
	return out.String(), err
}

func TestLettersCommand(t *testing.T) {
	config, ask := postRoom(t)
	out := filepath.Join(t.TempDir(), "out")
	if text, err := mailroomDoes(t, "print", "-config", config, "-out", out); err != nil || !strings.Contains(text, "no letter waits") {
		t.Fatalf("print of nothing = %q, %v", text, err)
	}
	const secret = "7KQ2-94MA-X0VT"
	ask(letters.NewPassword, secret)
	ask(letters.NewEmail, "")
	text, err := mailroomDoes(t, "print", "-config", config, "-out", out)
	if err != nil || !strings.Contains(text, "2 letters, 4 pages") {
		t.Fatalf("print = %q, %v", text, err)
	}
	m := readManifest(t, out)
	if m.Letters != 2 || m.Pages != 4 || len(m.List) != 2 {
		t.Errorf("manifest %+v", m)
	}
	if text, err := mailroomDoes(t, "print", "-config", config, "-out", out); err != nil || !strings.Contains(text, "no letter waits") {
		t.Errorf("printing again = %q, %v", text, err)
	}
	if _, err := mailroomDoes(t, "posted", "-config", config, m.Batch, "3"); !errors.Is(err, letters.ErrCount) {
		t.Errorf("posted with a wrong count = %v", err)
	}
	if _, err := mailroomDoes(t, "posted", "-config", config, m.Batch, "2"); err != nil {
		t.Fatal(err)
	}
	text, err = mailroomDoes(t, "list", "-config", config, "-state", "posted")
	if err != nil || strings.Count(text, "posted") != 2 || strings.Contains(text, "Delcourt") || strings.Contains(text, secret) {
		t.Errorf("list = %q, %v", text, err)
	}
	id := strings.Fields(strings.Split(text, "\n")[1])[0]
	if _, err := mailroomDoes(t, "returned", "-config", config, id, "because"); !errors.Is(err, cli.ErrUsage) {
		t.Errorf("returned without a reason = %v", err)
	}
	if text, err := mailroomDoes(t, "returned", "-config", config, id, "address"); err != nil || !strings.Contains(text, "came back") {
		t.Errorf("returned = %q, %v", text, err)
	}
}

// readManifest wants a PDF and its manifest, both for the owner alone, that agree.
func readManifest(t *testing.T, dir string) manifest {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	var m manifest
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f, info.Mode(), err)
		}
		if strings.HasSuffix(f, ".json") {
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &m); err != nil {
				t.Fatal(err)
			}
		}
	}
	pdf, err := os.ReadFile(filepath.Join(dir, m.File))
	if err != nil {
		t.Fatal(err)
	}
	if sum := sha256.Sum256(pdf); hex.EncodeToString(sum[:]) != m.SHA256 {
		t.Errorf("digest of the file is %x, the manifest says %s", sum, m.SHA256)
	}
	return m
}

// TestLettersWrongFolder: what cannot be written is not printed.
func TestLettersWrongFolder(t *testing.T) {
	config, ask := postRoom(t)
	ask(letters.NewEmail, "")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := mailroomDoes(t, "print", "-config", config, "-out", file); err == nil {
		t.Error("print into a file = nil")
	}
	if text, err := mailroomDoes(t, "list", "-config", config, "-state", "requested"); err != nil || strings.Count(text, "requested") != 1 {
		t.Errorf("list = %q, %v: the letter should wait", text, err)
	}
	test := filepath.Join(t.TempDir(), "test.pdf")
	if text, err := mailroomDoes(t, "test", "-config", config, test); err != nil || !strings.Contains(text, "22 pages") || !exists(test) {
		t.Errorf("test print = %q, %v", text, err)
	}
	for _, args := range [][]string{{}, {"burn"}, {"print", "-config", config}, {"print", "-config", config, "-out", "x", "-limit", "0"}, {"posted", "-config", config, "b", "two"},
		{"list", "-config", config, "-state", "burnt"}, {"test", "-config", config, "-lang", "xx", test + "x"}} {
		if _, err := mailroomDoes(t, args...); !errors.Is(err, cli.ErrUsage) {
			t.Errorf("letters %q = %v, want a usage error", args, err)
		}
	}
	if _, err := mailroomDoes(t, "posted", "-config", config, "none", "1"); err == nil || !strings.Contains(err.Error(), `no batch "none"`) {
		t.Errorf("posting a batch that is none = %v", err)
	}
}

func TestMailSettings(t *testing.T) {
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("secret\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, s := range map[string]*MailSettings{
		"no host":              {},
		"user alone":           {Host: "mail.example", User: "guichet"},
		"password for all":     {Host: "mail.example", User: "guichet", PasswordFile: password},
		"no authority":         {Host: "mail.example", CA: password},
		"in clear, far away":   {Host: "mail.example", Security: "none"},
		"a way there is none":  {Host: "mail.example", Security: "opportunistic"},
		"file that is missing": {Host: "mail.example", User: "guichet", PasswordFile: password + "x"},
	} {
		if _, err := s.sender(); err == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: sender = %v, want an error", name, err)
		}
	}
	if err := os.Chmod(password, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := (&MailSettings{Host: "mail.example", User: "guichet", PasswordFile: password}).sender(); err != nil || out == nil {
		t.Errorf("sender = %v, %v", out, err)
	}
	if out, err := (*MailSettings)(nil).sender(); err != nil || out != nil {
		t.Errorf("no settings: sender = %v, %v", out, err)
	}
	for _, tt := range []struct{ change, want string }{
		{`"mail": {"host": "mail.example"}`, "mutuality.post.from"},
		{`"mutuality": {"id": "t", "brand": {"name": ["T", ""]}, "letterhead": {"name": "T", "street": "S", "postcode": "1", "city": "C"}, "post": {"window": "top"}}`, "post.window"},
		{`"mutuality": {"id": "t", "brand": {"name": ["T", ""]}, "letterhead": {"name": "T", "street": "S", "postcode": "1", "city": "C"}, "post": {"from": "x"}}`, "post.from"},
		{`"mutuality": {"id": "t", "brand": {"name": ["T", ""]}, "letterhead": {"name": "T", "street": "S", "postcode": "1", "city": "C"}, "post": {"calendar": {"country": "lu"}}}`, "post.calendar"},
	} {
		if _, err := parseSettings(changed(t, tt.change)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: parseSettings = %v, want %q", tt.change, err, tt.want)
		}
	}
}

// TestLettersNotWritten: a batch that was printed and does not get onto the disk leaves no
// part of itself, and who printed it is told what to do.
func TestLettersNotWritten(t *testing.T) {
	config, ask := postRoom(t)
	ask(letters.NewEmail, "")
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=8k"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Unmount(disk, syscall.MNT_DETACH) })
	_, err := mailroomDoes(t, "print", "-config", config, "-out", disk)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "make them anew") {
		t.Errorf("print onto a full disk: %v", err)
	}
	if left, err := os.ReadDir(disk); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
}
