package main

import (
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"guichet.example/portal/objects"
	"guichet.example/portal/objects/objectstest"
)

// TestMissingBucketIsTold: at the start, in a line, and until it is made, here behind the
// back of the object store. One that is away, or of nobody, keeps no server out.
func TestMissingBucketIsTold(t *testing.T) {
	server := objectstest.Start(t)
	open := func(change func(*objects.Config)) *objects.Bucket {
		cfg := server.Config()
		change(&cfg)
		return objectstest.Open(t, cfg)
	}
	for name, tt := range map[string]struct {
		change func(*objects.Config)
		ready  bool
		says   string
	}{
		"there":       {func(*objects.Config) {}, true, ""},
		"not there":   {func(c *objects.Config) { c.Bucket = "another" }, false, "no such bucket: another"},
		"wrong key":   {func(c *objects.Config) { c.SecretKey = "x" }, false, "closed to this user"},
		"nobody home": {func(c *objects.Config) { c.Endpoint = "http://" + closedPort(t) }, true, "does not answer"},
	} {
		var log lockedBuffer
		w := watchBucket(t.Context(), open(tt.change), slog.New(slog.NewTextHandler(&log, nil)))
		if err := w.Ready(); (err == nil) != tt.ready {
			t.Errorf("%s: Ready = %v", name, err)
		}
		if lines := strings.Count(log.String(), "\n"); !strings.Contains(log.String(), tt.says) || (tt.says == "") != (lines == 0) || lines > 1 {
			t.Errorf("%s: it logged %q, want %q", name, log.String(), tt.says)
		}
	}
	if w := watchBucket(t.Context(), nil, nil); w.Ready() != nil {
		t.Error("without an object store there is nothing to wait for")
	}
	w := watchBucket(t.Context(), open(func(c *objects.Config) { c.Bucket = "late" }), slog.New(slog.DiscardHandler))
	w.pause = 20 * time.Millisecond
	ended := make(chan bool)
	go func() { defer close(ended); w.run(t.Context()) }()
	time.Sleep(3 * w.pause)
	if w.Ready() == nil {
		t.Error("ready before there is a bucket")
	}
	if err := os.Mkdir(filepath.Join(filepath.Dir(server.Folder()), "late"), 0o700); err != nil {
		t.Fatal(err)
	}
	<-ended
	if err := w.Ready(); err != nil {
		t.Errorf("the bucket is there: %v", err)
	}
}

// closedPort is an address that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
