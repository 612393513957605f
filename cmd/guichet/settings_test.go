package main

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

const goodSettings = `{
	"listen": "127.0.0.1:8080", "origin": "https://counter.example", "data": "/var/lib/guichet", "keys": "/etc/guichet/keys",
	"trust": "/etc/guichet/trust", "revocation_hosts": ["ocsp.example"], "timestamps": ["http://tsa.example/"], "mutuality": {
		"id": "test", "brand": {"name": ["Test", "Mutuality"]}, "letterhead": {"name": "Test", "street": "Street 1", "postcode": "1000", "city": "City"}}
}`

func TestSettingsRefused(t *testing.T) {
	for name, test := range map[string]struct{ change, want string }{
		"unknown key":        {`"colour": "red"`, "unknown field"},
		"http origin":        {`"origin": "http://counter.example"`, "origin"},
		"loopback http":      {`"origin": "http://localhost:8080"`, "origin"},
		"slash at the end":   {`"origin": "https://counter.example/"`, "origin"},
		"no listen":          {`"listen": ""`, `"listen" is required`},
		"no trust":           {`"trust": ""`, `"trust" is required`},
		"no mutuality":       {`"mutuality": {}`, `"mutuality.id" is required`},
		"id of a key":        {`"mutuality": {"id": "A b", "brand": {"name": ["T", ""]}, "letterhead": {"name": "T", "street": "S", "postcode": "1", "city": "C"}}`, "lower-case"},
		"no letterhead":      {`"mutuality": {"id": "t", "brand": {"name": ["T", ""]}}`, `"mutuality.letterhead.name" is required`},
		"no name":            {`"mutuality": {"id": "t", "letterhead": {"name": "T", "street": "S", "postcode": "1", "city": "C"}}`, "mutuality.brand"},
		"pale brand":         {`"mutuality": {"id": "t", "brand": {"name": ["T", ""], "light": {"accent": "#ffe000"}}, "letterhead": {"name": "T", "street": "S", "postcode": "1", "city": "C"}}`, "mutuality.brand"},
		"agent, no scheme":   {`"agent": "localhost:8081"`, "agent"},
		"keys in data":       {`"keys": "/var/lib/guichet"`, "keys"},
		"keys below data":    {`"keys": "/var/lib/guichet/keys"`, "keys"},
		"keys, spelled so":   {`"keys": "/var/lib/./guichet/"`, "keys"},
		"half of TLS":        {`"tls": {"certificate": "c.pem"}`, "both certificate and key"},
		"no revocation host": {`"revocation_hosts": []`, "revocation_hosts"},
		"negative idle":      {`"idle": "-1m"`, "negative"},
		"idle over total":    {`"idle": "9h"`, "longer"},
		"idle at once":       {`"idle": "1s"`, `"idle" is shorter than 3m0s`},
		"short total":        {`"total": "5m"`, `"idle" is longer than "total"`},
		"days of a session":  {`"total": "48h"`, `"total" is longer than 24h0m0s`},
		"office for ever":    {`"office_total": "25h"`, `"office_total" is longer`},
		"office, no pause":   {`"office_idle": "9h"`, `"office_idle" is longer than "office_total"`},
		"old answers":        {`"revocation_max_age": "1000h"`, `"revocation_max_age" is longer than 24h0m0s`},
		"renewal too late":   {`"archive": {"renew_before": "1s"}`, `"archive.renew_before" is shorter than 24h0m0s`},
		"endless requests":   {`"requests_per_day": -1`, `"requests_per_day" is negative`},
		"endless searches":   {`"searches_per_hour": -1`, `"searches_per_hour" is negative`},
		"too few to serve":   {`"connections": 1`, `"connections" is not from 16 to 200000`},
		"no bound at all":    {`"connections": 1000000`, `"connections" is not from 16 to 200000`},
		"bad timestamp":      {`"timestamps": ["tsa.example"]`, "not an address"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parseSettings(changed(t, test.change)); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("parseSettings = %v, want %q", err, test.want)
			}
		})
	}
	if _, err := parseSettings([]byte(goodSettings + "{}")); err == nil {
		t.Error("settings with something behind them were accepted")
	}
}

