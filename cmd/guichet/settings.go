package main

import (
	"bytes"
	"encoding"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"time"

	"guichet.example/auth/federation/saml"
	"guichet.example/auth/webeid"
	"guichet.example/cmd/internal/cli"
	"guichet.example/portal"
)

// maxSettings bounds the settings file, in bytes.
const maxSettings = 1 << 20

// Settings is the file that `guichet serve -config` reads: JSON, unknown keys refused.
// Secrets are never in it, only the paths of files that hold them.
type Settings struct {
	// Listen is the address to serve on. Required. "127.0.0.1:8080" behind a proxy.
	Listen string `json:"listen"`
	// Origin is how browsers reach the counter: scheme, host, port, no slash at the
	// end. Required; https. The card signs it.
	Origin string `json:"origin"`
	// TLS names certificate and key, PEM. Empty: a proxy in front ends TLS.
	TLS struct {
		Certificate string `json:"certificate"`
		Key         string `json:"key"`
	} `json:"tls"`
	// Data is the folder of the database, where that is a file. Required.
	Data string `json:"data"`
	// Database is the address of a PostgreSQL database, without a password:
	// "postgres://guichet@host/guichet?sslmode=verify-full". Empty: a SQLite file in Data.
	Database string `json:"database"`
	// DatabaseFile is a file, for its owner alone, that holds the address with the password.
	DatabaseFile string `json:"database_file"`
	// Objects is an object store for documents. Empty: they are in the database.
	Objects *ObjectSettings `json:"objects"`
	// Keys is the folder of the key-encryption key and the index key, which a backup of
	// Data must not contain. Required, outside Data. The first start makes the keys.
	Keys string `json:"keys"`
	// AuditHeads is the file that gets the heads of the audit chain. It belongs where
	// whoever can write to Data cannot. Empty: "audit-heads" in Data.
	AuditHeads string `json:"audit_heads"`
	// Trust is the folder of trust anchors for cards, timestamps and the seal. Required.
	Trust string `json:"trust"`
	// RevocationHosts are the host[:port] that OCSP answers, CRLs and issuer
	// certificates may be fetched from. Required: without one no card is accepted.
	RevocationHosts []string `json:"revocation_hosts"`
	// RevocationMaxAge is how old a cached good answer may be by its thisUpdate.
	// Empty: 2m. "0s": never cached.
	RevocationMaxAge *Duration `json:"revocation_max_age"`
	// Timestamps are the addresses of RFC 3161 services, in the order they are asked.
	// Empty: signatures stay at B-B.
	Timestamps []string `json:"timestamps"`
	// Live says that members use this counter: it does not start while a row of `guichet
	// check` fails. Empty: it starts as it is.
	Live bool `json:"live"`
	// Archive says how what is signed lasts. Empty: as shipped.
	Archive ArchiveSettings `json:"archive"`
	// Agent is the address of the loopback agent, for kiosks: "http://localhost:8081".
	// Empty: members use the Web eID browser extension only.
	Agent string `json:"agent"`
	// TrustedProxies are the addresses whose X-Forwarded-For is believed. Empty: none.
	TrustedProxies []string `json:"trusted_proxies"`
	// Connections is how many there may be at once. Empty: 4096, or what the limit on open
	// files leaves.
	Connections int `json:"connections"`
	// Idle and Total end a session. Empty: 15m and 8h.
	Idle  *Duration `json:"idle"`
	Total *Duration `json:"total"`
	// OfficeIdle and OfficeTotal end a session of staff. Empty: 10m and 8h.
	OfficeIdle  *Duration `json:"office_idle"`
	OfficeTotal *Duration `json:"office_total"`
	// Kiosks are the times of kiosks and of the sessions at them. Empty: as shipped.
	Kiosks KioskSettings `json:"kiosks"`
	// RequestsPerDay is how many requests a member may make in 24 hours. Empty: 200.
	RequestsPerDay int `json:"requests_per_day"`
	// SearchesPerHour is how many people an officer may look for in an hour. Empty: 60.
	SearchesPerHour int `json:"searches_per_hour"`
	// ClassicReadsHealth lets a password open care data. Empty: true.
	ClassicReadsHealth *bool `json:"classic_reads_health"`
	// Federation are the federal identity providers, in the order of their doors. Empty:
	// no such way in.
	Federation []ProviderSettings `json:"federation"`
	// SAML is who we are to SAML providers. Required with one of them, refused without.
	SAML *saml.PartySettings `json:"saml"`
	// Seal is the key of the mutuality's seal. Empty: what members approve with a federal
	// token or send without a card cannot be sealed, and is not offered.
	Seal *SealSettings `json:"seal"`
	// Metrics is a loopback address with a port, "127.0.0.1:9100", where /metrics shows
	// figures for Prometheus. Empty: nowhere.
	Metrics string `json:"metrics"`
	// Mail is the server that takes the mails. Empty: mails are made and wait.
	Mail *MailSettings `json:"mail"`
	// Mutuality is whose counter this is. Required.
	Mutuality portal.Mutuality `json:"mutuality"`
}

