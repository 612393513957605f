package main

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"guichet.example/portal/objects/objectstest"
)

func TestObjectSettingsRefuse(t *testing.T) {
	for name, text := range map[string]string{
		"in clear to another machine": `{"endpoint": "http://s3.example", "bucket": "guichet", "access_key_file": "a", "secret_key_file": "b"}`,
		"no bucket":                   `{"endpoint": "https://s3.example", "access_key_file": "a", "secret_key_file": "b"}`,
		"no key files":                `{"endpoint": "https://s3.example", "bucket": "guichet"}`,
		"a key in the settings":       `{"endpoint": "https://s3.example", "bucket": "guichet", "secret_key": "x"}`,
	} {
		if _, err := parseSettings(changed(t, `"objects": `+text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// objectSettings are those of a server of this test, with files for the keys.
func objectSettings(t *testing.T) *ObjectSettings {
	t.Helper()
	cfg, dir := objectstest.Config(t), t.TempDir()
	o := &ObjectSettings{Endpoint: cfg.Endpoint, Bucket: cfg.Bucket, Prefix: cfg.Prefix,
		AccessKeyFile: filepath.Join(dir, "access"), SecretKeyFile: filepath.Join(dir, "secret")}
	for file, text := range map[string]string{o.AccessKeyFile: cfg.AccessKey, o.SecretKeyFile: cfg.SecretKey} {
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func TestCheckOfObjects(t *testing.T) {
	good := objectSettings(t)
	for name, test := range map[string]struct {
		change func(*ObjectSettings)
		want   string
	}{
		"good":         {func(*ObjectSettings) {}, "ok The bucket gives back"},
		"no bucket":    {func(o *ObjectSettings) { o.Bucket = "another" }, "fail The bucket cannot be reached"},
		"a wrong key":  {func(o *ObjectSettings) { o.SecretKeyFile = o.AccessKeyFile }, "fail The bucket cannot be reached"},
		"nobody there": {func(o *ObjectSettings) { o.Endpoint = "http://127.0.0.1:1" }, "fail The bucket cannot be reached"},
		"no key":       {func(o *ObjectSettings) { o.SecretKeyFile += ".none" }, "fail The object store cannot be set up"},
		"key for all": {func(o *ObjectSettings) {
			o.SecretKeyFile = filepath.Join(t.TempDir(), "open")
			if err := os.WriteFile(o.SecretKeyFile, []byte("x"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "fail The object store cannot be set up"},
	} {
		o := *good
		test.change(&o)
		c := &checkup{s: &Settings{Objects: &o}, log: slog.New(slog.DiscardHandler)}
		rows := c.objects(t.Context())
		if got := string(rows[0].State) + " " + rows[0].Says; len(rows) != 1 || !strings.HasPrefix(got, test.want) {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}
