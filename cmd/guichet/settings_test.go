package main

import (
	"encoding/json"
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
