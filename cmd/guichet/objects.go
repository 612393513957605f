package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"guichet.example/cmd/internal/cli"
	"guichet.example/portal/objects"
	"guichet.example/portal/store"
)

// ObjectSettings say where documents are kept that are not kept in the database.
type ObjectSettings struct {
	// Endpoint is the address of an S3 object store, "https://s3.example". Required.
	Endpoint string `json:"endpoint"`
	// Bucket must exist, for this counter alone or with a Prefix of its own. Required.
	Bucket string `json:"bucket"`
	// Region is that of the bucket. Empty: "us-east-1".
	Region string `json:"region"`
	// Prefix is put before all names. Empty: none.
	Prefix string `json:"prefix"`
	// AccessKeyFile and SecretKeyFile are files, for their owner alone, with a line each.
	// Required.
	AccessKeyFile string `json:"access_key_file"`
	SecretKeyFile string `json:"secret_key_file"`
}

func (o *ObjectSettings) config() objects.Config {
	return objects.Config{Endpoint: o.Endpoint, Bucket: o.Bucket, Region: o.Region, Prefix: o.Prefix}
}

func (o *ObjectSettings) check() error {
	if o == nil {
		return nil
	}
	if err := o.config().Check(); err != nil {
		return fmt.Errorf("%q: %w", "objects", err)
	}
	if o.AccessKeyFile == "" || o.SecretKeyFile == "" {
		return errors.New(`"objects" needs "access_key_file" and "secret_key_file"`)
	}
	return nil
}

// open makes the client; nil where there are no settings.
func (o *ObjectSettings) open() (*objects.Bucket, error) {
	if o == nil {
		return nil, nil
	}
	cfg := o.config()
	var err error
	if cfg.AccessKey, err = lineOf(o.AccessKeyFile); err != nil {
		return nil, fmt.Errorf("%q: %w", "objects.access_key_file", err)
	}
	if cfg.SecretKey, err = lineOf(o.SecretKeyFile); err != nil {
		return nil, fmt.Errorf("%q: %w", "objects.secret_key_file", err)
	}
	return objects.New(cfg)
}

// set puts it into a store's configuration.
func (o *ObjectSettings) set(cfg *store.Config) error {
	bucket, err := o.open()
	if err == nil && bucket != nil {
		cfg.Objects = bucket
	}
	return err
}

// lineOf reads a secret of one line from a file that only its owner can read.
func lineOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return "", fmt.Errorf("%s has mode %04o, want 0600: it holds a secret", file, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxAddress+1))
	if err != nil {
		return "", err
	}
	line := strings.TrimSpace(string(text))
	if line == "" || len(text) > maxAddress || strings.ContainsAny(line, "\r\n") {
		return "", fmt.Errorf("%s is not one line", file)
	}
	return line, nil
}

// objects puts a few bytes, reads them back and removes them: what each document needs.
func (c *checkup) objects(ctx context.Context) []row {
	if c.s.Objects == nil {
		return []row{good("Documents are kept in the database.")}
	}
	bucket, err := c.s.Objects.open()
	if err != nil {
		return []row{bad("Correct \"objects\".", "The object store cannot be set up: %v.", err)}
	}
	if err := bucket.Reach(ctx); err != nil {
		return []row{bad("Make the bucket, and let this user in.", "The bucket cannot be reached: %v.", err)}
	}
	var noise [16]byte
	rand.Read(noise[:]) // never fails: crypto/rand
	name := "check/" + hex.EncodeToString(noise[:])
	if err := bucket.Put(ctx, name, noise[:]); err != nil {
		return []row{bad("Let this user put and read objects.", "The bucket does not give back what it was given: %v.", err)}
	}
	if err := bucket.Remove(ctx, name); err != nil {
		return []row{weak("Let this user remove objects.", "The bucket keeps what is to be removed: %v.", err)}
	}
	return []row{good("The bucket gives back what it was given.")}
}

// runObjects moves documents between the database and the object store.
func runObjects(ctx context.Context, env cli.Env, args []string) error {
	flags := cli.Flags(env, "objects", "guichet objects move [-back] -config FILE")
	back := flags.Bool("back", false, "from the object store into the database")
	s, rest, err := settingsOf(flags, args, 1)
	switch {
	case err != nil:
		return err
	case rest[0] != "move":
		return fmt.Errorf("%w: %.20q is none of move", cli.ErrUsage, rest[0])
	case s.Objects == nil:
		return errors.New(`"objects" is not set: there is nowhere to move documents to`)
	}
	db, err := awaitStore(ctx, env, s, slog.New(slog.NewTextHandler(env.Stderr, &slog.HandlerOptions{Level: slog.LevelError})))
	if err != nil {
		return err
	}
	defer db.Close()
	p := newProgress(env.Stderr)
	m, err := db.MoveObjects(ctx, *back, func(m store.Moved) {
		if p.of == 0 {
			p.begin(int(m.Of))
		}
		p.at(int(m.Seen))
	})
	p.end()
	fmt.Fprintf(env.Stdout, "moved: %d of %d, %d bytes\n", m.Moved, m.Of, m.Bytes)
	if err != nil {
		return fmt.Errorf("%w; run it again to go on", err)
	}
	return nil
}

// objectMetrics shows what the object store does.
type objectMetrics struct{ stats func() objects.Stats }

var (
	objectCalls = prometheus.NewDesc("guichet_object_store_duration_seconds",
		"Calls of the object store, failed ones included, by how long they took.", []string{"call"}, nil)
	objectFailed = prometheus.NewDesc("guichet_object_store_errors_total",
		"Calls that had no answer, or none that can be used.", []string{"call"}, nil)
	objectRefused = prometheus.NewDesc("guichet_object_store_refused_total",
		"Calls not made because those before had failed.", nil, nil)
)

// showObjects registers the figures of an object store, if there is one.
func showObjects(r *prometheus.Registry, o store.Objects) {
	if b, ok := o.(*objects.Bucket); ok {
		r.MustRegister(objectMetrics{b.Stats})
	}
}

// Describe implements prometheus.Collector.
func (m objectMetrics) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{objectCalls, objectFailed, objectRefused} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (m objectMetrics) Collect(out chan<- prometheus.Metric) {
	s := m.stats()
	for call, c := range s.Calls {
		buckets, below := map[float64]uint64{}, uint64(0)
		for i, bound := range objects.Bounds {
			below += c.Durations[i]
			buckets[bound.Seconds()] = below
		}
		below += c.Durations[len(objects.Bounds)]
		out <- prometheus.MustNewConstHistogram(objectCalls, below, c.Spent.Seconds(), buckets, call)
		out <- prometheus.MustNewConstMetric(objectFailed, prometheus.CounterValue, float64(c.Failed), call)
	}
	out <- prometheus.MustNewConstMetric(objectRefused, prometheus.CounterValue, float64(s.Refused))
}
