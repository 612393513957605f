package oidc_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	gooidc "github.com/coreos/go-oidc/v3/oidc"

	"guichet.example/auth/federation/oidc"
)

func TestSettingsAreChecked(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	p256 := writeKey(t, key)
	weak := writeKey(t, short)
	const issuer = "https://idp.example/fas/oauth2"
	options := oidc.Options{Callback: "https://guichet.example/federation/oidc/fas/callback", Rand: rand.Reader}
	if _, err := oidc.New(settings(t, issuer), options); err != nil {
		t.Fatalf("New(good settings) = %v", err)
	}
	for name, c := range map[string]struct {
		change func(*oidc.Settings)
		says   string
	}{
		"no id":                     {func(s *oidc.Settings) { s.ID = "" }, `"id"`},
		"id as a path":              {func(s *oidc.Settings) { s.ID = "../fas" }, `"id"`},
		"id in capitals":            {func(s *oidc.Settings) { s.ID = "FAS" }, `"id"`},
		"a language missing":        {func(s *oidc.Settings) { delete(s.Names, "de") }, `"names"`},
		"a language too many":       {func(s *oidc.Settings) { s.Names["es"] = "Llave" }, `"names"`},
		"a name with a line end":    {func(s *oidc.Settings) { s.Names["fr"] = "a\nb" }, `"names"`},
		"no shape":                  {func(s *oidc.Settings) { s.Shape = "" }, `"shape"`},
		"no issuer":                 {func(s *oidc.Settings) { s.Issuer = "" }, `"issuer"`},
		"issuer in clear":           {func(s *oidc.Settings) { s.Issuer = "http://idp.example" }, `"issuer"`},
		"issuer in clear at home":   {func(s *oidc.Settings) { s.Issuer = "http://localhost:1" }, `"issuer"`},
		"issuer with a query":       {func(s *oidc.Settings) { s.Issuer += "?a=b" }, `"issuer"`},
		"issuer with a user":        {func(s *oidc.Settings) { s.Issuer = "https://a:b@idp.example" }, `"issuer"`},
		"issuer a file":             {func(s *oidc.Settings) { s.Issuer = "file:///etc/passwd" }, `"issuer"`},
		"no client id":              {func(s *oidc.Settings) { s.ClientID = "" }, `"client_id"`},
		"unknown client auth":       {func(s *oidc.Settings) { s.ClientAuth = "none" }, `"client_auth"`},
		"secret missing":            {func(s *oidc.Settings) { s.SecretFile = "" }, `"secret_file"`},
		"secret not there":          {func(s *oidc.Settings) { s.SecretFile += ".gone" }, `"secret_file"`},
		"secret short":              {func(s *oidc.Settings) { s.SecretFile = write(t, "s", []byte("short\n")) }, `"secret_file"`},
		"secret too long":           {func(s *oidc.Settings) { s.SecretFile = write(t, "s", make([]byte, 20_000)) }, `"secret_file"`},
		"key without saying so":     {func(s *oidc.Settings) { s.ClientAuth, s.KeyFile = oidc.SecretBasic, p256 }, `"secret_file"`},
		"key and secret":            {func(s *oidc.Settings) { s.KeyFile = p256 }, `"key_file"`},
		"key is a secret":           {func(s *oidc.Settings) { s.KeyFile, s.SecretFile = s.SecretFile, "" }, `"key_file"`},
		"key too short":             {func(s *oidc.Settings) { s.KeyFile, s.SecretFile = weak, "" }, `"key_file"`},
		"key id with a blank":       {func(s *oidc.Settings) { s.KeyFile, s.SecretFile, s.KeyID = p256, "", "a b" }, `"key_id"`},
		"encrypted without a key":   {func(s *oidc.Settings) { s.Encrypted = true }, `"encrypted"`},
		"key without encrypted":     {func(s *oidc.Settings) { s.DecryptionKeyFiles = []string{p256} }, `"encrypted"`},
		"decryption key not RSA":    {func(s *oidc.Settings) { s.Encrypted, s.DecryptionKeyFiles = true, []string{p256} }, `"decryption_key_files"`},
		"encrypted, and JSON":       {func(s *oidc.Settings) { s.Encrypted, s.DecryptionKeyFiles, s.UserInfo = true, []string{p256}, "json" }, `"encrypted"`},
		"algorithm none":            {func(s *oidc.Settings) { s.Algorithms = []string{"none"} }, `"algorithms"`},
		"algorithm HS256":           {func(s *oidc.Settings) { s.Algorithms = []string{"RS256", "HS256"} }, `"algorithms"`},
		"algorithm RS1":             {func(s *oidc.Settings) { s.Algorithms = []string{"RS1"} }, `"algorithms"`},
		"scope with a blank":        {func(s *oidc.Settings) { s.Scopes = []string{"profile email"} }, `"scopes"`},
		"level unknown":             {func(s *oidc.Settings) { s.Levels = map[string]int{"gold": 460} }, `"levels"`},
		"level of FAS":              {func(s *oidc.Settings) { s.Levels = map[string]int{"urn:be:fedict:iam:fas:Level100": 500} }, `"levels"`},
		"number in sub":             {func(s *oidc.Settings) { s.NumberClaim = "sub" }, `"number_claim"`},
		"no number claim":           {func(s *oidc.Settings) { s.Shape = oidc.Plain }, `"number_claim"`},
		"userinfo as text":          {func(s *oidc.Settings) { s.UserInfo = "text" }, `"userinfo"`},
		"time-out of 11 seconds":    {func(s *oidc.Settings) { s.TimeoutSeconds = 11 }, `"timeout_seconds"`},
		"older levels elsewhere":    {func(s *oidc.Settings) { s.Shape, s.OlderLevels = oidc.Itsme, true }, `"older_levels"`},
		"authorities that are none": {func(s *oidc.Settings) { s.CAFile = s.SecretFile }, `"ca_file"`},
	} {
		s := settings(t, issuer)
		c.change(&s)
		if _, err := oidc.New(s, options); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("New(%s) = %v, want an error about %s", name, err, c.says)
		}
	}
	for _, bad := range []string{"", "/callback", "http://guichet.example/callback", "http://localhost/callback"} {
		if _, err := oidc.New(settings(t, issuer), oidc.Options{Callback: bad, Rand: rand.Reader}); err == nil {
			t.Errorf("New with callback %q succeeds", bad)
		}
	}
}

