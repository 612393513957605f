// Package objects keeps large sealed bytes in a bucket of an S3 object store, for a store
// that has outgrown its database (package store, [guichet.example/portal/store.Objects]).
//
//	Put:    PUT ─▶ GET ─▶ the same bytes? ─▶ only then nil
//	Get:    GET, whole and of the size that was put, or an error
//
// Names are "prefix/2026-11-22/id": the day, so that what was put on it can be listed alone,
// and an id that tells nothing of whose it is. A name is used once. What is sent was sealed
// by package vault before: the object store reads noise.
//
// Each call ends within a time that grows with the bytes, and none waits for an object
// store that has just failed others (package breaker): [ErrUnavailable].
package objects

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"guichet.example/certs/breaker"
)

// Config says where the bucket is and who we are to it.
type Config struct {
	// Endpoint is scheme, host and port: "https://s3.example". http is for a server on
	// this machine alone. Required.
	Endpoint string
	// Bucket must exist. Required.
	Bucket string
	// Region is signed with each request. Default "us-east-1", which servers that have no
	// regions take.
	Region string
	// Prefix is put before each name: several stores in one bucket. Letters, digits, dashes.
	// Empty: none.
	Prefix string
	// AccessKey and SecretKey sign the requests. Required.
	AccessKey, SecretKey string
	// Now is the clock of the breaker. Default time.Now.
	Now func() time.Time
}

var (
	// ErrUnavailable means that the object store does not answer, or not as it must.
	// Trying later may help.
	ErrUnavailable error = unavailable{}
	// ErrNoBucket means that the object store answers, and has no such bucket for us.
	ErrNoBucket = errors.New("no such bucket")
	// ErrMissing means that there is no such object.
	ErrMissing = errors.New("no such object")
	// ErrWrong means that what was read back is not what was put.
	ErrWrong = fmt.Errorf("%w: it does not give back what it was given", ErrUnavailable)
)

type unavailable struct{}

func (unavailable) Error() string { return "object store does not answer" }

// Unavailable says that trying later may help.
func (unavailable) Unavailable() bool { return true }

// Bucket is a bucket of an object store. Safe for concurrent use.
type Bucket struct {
	client  *minio.Client
	bucket  string
	prefix  string // "" or with a slash at its end
	now     func() time.Time
	breaker breaker.Breaker
	stats   stats
}

var (
	prefixes = regexp.MustCompile(`^[A-Za-z0-9-]{0,64}$`)
	buckets  = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`) // Amazon S3 User Guide, bucket naming rules
)

// Check refuses a configuration that New would refuse; the keys are not looked at.
func (c Config) Check() error {
	u, err := url.Parse(c.Endpoint)
	switch {
	case err != nil || u.Host == "" || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "":
		return errors.New(`endpoint is not like "https://s3.example"`)
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return errors.New("endpoint on another machine must be https")
	case !buckets.MatchString(c.Bucket):
		return errors.New("bucket has 3 to 63 lower-case letters, digits, dashes and dots")
	case !prefixes.MatchString(c.Prefix):
		return errors.New("prefix has at most 64 letters, digits and dashes")
	}
	return nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// New makes a client. Nothing is asked yet.
func New(cfg Config) (*Bucket, error) {
	if err := cfg.Check(); err != nil {
		return nil, err
	}
	if cfg.AccessKey == "" || cfg.SecretKey == "" {
		return nil, errors.New("access key and secret key are required")
	}
	if cfg.Region == "" {
		cfg.Region = "us-east-1"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	u, _ := url.Parse(cfg.Endpoint) // Check did
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), Secure: u.Scheme == "https",
		Region: cfg.Region, BucketLookup: minio.BucketLookupPath, MaxRetries: 1, Transport: transport(),
	})
	if err != nil {
		return nil, errors.New("object store cannot be set up") // err may quote a key
	}
	b := &Bucket{client: client, bucket: cfg.Bucket, now: cfg.Now}
	if cfg.Prefix != "" {
		b.prefix = cfg.Prefix + "/"
	}
	return b, nil
}

// transport waits for no answer longer than first.
func transport() http.RoundTripper {
	return wary{&http.Transport{
		Proxy:                 nil, // what is sealed goes where the settings say, and nowhere else
		DialContext:           (&net.Dialer{Timeout: dialing, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:   dialing,
		ResponseHeaderTimeout: first,
		MaxIdleConns:          64, MaxIdleConnsPerHost: 64, MaxConnsPerHost: 128,
		IdleConnTimeout:    time.Minute,
		DisableCompression: true,
	}}
}
