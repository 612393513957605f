package saml

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// Cache is where metadata that was fetched is kept for the next start: a provider whose
// host of metadata is down then still lets members in. The zero Cache keeps nothing.
//
// What lies there is not trusted for lying there. It is authenticated by Key, which is
// kept elsewhere, bound to the provider and to the address it was fetched from, and
// judged anew as if it had just been fetched.
type Cache struct {
	Dir string // folder; made if it is not there
	Key []byte // 32 bytes or more, the same at each start
}

// maxCached is how old a copy may be that says itself not how long it is valid: keys that
// the provider withdrew must not come back after a long pause.
const maxCached = 14 * 24 * time.Hour

const (
	minCacheKey  = 32
	cacheStamp   = 8 // bytes: seconds since 1970 at which it was fetched
	cachedHeader = sha256.Size + cacheStamp
)

var (
	errCached    = errors.New("copy of the metadata is not ours, or not of this provider")
	errCachedOld = fmt.Errorf("copy of the metadata is older than %d days", maxCached/(24*time.Hour))
)

// caches reports whether this provider's metadata is kept.
func (p *Provider) caches() bool { return p.byAddress() && p.cache.Dir != "" }

func (p *Provider) cacheFile() string { return filepath.Join(p.cache.Dir, p.settings.ID+".metadata") }

// checkCache refuses a cache that could not be told from a forged one.
func (p *Provider) checkCache() error {
	if p.cache.Dir != "" && len(p.cache.Key) < minCacheKey {
		return errors.New("cache of metadata without a key")
	}
	return nil
}

// mac authenticates a copy. The texts of the settings are counted, so that none can run
// into the next.
func (p *Provider) mac(stamped []byte) []byte {
	h := hmac.New(sha256.New, p.cache.Key)
	for _, text := range []string{"saml metadata", p.settings.ID, p.settings.EntityID, p.settings.Metadata} {
		fmt.Fprintf(h, "%d %s", len(text), text)
	}
	h.Write(stamped)
	return h.Sum(nil)
}

// keep writes a copy of metadata that was accepted; a crash leaves the old or the new.
func (p *Provider) keep(doc []byte) error {
	if err := os.MkdirAll(p.cache.Dir, 0o700); err != nil {
		return err
	}
	stamped := append(binary.BigEndian.AppendUint64(nil, uint64(p.now().Unix())), doc...)
	f, err := os.CreateTemp(p.cache.Dir, p.settings.ID+".*") // for its owner alone
	if err != nil {
		return err
	}
	_, err = f.Write(append(p.mac(stamped), stamped...))
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), p.cacheFile())
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// recall returns the copy, accepted anew; fs.ErrNotExist without one.
func (p *Provider) recall() (*Inspection, error) {
	f, err := os.Open(p.cacheFile())
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, cachedHeader+MaxMetadata+1))
	if err != nil {
		return nil, err
	}
	if len(raw) < cachedHeader || len(raw) > cachedHeader+MaxMetadata || !hmac.Equal(raw[:sha256.Size], p.mac(raw[sha256.Size:])) {
		return nil, errCached
	}
	fetched := time.Unix(int64(binary.BigEndian.Uint64(raw[sha256.Size:cachedHeader])), 0)
	if p.now().Sub(fetched) > maxCached {
		return nil, errCachedOld
	}
	return p.accept(raw[cachedHeader:])
}
