package reader

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
	"unsafe"

	"github.com/miekg/pkcs11"
)

// closing is how long Close waits for a call that is still inside the library.
const closing = 5 * time.Second

// Module is an open PKCS#11 module. It is safe for concurrent use.
type Module struct {
	// Now tells the time for the validity of the registry's certificate; nil: time.Now.
	// Set it before the first use.
	Now func() time.Time

	path string
	turn chan struct{} // holds one element while a call is inside the library

	// These belong to whoever has the turn.
	lib   library // nil once closed
	owner bool    // we initialised it, so we finalise it
}

// Open loads and initialises the module at path. Open a module once per process: what
// its calls share (a login, above all) is shared by all who opened it. Errors:
// ErrModuleMissing, ErrModuleFailed.
func Open(path string) (*Module, error) {
	full, err := filepath.Abs(path) // a bare name would be searched on the loader's path
	if err != nil {
		return nil, fmt.Errorf("opening module %s: %w", path, err)
	}
	if info, err := os.Stat(full); err != nil || info.IsDir() {
		return nil, fmt.Errorf("opening module %s: %w", path, ErrModuleMissing)
	}
	lib := pkcs11.New(full)
	if lib == nil {
		return nil, fmt.Errorf("loading module %s: %w", path, ErrModuleMissing)
	}
	if !hasFunctions(lib) {
		lib.Destroy()
		return nil, fmt.Errorf("loading module %s: %w", path, ErrModuleFailed)
	}
	owner := true
	err = lib.Initialize()
	if errors.Is(err, pkcs11.Error(pkcs11.CKR_CRYPTOKI_ALREADY_INITIALIZED)) {
		owner, err = false, nil
	}
	if err != nil {
		lib.Destroy()
		return nil, explain("initialising module "+path, err)
	}
	m := newModule(full, lib)
	m.owner = owner
	return m, nil
}

// hasFunctions reports whether C_GetFunctionList gave a list. The binding drops its return
// code and would call through the list that is not there. It keeps, in C, a struct of
// the library's handle and the list.
func hasFunctions(lib *pkcs11.Ctx) bool {
	loaded := *(**struct{ handle, functions unsafe.Pointer })(unsafe.Pointer(lib))
	return loaded != nil && loaded.functions != nil
}

func newModule(path string, lib library) *Module {
	return &Module{path: path, turn: make(chan struct{}, 1), lib: lib}
}

// Path returns where the module was loaded from.
func (m *Module) Path() string { return m.path }

// ModuleInfo is what a module says of itself.
type ModuleInfo struct {
	Path         string // where it was loaded from
	Description  string // "Belgium eID PKCS#11 interface v2", "OpenSC smartcard framework"
	Manufacturer string
	Version      string // of the library, "5.1"
}

// Info asks C_GetInfo. Errors: ErrModuleFailed, ErrTimedOut, ErrClosed.
func (m *Module) Info(ctx context.Context) (ModuleInfo, error) {
	info, err := call(ctx, m, func(lib library) (pkcs11.Info, error) { return lib.GetInfo() }, nil)
	if err != nil {
		return ModuleInfo{}, explain("asking the module who it is", err)
	}
	return ModuleInfo{
		Path: m.path, Description: trim(info.LibraryDescription), Manufacturer: trim(info.ManufacturerID),
		Version: fmt.Sprintf("%d.%d", info.LibraryVersion.Major, info.LibraryVersion.Minor),
	}, nil
}

// Close ends all sessions and unloads the module. A module that hangs is left alone
// after a few seconds: ErrTimedOut. Closing twice is no error.
func (m *Module) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	_, err := call(ctx, m, func(lib library) (struct{}, error) {
		m.lib = nil
		var err error
		if m.owner {
			err = lib.Finalize()
		}
		lib.Destroy()
		return struct{}{}, err
	}, nil)
	if errors.Is(err, ErrClosed) {
		return nil
	}
	return explain("closing the module", err)
}

// call runs f inside the library, alone, and returns what f returns. When ctx ends
// first, the caller gets ErrTimedOut or ErrCancelled at once, while f keeps the turn
// until the library lets it go; what f then returns is given to drop, unless nil.
func call[T any](ctx context.Context, m *Module, f func(library) (T, error), drop func(library, T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	select {
	case m.turn <- struct{}{}:
	case <-ctx.Done():
		return none, ended(ctx)
	}
	if m.lib == nil {
		<-m.turn
		return none, ErrClosed
	}
	if ctx.Err() != nil { // both were ready
		<-m.turn
		return none, ended(ctx)
	}
	answer := make(chan result)
	go func() {
		defer func() { <-m.turn }()
		lib := m.lib
		value, err := f(lib)
		select {
		case answer <- result{value, err}:
		case <-ctx.Done():
			if err == nil && drop != nil {
				drop(lib, value)
			}
		}
	}()
	select {
	case r := <-answer:
		return r.value, r.err
	case <-ctx.Done():
		return none, ended(ctx)
	}
}

// ended says in our words why a context is over: a cause in those words counts.
func ended(ctx context.Context) error {
	cause := context.Cause(ctx)
	for _, known := range []error{ErrCardRemoved, ErrTimedOut, ErrCancelled} {
		if errors.Is(cause, known) {
			return known
		}
	}
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ErrTimedOut
	}
	return ErrCancelled
}
