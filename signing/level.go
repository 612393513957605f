package signing

import "fmt"

// Level is a PAdES baseline level; each contains the one below (EN 319 142-1, 6).
// The zero value means: not a PAdES baseline signature.
type Level int

const (
	// LevelB is a signature with its certificate, without proof of time.
	LevelB Level = iota + 1
	// LevelT adds a timestamp of the signature value.
	LevelT
	// LevelLT adds every certificate and revocation answer needed to validate it offline.
	LevelLT
	// LevelLTA adds a document timestamp over that evidence.
	LevelLTA
)

var levelNames = [...]string{"none", "B-B", "B-T", "B-LT", "B-LTA"}

// String returns the level as people read it: "PAdES B-LT", or "not PAdES".
func (l Level) String() string {
	if l < LevelB || l > LevelLTA {
		return "not PAdES"
	}
	return "PAdES " + levelNames[l]
}

// MarshalText writes "none", "B-B", "B-T", "B-LT" or "B-LTA".
func (l Level) MarshalText() ([]byte, error) {
	if l < 0 || int(l) >= len(levelNames) {
		return nil, fmt.Errorf("unknown signature level %d", int(l))
	}
	return []byte(levelNames[l]), nil
}

// UnmarshalText reads what MarshalText writes.
func (l *Level) UnmarshalText(text []byte) error {
	for i, name := range levelNames {
		if name == string(text) {
			*l = Level(i)
			return nil
		}
	}
	return fmt.Errorf("unknown signature level %q", text)
}