func TestSettingsAccepted(t *testing.T) {
	s, err := parseSettings([]byte(goodSettings))
	if err != nil {
		t.Fatal(err)
	}
	if s.Origin != "https://counter.example" || s.Idle != nil {
		t.Errorf("parseSettings = %+v", s)
	}
}

// What a setting names and is not there is told by the setting's key.
func TestSettingsNameWhatIsMissing(t *testing.T) {
	dir := t.TempDir()
	none := filepath.Join(dir, "none")
	for want, change := range map[string]func(s *Settings){
		`"data": ` + none + ` is no folder`:        func(s *Settings) { s.Data = none },
		`"audit_heads": ` + none + ` is no folder`: func(s *Settings) { s.AuditHeads = filepath.Join(none, "heads") },
		`"database_file": open `:                   func(s *Settings) { s.DatabaseFile = none },
		`"objects.access_key_file": open `:         func(s *Settings) { s.Objects = &ObjectSettings{AccessKeyFile: none} },
		`"mutuality.profile": no such profile`:     func(s *Settings) { s.Mutuality.Profile.ID = "x" },
	} {
		s := &Settings{Data: dir, Keys: filepath.Join(dir, "keys")}
		change(s)
		if db, err := openStore(t.Context(), s, slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("openStore = %v, %v, want %s", db, err, want)
		}
	}
	if _, err := newServices(&Settings{Trust: none}, slog.New(slog.DiscardHandler)); err == nil || !strings.HasPrefix(err.Error(), `"trust": `) {
		t.Errorf("newServices = %v", err)
	}
}

func TestAuditHeadsApart(t *testing.T) {
	for change, want := range map[string]string{
		`"audit_heads": ""`:                "/var/lib/guichet/audit-heads",
		`"audit_heads": "/srv/apart/head"`: "/srv/apart/head",
		`"keys": "/var/lib/guichet-keys"`:  "/var/lib/guichet/audit-heads",
	} {
		s, err := parseSettings(changed(t, change))
		if err != nil || s.auditHeads() != want {
			t.Errorf("%s: heads go to %q, %v", change, s.auditHeads(), err)
		}
	}
}

// changed puts one key into the good settings.
func changed(t *testing.T, change string) []byte {
	t.Helper()
	var all, one map[string]json.RawMessage
	if err := json.Unmarshal([]byte(goodSettings), &all); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal([]byte("{"+change+"}"), &one); err != nil {
		t.Fatal(err)
	}
	for key, value := range one {
		all[key] = value
	}
	raw, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// TestSettingsKeysAreOfOneStyle: each key is words of small letters joined by a low
// line, down to the colours of the mutuality.
func TestSettingsKeysAreOfOneStyle(t *testing.T) {
	style := regexp.MustCompile(`^[a-z0-9]+(_[a-z0-9]+)*$`)
	oneWord := regexp.MustCompile(`^[A-Z][a-z0-9]*$`) // without a tag, any case is read
	seen := 0
	var walk func(at string, typ reflect.Type)
	walk = func(at string, typ reflect.Type) {
		for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Array {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct {
			return
		}
		for i := range typ.NumField() {
			f := typ.Field(i)
			key, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if !f.IsExported() || key == "-" {
				continue
			}
			seen++
			if key == "" && !oneWord.MatchString(f.Name) || key != "" && !style.MatchString(key) {
				t.Errorf("%s.%s is written %q", at, f.Name, key)
			}
			walk(at+"."+f.Name, f.Type)
		}
	}
	walk("settings", reflect.TypeFor[Settings]())
	if seen < 30 {
		t.Errorf("only %d keys looked at", seen)
	}
}
