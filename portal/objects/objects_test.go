package objects_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"guichet.example/certs/breaker"
	"guichet.example/portal/objects"
	"guichet.example/portal/objects/objectstest"
)

func TestMain(m *testing.M) {
	defer objectstest.End()
	m.Run()
}

func TestConfigRefuses(t *testing.T) {
	good := objects.Config{Endpoint: "https://s3.example", Bucket: "guichet", AccessKey: "a", SecretKey: "very-secret"}
	for name, change := range map[string]func(*objects.Config){
		"no endpoint":               func(c *objects.Config) { c.Endpoint = "" },
		"no scheme":                 func(c *objects.Config) { c.Endpoint = "s3.example" },
		"in clear to another":       func(c *objects.Config) { c.Endpoint = "http://s3.example" },
		"a user in the endpoint":    func(c *objects.Config) { c.Endpoint = "https://a:b@s3.example" },
		"a path in the endpoint":    func(c *objects.Config) { c.Endpoint = "https://s3.example/bucket" },
		"no bucket":                 func(c *objects.Config) { c.Bucket = "" },
		"a bucket with a path":      func(c *objects.Config) { c.Bucket = "a/b" },
		"a prefix that goes up":     func(c *objects.Config) { c.Prefix = "../x" },
		"a prefix with a path":      func(c *objects.Config) { c.Prefix = "a/b" },
		"no key":                    func(c *objects.Config) { c.AccessKey = "" },
		"no secret":                 func(c *objects.Config) { c.SecretKey = "" },
		"a bucket that is too long": func(c *objects.Config) { c.Bucket = strings.Repeat("a", 64) },
	} {
		cfg := good
		change(&cfg)
		if _, err := objects.New(cfg); err == nil || strings.Contains(err.Error(), "very-secret") {
			t.Errorf("%s: New = %v", name, err)
		}
	}
	if _, err := objects.New(good); err != nil {
		t.Errorf("New = %v", err)
	}
}

// TestFaults: whatever the object store does wrong, a put is not told to be good, and a
// read gives nothing that was not put; all within the patience.
func TestFaults(t *testing.T) {
	server := objectstest.Start(t)
	front := objectstest.NewFront(t, server.Config().Endpoint)
	good := objectstest.Open(t, front.Config(server.Config()))
	old := bytes.Repeat([]byte("sealed "), 5000)
	if err := good.Put(t.Context(), "2026-11-22/old", old); err != nil {
		t.Fatal(err)
	}
	for name, fault := range map[string]objectstest.Fault{"slow": objectstest.Slow, "broken": objectstest.Broken,
		"half-written": objectstest.Half, "wrong": objectstest.Wrong, "short": objectstest.Short, "reset": objectstest.Reset} {
		b := objectstest.Open(t, front.Config(server.Config()))
		front.Set(fault)
		began := time.Now()
		if err := b.Put(t.Context(), "2026-11-22/"+name, old); !errors.Is(err, objects.ErrUnavailable) {
			t.Errorf("%s: Put = %v, want ErrUnavailable", name, err)
		}
		got, err := b.Get(t.Context(), "2026-11-22/old", int64(len(old)))
		whole := bytes.Equal(got, old)
		if fault != objectstest.Half && fault != objectstest.Wrong && (!errors.Is(err, objects.ErrUnavailable) || got != nil && whole) {
			t.Errorf("%s: Get = %d bytes, %v, want ErrUnavailable", name, len(got), err)
		}
		if fault == objectstest.Wrong && whole { // its address tells, above
			t.Errorf("%s: nothing was spoilt", name)
		}
		if took := time.Since(began); took > 15*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
		front.Set(objectstest.None)
		if got, err := good.Get(t.Context(), "2026-11-22/old", int64(len(old))); err != nil || !bytes.Equal(got, old) {
			t.Errorf("after %s: Get = %d bytes, %v", name, len(got), err)
		}
	}
	_, err := good.Get(t.Context(), "2026-11-22/old", int64(len(old))-1)
	if !errors.Is(err, objects.ErrWrong) {
		t.Errorf("Get of a longer object = %v, want ErrWrong", err)
	}
	if _, err := good.Get(t.Context(), "2026-11-22/none", 1); !errors.Is(err, objects.ErrMissing) {
		t.Errorf("Get of none = %v, want ErrMissing", err)
	}
}

// TestDown: who asks an object store that is down is soon told without asking, and asked
// again once it is back.
func TestDown(t *testing.T) {
	server := objectstest.Start(t)
	now := time.Now()
	cfg := server.Config()
	cfg.Now = func() time.Time { return now }
	b := objectstest.Open(t, cfg)
	server.Kill()
	for range breaker.After {
		if err := b.Put(t.Context(), "2026-11-22/a", []byte("x")); !errors.Is(err, objects.ErrUnavailable) {
			t.Fatalf("Put = %v, want ErrUnavailable", err)
		}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	if err := b.Put(t.Context(), "2026-11-22/a", []byte("x")); !errors.Is(err, objects.ErrUnavailable) || b.Stats().Refused != 1 {
		t.Errorf("Put with an open breaker = %v, %+v", err, b.Stats())
	}
	now = now.Add(breaker.CoolDown)
	if err := b.Put(t.Context(), "2026-11-22/a", []byte("x")); err != nil {
		t.Errorf("Put once it is back = %v", err)
	}
	if s := b.Stats().Calls["put"]; s.Failed != breaker.After {
		t.Errorf("counted %+v", s)
	}
}

func TestLists(t *testing.T) {
	b, other := objectstest.New(t), objectstest.New(t)
	for _, name := range []string{"2026-11-21/a", "2026-11-22/b", "2026-11-22/c"} {
		if err := b.Put(t.Context(), name, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := other.Put(t.Context(), "2026-11-23/x", []byte("x")); err != nil {
		t.Fatal(err)
	}
	days, err := b.Days(t.Context())
	if err != nil || strings.Join(days, " ") != "2026-11-21 2026-11-22" {
		t.Errorf("Days = %q, %v", days, err)
	}
	var names []string
	err = b.Each(t.Context(), "2026-11-22", func(name string, put time.Time) error {
		names = append(names, name)
		if time.Since(put) > time.Hour {
			t.Errorf("%s was put at %v", name, put)
		}
		return nil
	})
	if err != nil || strings.Join(names, " ") != "2026-11-22/b 2026-11-22/c" {
		t.Errorf("Each = %q, %v", names, err)
	}
	for range 2 { // removing what is not there is no error
		if err := b.Remove(t.Context(), "2026-11-22/b"); err != nil {
			t.Errorf("Remove = %v", err)
		}
	}
	if _, err := b.Get(t.Context(), "2026-11-22/b", 12); !errors.Is(err, objects.ErrMissing) {
		t.Errorf("Get of what was removed = %v", err)
	}
	if err := b.Reach(t.Context()); err != nil {
		t.Errorf("Reach = %v", err)
	}
	left, leave := context.WithCancel(t.Context())
	leave()
	if _, err := b.Get(left, "2026-11-22/c", 12); !errors.Is(err, context.Canceled) {
		t.Errorf("Get for who left = %v", err)
	}
}