// switches are what go-oidc can be told not to check, by name.
func switches(t *testing.T) []string {
	t.Helper()
	found := []string{"InsecureIssuerURLContext"}
	config := reflect.TypeFor[gooidc.Config]()
	for i := range config.NumField() {
		if name := config.Field(i).Name; strings.HasPrefix(name, "Skip") || strings.HasPrefix(name, "Insecure") {
			found = append(found, name)
		}
	}
	out, err := exec.Command("go", "list", "-f", "{{.Dir}}", "github.com/coreos/go-oidc/v3/oidc").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range identifiers(t, strings.TrimSpace(string(out))) {
		if strings.HasPrefix(name, "Insecure") || strings.HasPrefix(name, "Skip") {
			found = append(found, name)
		}
	}
	return found
}

// identifiers are the identifiers in the sources of a folder, tests left out.
func identifiers(t *testing.T, folder string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				found = append(found, id.Name)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// No source of the program names a switch that turns a check of go-oidc or of TLS off, so
// that no setting can reach one; and settings that are not known are refused.
func TestNoCheckCanBeTurnedOff(t *testing.T) {
	off := switches(t)
	if len(off) < 5 {
		t.Fatalf("only the switches %v were found", off)
	}
	used := map[string]bool{}
	for _, folder := range []string{"../../../auth", "../../../portal", "../../../cmd"} {
		for _, name := range identifiers(t, folder) {
			used[name] = true
		}
	}
	if !used["SupportedSigningAlgs"] {
		t.Fatal("the sources were not read")
	}
	for _, name := range identifiers(t, "../../../auth") {
		if name == "InsecureSkipVerify" {
			t.Errorf("a source of auth names %s of crypto/tls", name)
		}
	}
	for _, name := range off {
		if used[name] {
			t.Errorf("a source names %s", name)
		}
		for _, key := range []string{name, strings.ToLower(name)} {
			d := json.NewDecoder(bytes.NewReader([]byte(`{"` + key + `": true}`)))
			d.DisallowUnknownFields()
			if d.Decode(new(oidc.Settings)) == nil {
				t.Errorf("settings accept %q", key)
			}
		}
	}
}
