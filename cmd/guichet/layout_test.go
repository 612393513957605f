package main

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "guichet.example/"

// rule says what a package and those below it must not import, however far away.
type rule struct {
	under  string
	except []string // packages below it the rule does not hold for
	never  []string // import path prefixes
}

// Imports run one way: cmd -> portal -> auth, signing -> certs and cmd -> reader -> certs.
var rules = []rule{
	{under: "certs", never: []string{module + "auth", module + "signing", module + "reader", module + "portal", module + "cmd"}},
	{under: "auth", never: []string{module + "signing", module + "reader", module + "portal", module + "cmd"}},
	{under: "signing", never: []string{module + "auth", module + "reader", module + "portal", module + "cmd"}},
	{under: "reader", never: []string{module + "auth", module + "signing", module + "portal", module + "cmd"}},
	{under: "portal", never: []string{
		module + "reader", module + "certs/certstest", module + "cmd", "github.com/miekg/pkcs11"}},
	// What a process that serves members holds must not hold the stand-ins.
	{under: "certs", except: []string{"certs/certstest"}, never: []string{module + "certs/certstest"}},
	{under: "auth", never: []string{module + "certs/certstest"}},
	{under: "auth", except: []string{"auth/federation/federationtest"}, never: []string{module + "auth/federation/federationtest"}},
	{under: "portal", never: []string{module + "auth/federation/federationtest"}},
	{under: "signing", except: []string{"signing/interop"}, never: []string{module + "certs/certstest"}},
	{under: "reader", except: []string{"reader/softcard"}, never: []string{module + "certs/certstest", module + "reader/softcard"}},
	// Only portal knows Gin.
	{under: "auth", never: []string{"github.com/gin-gonic/gin"}},
	{under: "signing", never: []string{"github.com/gin-gonic/gin", "database/sql"}},
	{under: "certs", never: []string{"github.com/gin-gonic/gin", "database/sql", "github.com/miekg/pkcs11"}},
	{under: "reader", never: []string{"github.com/gin-gonic/gin", "database/sql"}},
}

// direct says who alone may import a package by name.
var direct = map[string][]string{
	"database/sql":                                   {"portal/store"},
	"github.com/coreos/go-oidc/v3/oidc":              {"auth/federation/oidc"},
	"golang.org/x/oauth2":                            {"auth/federation/oidc"},
	"github.com/go-jose/go-jose/v4":                  {"auth/federation/oidc", "auth/federation/federationtest", "cmd/guichet/bench"},
	"github.com/miekg/pkcs11":                        {"reader", "signing/hsm"},
	"github.com/prometheus/client_golang/prometheus": {"cmd/guichet"},
	"github.com/minio/minio-go/v7":                   {"portal/objects"},
	// The bench holds a login against what the library alone takes.
	"github.com/crewjam/saml": {"auth/federation/saml", "auth/federation/federationtest", "cmd/guichet/bench"},
	// The identity providers that can be told to lie: tests, the demo and measurements.
	module + "auth/federation/federationtest": {"auth/federation/federationtest", "cmd/guichet/demo", "cmd/guichet/bench"},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("go list output: %v", err)
		}
		all = append(all, p)
	}
}

func under(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, strings.TrimSuffix(prefix, "/")+"/")
}

func anyUnder(path string, prefixes []string) bool {
	for _, prefix := range prefixes {
		if under(path, prefix) {
			return true
		}
	}
	return false
}

func (r rule) broken(p goPackage) []string {
	name := strings.TrimPrefix(p.ImportPath, module)
	if !under(name, r.under) || anyUnder(name, r.except) {
		return nil
	}
	var found []string
	for _, dep := range p.Deps {
		if anyUnder(dep, r.never) && dep != module+"reader/api" {
			found = append(found, dep)
		}
	}
	return found
}

func TestImportsRunOneWay(t *testing.T) {
	for _, p := range packages(t) {
		for _, r := range rules {
			for _, dep := range r.broken(p) {
				t.Errorf("%s depends on %s, which nothing under %s may", p.ImportPath, dep, r.under)
			}
		}
		for _, imported := range p.Imports {
			if only, ok := direct[imported]; ok && !anyUnder(strings.TrimPrefix(p.ImportPath, module), only) {
				t.Errorf("%s imports %s; only %v may", p.ImportPath, imported, only)
			}
		}
	}
}

// Areas of the counter share portal/page and nothing else of each other.
func TestAreasDoNotKnowEachOther(t *testing.T) {
	shared := []string{"page", "locale", "web", "audit", "vault", "store"}
	// What several areas stand on: rules without pages. door is how a card proves whose it
	// is, to members, staff and the people at the counter alike.
	domain := []string{"jobs", "mail", "letters", "calendar", "profile", "credentials", "door", "verdict", "rescue", "upload", "objects", "core", "people", "opaque", "timeid"}
	for _, p := range packages(t) {
		area, ok := strings.CutPrefix(p.ImportPath, module+"portal/")
		if !ok || anyUnder(area, shared) || anyUnder(area, domain) {
			continue
		}
		for _, imported := range p.Imports {
			other, ok := strings.CutPrefix(imported, module+"portal/")
			if ok && other != area && !anyUnder(other, []string{"page", "locale", "web", "audit"}) && !anyUnder(other, domain) {
				t.Errorf("area %s imports portal/%s", area, other)
			}
		}
	}
}

func TestARuleGoesRed(t *testing.T) {
	planted := goPackage{ImportPath: module + "portal/bank", Deps: []string{module + "reader/softcard"}}
	red := false
	for _, r := range rules {
		red = red || len(r.broken(planted)) > 0
	}
	if !red {
		t.Error("a portal package that depends on reader/softcard broke no rule")
	}
}
