package federation

import (
	"fmt"
	"log/slog"
)

// LogValue names the flow's kind, and none of the values an answer is compared with.
func (f Flow) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider", f.Provider),
		slog.String("purpose", string(f.Purpose)),
		slog.Int("asked", f.Asked),
		slog.Bool("force", f.Force),
	)
}

// String says no more than LogValue.
func (f Flow) String() string {
	return fmt.Sprintf("flow to %s for %s, level %d", f.Provider, f.Purpose, f.Asked)
}

// GoString is String: %#v would otherwise print nonce and verifier.
func (f Flow) GoString() string { return f.String() }

// LogValue leaves out who it is and what was received.
func (i Identity) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("provider", i.Provider),
		slog.Int("level", i.Level),
		slog.String("assurance", i.Assurance.String()),
		slog.Bool("number", i.HasNumber),
	)
}

// String says no more than LogValue.
func (i Identity) String() string {
	return fmt.Sprintf("identity from %s, level %d (%s)", i.Provider, i.Level, i.Assurance)
}

// GoString is String: %#v would otherwise print number and evidence.
func (i Identity) GoString() string { return i.String() }

// LogValue names the provider only.
func (l Logout) LogValue() slog.Value {
	return slog.GroupValue(slog.String("provider", l.Provider))
}

// String says no more than LogValue.
func (l Logout) String() string { return "logout at " + l.Provider }

// GoString is String: %#v would otherwise print the ID token.
func (l Logout) GoString() string { return l.String() }