// Duration is a time span written as "15m" or "8h".
type Duration time.Duration

// UnmarshalText reads what time.ParseDuration reads; a negative span is an error.
func (d *Duration) UnmarshalText(text []byte) error {
	span, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no span of time, which is written 90s, 30m or 8h", text)
	}
	if span < 0 {
		return fmt.Errorf("%s is negative", span)
	}
	*d = Duration(span)
	return nil
}

// or returns the span, or the default when none was given.
func (d *Duration) or(otherwise time.Duration) time.Duration {
	if d == nil {
		return otherwise
	}
	return time.Duration(*d)
}

// settingsOf parses the command line of a command that works as a settings file says,
// and reads that file. want is how many arguments there are besides.
func settingsOf(flags *flag.FlagSet, args []string, want int) (*Settings, []string, error) {
	config := flags.String("config", "", "settings `file`, JSON (required)")
	rest, err := cli.Parse(flags, args)
	switch {
	case err != nil:
		return nil, nil, err
	case *config == "":
		return nil, nil, fmt.Errorf("%w: -config FILE is required", cli.ErrUsage)
	case len(rest) != want:
		return nil, nil, fmt.Errorf("%w: %d arguments beside -config, want %d", cli.ErrUsage, len(rest), want)
	}
	settings, err := loadSettings(*config)
	return settings, rest, err
}

// loadSettings reads and checks a settings file.
func loadSettings(file string) (*Settings, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSettings+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxSettings {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, maxSettings)
	}
	s, err := parseSettings(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return s, nil
}

func parseSettings(raw []byte) (*Settings, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var s Settings
	if err := decoder.Decode(&s); err != nil {
		return nil, placed(err, raw)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the settings")
	}
	return &s, s.check()
}

// placed says where in a settings file an error of JSON is, and what was wanted there.
func placed(err error, raw []byte) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	at := func(offset int64) string {
		before := raw[:min(int(offset), len(raw))]
		return fmt.Sprintf("line %d, column %d", 1+bytes.Count(before, []byte("\n")), len(before)-1-bytes.LastIndexByte(before, '\n'))
	}
	switch {
	case errors.As(err, &syntax):
		return fmt.Errorf("%s: %w", at(syntax.Offset), err)
	case errors.As(err, &kind):
		wanted := map[reflect.Kind]string{reflect.Struct: "an object {...}", reflect.Slice: "a list [...]", reflect.String: "a text", reflect.Bool: "true or false"}
		want, known := wanted[kind.Type.Kind()]
		written := reflect.TypeFor[encoding.TextUnmarshaler]()
		if kind.Type.Implements(written) || reflect.PointerTo(kind.Type).Implements(written) {
			want = "a text"
		} else if !known {
			want = "a number"
		}
		return fmt.Errorf("%s: %q is %s, want %s", at(kind.Offset), kind.Field, article(kind.Value), want)
	}
	return err
}

// article puts "a" or "an" before what JSON calls a value; "number 1e9" has one too.
func article(value string) string {
	if strings.IndexByte("aeiou", value[0]) >= 0 {
		return "an " + value
	}
	return "a " + value
}

// auditHeads is where the heads of the audit chain go.
func (s *Settings) auditHeads() string {
	if s.AuditHeads != "" {
		return s.AuditHeads
	}
	return filepath.Join(s.Data, "audit-heads")
}

