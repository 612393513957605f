package profile

import (
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"guichet.example/auth/password"
)

// The five profiles as they ship.
//
//go:embed shipped/*.json
var shipped embed.FS

// Default is the profile of a mutuality that names none.
const Default = "emut"

// IDs are the profiles that ship.
func IDs() []string {
	return []string{"emut", "webmut", "unimutuelles", "mutame-marseille", "mutame-plus"}
}

// ErrUnknown means that no profile of this name ships.
var ErrUnknown = errors.New("no such profile")

// Config is the part of a settings file that names and changes a profile. What is
// empty is as shipped.
type Config struct {
	ID          string           `json:"id"`
	Number      string           `json:"number"`
	Identifiers []Identifier     `json:"identifiers"`
	Password    *password.Policy `json:"password"`
	Enrol       []Way            `json:"enrol"`
	Recover     []Way            `json:"recover"`
	LinkLife    Span             `json:"link_life"`
	CodeLife    Span             `json:"code_life"`
	UndoLife    Span             `json:"undo_life"`
	Questions   []Question       `json:"questions"`
	MajorityAge int              `json:"majority_age"`
	Terms       string           `json:"terms"`
	Features    []string         `json:"features"`
}

// Span is a time span written as "24h".
type Span time.Duration

// UnmarshalText reads what time.ParseDuration reads.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is no span of time, which is written 90s, 30m or 8h", text)
	}
	*s = Span(d)
	return nil
}

// MarshalText writes what UnmarshalText reads.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// Load returns a profile as it ships. ErrUnknown.
func Load(id string) (Profile, error) { return Config{ID: id}.Profile() }

// Profile returns the named profile with the changes, or what is wrong with them.
func (c Config) Profile() (Profile, error) {
	id := c.ID
	if id == "" {
		id = Default
	}
	if !slices.Contains(IDs(), id) {
		return Profile{}, fmt.Errorf("%w: %.40q", ErrUnknown, id)
	}
	raw, err := shipped.ReadFile("shipped/" + id + ".json")
	if err != nil {
		return Profile{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	var base Config
	if err := decoder.Decode(&base); err != nil {
		return Profile{}, fmt.Errorf("profile %s: %w", id, err)
	}
	p := base.over(Profile{ID: id})
	p = c.over(p)
	if err := p.validate(); err != nil {
		return Profile{}, fmt.Errorf("profile %s: %w", id, err)
	}
	return p, nil
}

// over puts what is set in the place of what was there.
func (c Config) over(p Profile) Profile {
	set(&p.Number, c.Number)
	set(&p.Terms, c.Terms)
	set(&p.MajorityAge, c.MajorityAge)
	set(&p.LinkLife, time.Duration(c.LinkLife))
	set(&p.CodeLife, time.Duration(c.CodeLife))
	set(&p.UndoLife, time.Duration(c.UndoLife))
	if c.Password != nil {
		p.Password = *c.Password
	}
	setList(&p.Identifiers, c.Identifiers)
	setList(&p.Enrol, c.Enrol)
	setList(&p.Recover, c.Recover)
	setList(&p.Questions, c.Questions)
	setList(&p.Features, c.Features)
	return p
}

func set[T comparable](into *T, value T) {
	var none T
	if value != none {
		*into = value
	}
}

func setList[T any](into *[]T, value []T) {
	if value != nil {
		*into = value
	}
}

var (
	number      = regexp.MustCompile(`^[0-9]{3,4}$`)
	identifiers = []Identifier{NationalNumber, UserNumber, AccessCode, Email, MutualityEmail}
	enrols      = []Way{ByCard, ByFederal, ByLetter, ByCounter, ByKiosk, ByAccessCode, ByIdentity, BySixFields}
	recovers    = []Way{ByLink, ByQuestion, BySixFields, ByLetter, ByLostCode, ByCounter}
	langs       = []string{"fr", "nl", "de", "en"}
)

// validate refuses what contradicts itself or lies outside the floors and ceilings.
func (p Profile) validate() error {
	switch {
	case len(p.Identifiers) == 0:
		return errors.New("no identifier: nobody could sign in")
	case p.Takes(MutualityEmail) && !number.MatchString(p.Number):
		return errors.New("members type the mutuality's number, so \"number\" must be 3 or 4 digits")
	case p.Takes(MutualityEmail) && len(p.Identifiers) > 1:
		return errors.New("mutuality+e-mail is a form of its own: no other identifier beside it")
	case p.LinkLife < 15*time.Minute || p.LinkLife > 72*time.Hour:
		return errors.New("link_life must be between 15 minutes and 72 hours")
	case p.CodeLife < 24*time.Hour || p.CodeLife > 60*24*time.Hour:
		return errors.New("code_life must be between 1 and 60 days")
	case p.UndoLife < 24*time.Hour || p.UndoLife > 30*24*time.Hour:
		return errors.New("undo_life must be between 1 and 30 days")
	case p.MajorityAge < 14 || p.MajorityAge > 21:
		return errors.New("majority_age must be between 14 and 21")
	}
	if err := p.validateLists(); err != nil {
		return err
	}
	if err := p.validateQuestions(); err != nil {
		return err
	}
	return p.Password.Validate()
}

func (p Profile) validateLists() error {
	for _, i := range p.Identifiers {
		if !slices.Contains(identifiers, i) {
			return fmt.Errorf("unknown identifier %.40q", string(i))
		}
	}
	for _, w := range p.Enrol {
		if !slices.Contains(enrols, w) {
			return fmt.Errorf("unknown way to enrol %.40q", string(w))
		}
	}
	for _, w := range p.Recover {
		if !slices.Contains(recovers, w) {
			return fmt.Errorf("unknown way to recover %.40q", string(w))
		}
	}
	return nil
}

// validateQuestions holds to this: exactly four, in every language, and one more way
// beside them, since a question alone never suffices.
func (p Profile) validateQuestions() error {
	if !p.Recovers(ByQuestion) {
		if len(p.Questions) > 0 && len(p.Questions) != 4 {
			return errors.New("questions: exactly four, or none")
		}
		return nil
	}
	if len(p.Questions) != 4 {
		return errors.New("questions: the way \"question\" needs exactly four")
	}
	for _, q := range p.Questions {
		for _, lang := range langs {
			if q[lang] == "" {
				return fmt.Errorf("questions: one has no text in %q", lang)
			}
		}
	}
	return nil
}
