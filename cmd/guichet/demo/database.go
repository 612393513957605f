package demo

import (
	"path/filepath"

	"guichet.example/portal/store"
	"guichet.example/portal/vault"
)

// storeConfig is a file in the demo's folder, or the database that was asked for: an
// empty one, or that of an earlier demo with the same folder, which has its keys.
func (w *world) storeConfig(cfg Config, keys *vault.Keys) store.Config {
	c := store.Config{Keys: keys, Log: w.log, Anchors: filepath.Join(w.dir, "audit-heads"), Off: cfg.Off}
	if c.Database = cfg.Database; c.Database == "" {
		c.Path = filepath.Join(w.dir, "guichet.db")
	}
	return c
}
