package reader

import (
	"context"
	"errors"
)

var errNotYet = errors.New("not yet")

// Module is an open PKCS#11 module. It is safe for concurrent use.
type Module struct{}

// FindModules returns the paths of installed PKCS#11 modules that serve identity
// cards: the Belgian middleware first, then OpenSC, then what p11-kit knows.
func FindModules() []string { return nil }

// Open loads the module at path. Errors: ErrModuleMissing.
func Open(path string) (*Module, error) { return nil, errNotYet }

// Close ends all sessions and unloads the module.
func (m *Module) Close() error { return errNotYet }

// Path returns where the module was loaded from.
func (m *Module) Path() string { return "" }

// Readers lists the readers, with or without card. Errors: ErrNoReader.
func (m *Module) Readers(ctx context.Context) ([]Reader, error) { return nil, errNotYet }

// Watch reports what happens in the readers, beginning with what is there now, until
// ctx ends; then the channel is closed.
func (m *Module) Watch(ctx context.Context) <-chan Event { return nil }

// Card opens the one inserted card. Errors: ErrNoReader, ErrNoCard, ErrSeveralCards,
// ErrUnknownCard, ErrCardRemoved.
func (m *Module) Card(ctx context.Context) (*Card, error) { return nil, errNotYet }

// CardIn opens the card in the reader of that name (or, failing that, the card whose
// token has that label). Errors: as [Module.Card].
func (m *Module) CardIn(ctx context.Context, name string) (*Card, error) { return nil, errNotYet }