// within reports whether a path is the folder or lies in it, as written or with links
// followed. Paths that cannot be compared are taken for one in the other.
func within(path, folder string) bool {
	for _, spell := range []func(string) (string, error){filepath.Abs, followed} {
		inner, err := spell(path)
		outer, err2 := spell(folder)
		relative, err3 := filepath.Rel(outer, inner)
		if errors.Join(err, err2, err3) != nil || relative != ".." && !strings.HasPrefix(relative, ".."+string(filepath.Separator)) {
			return true
		}
	}
	return false
}

// followed is the absolute path with its links followed, as far as it exists.
func followed(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	there, err := filepath.EvalSymlinks(path)
	parent := filepath.Dir(path)
	if !errors.Is(err, fs.ErrNotExist) || parent == path {
		return there, err
	}
	if parent, err = followed(parent); err != nil {
		return "", err
	}
	return filepath.Join(parent, filepath.Base(path)), nil
}

// check refuses settings that contradict each other or leave out what is required.
func (s *Settings) check() error {
	required := []struct{ key, value string }{
		{"listen", s.Listen}, {"origin", s.Origin}, {"data", s.Data}, {"keys", s.Keys},
		{"trust", s.Trust}, {"mutuality.id", s.Mutuality.ID},
		// A member signs a letter to this name and address.
		{"mutuality.letterhead.name", s.Mutuality.Letterhead.Name}, {"mutuality.letterhead.street", s.Mutuality.Letterhead.Street},
		{"mutuality.letterhead.postcode", s.Mutuality.Letterhead.Postcode}, {"mutuality.letterhead.city", s.Mutuality.Letterhead.City},
	}
	for _, r := range required {
		if r.value == "" {
			return fmt.Errorf("%q is required", r.key)
		}
	}
	switch {
	case within(s.Keys, s.Data):
		return errors.New(`"keys" must not be in the folder of "data": a backup would hold the keys to itself`)
	case (s.TLS.Certificate == "") != (s.TLS.Key == ""):
		return errors.New(`"tls" needs both certificate and key`)
	case len(s.RevocationHosts) == 0:
		return errors.New(`"revocation_hosts" is required: without one no card can be accepted`)
	}
	if err := s.checkBounds(); err != nil {
		return err
	}
	if strings.HasPrefix(s.Origin, "http://") {
		return errors.New(`"origin" must begin with https://, which a proxy in front may end: over http no card signs in`)
	}
	if err := webeid.CheckOrigin(s.Origin, false); err != nil {
		return fmt.Errorf("%q: %w", "origin", err)
	}
	if s.Agent != "" {
		if err := webeid.CheckOrigin(s.Agent, true); err != nil {
			return fmt.Errorf("%q: %w", "agent", err)
		}
	}
	for _, address := range s.Timestamps {
		if u, err := url.Parse(address); err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
			return fmt.Errorf("%q: %q is not an address", "timestamps", address)
		}
	}
	if err := checkMetrics(s.Metrics); err != nil {
		return err
	}
	if err := errors.Join(s.Archive.check(), s.Objects.check()); err != nil {
		return err
	}
	if err := s.checkFederation(); err != nil {
		return err
	}
	if s.Seal != nil {
		if err := s.Seal.check(); err != nil {
			return err
		}
	}
	if err := s.checkDatabase(); err != nil {
		return err
	}
	return s.checkMutuality()
}

var mutualityID = regexp.MustCompile(`^[a-z0-9-]{1,64}$`)

// checkMutuality refuses what would stand in every key of the store for ever, and a
// brand that cannot be read well.
func (s *Settings) checkMutuality() error {
	if !mutualityID.MatchString(s.Mutuality.ID) {
		return errors.New(`"mutuality.id" is of lower-case letters, digits and dashes`)
	}
	brand, err := s.Mutuality.Brand.Prepare()
	if err != nil {
		return fmt.Errorf("%q: %w", "mutuality.brand", err)
	}
	s.Mutuality.Brand = brand
	if err := s.Mutuality.Off.Check(); err != nil {
		return fmt.Errorf("%q: %w", "mutuality.off", err)
	}
	if err := s.Mutuality.Post.Check(); err != nil {
		return fmt.Errorf("%q: %w", "mutuality", err)
	}
	if s.Mail != nil && s.Mutuality.Post.From == "" {
		return errors.New(`"mail" needs "mutuality.post.from"`)
	}
	return nil
}
