package auth

import (
	"errors"
	"fmt"
)

var (
	// ErrSignInRequired means the act needs a login and there is none.
	ErrSignInRequired = errors.New("sign-in required")
	// ErrUnknownAct means the act is not in the access table. It is always refused.
	ErrUnknownAct = errors.New("act is not in the access table")
)

// StepUpError means the login is too weak for the act, or of another kind than it
// asks for. The page shows the closed action, the reason, and a way to step up that
// returns to the same place.
type StepUpError struct {
	Act    Act
	Have   Assurance
	Need   Assurance
	Method Method // the one method that will do; empty if any of that level
	Reason string // of the rule
}

func (e StepUpError) Error() string {
	if e.Method != "" && e.Have >= e.Need {
		return fmt.Sprintf("%s needs the method %s: %s", e.Act, e.Method, e.Reason)
	}
	return fmt.Sprintf("%s needs assurance %s, login has %s: %s", e.Act, e.Need, e.Have, e.Reason)
}

// Policy is the access table with a mutuality's settings. It is read-only after
// Validate and then safe for concurrent use. The zero value is the strict table:
// no care data for a password.
type Policy struct {
	// ClassicReadsHealth opens care data to low assurance. Shipped as true (see
	// DefaultPolicy); a mutuality may switch it off.
	ClassicReadsHealth bool
	// Needs replaces the level of single acts. Nothing that moves money or rights
	// can be lowered, and nothing personal below Low: Validate refuses it.
	Needs map[Act]Assurance
}

// DefaultPolicy returns the settings as shipped.
func DefaultPolicy() Policy { return Policy{ClassicReadsHealth: true} }

// Validate refuses settings for unknown acts, levels off the scale and levels below
// the floor of an act. To be called once, at start-up.
func (p Policy) Validate() error {
	for act, need := range p.Needs {
		rule, ok := shipped(act)
		switch {
		case !ok:
			return fmt.Errorf("access setting for %q: %w", act, ErrUnknownAct)
		case need < None || need > High:
			return fmt.Errorf("access setting for %s: %v is not on the scale", act, need)
		case need < rule.floor():
			return fmt.Errorf("access setting for %s: %v is below the floor %v", act, need, rule.floor())
		case rule.Staff():
			return fmt.Errorf("access setting for %s: roles open it, not a level", act)
		case act == Public && need != None:
			return fmt.Errorf("access setting for %s: public pages need no login", act)
		}
	}
	return nil
}

// Rule returns the line of the table that holds for the act under this policy.
// ErrUnknownAct if there is none.
func (p Policy) Rule(a Act) (Rule, error) {
	rule, ok := shipped(a)
	if !ok {
		return Rule{}, fmt.Errorf("%w: %.40q", ErrUnknownAct, string(a))
	}
	if need, ok := p.Needs[a]; ok && need >= rule.floor() {
		rule.Need = need
	}
	if a == ReadHealth && !p.ClassicReadsHealth && rule.Need < Substantial {
		rule.Need = Substantial
	}
	return rule, nil
}

func shipped(a Act) (Rule, bool) {
	for _, table := range [][]Rule{table, staffTable} {
		for _, rule := range table {
			if rule.Act == a {
				return rule, true
			}
		}
	}
	return Rule{}, false
}

// Decision is an answer with all the audit trail needs of it.
type Decision struct {
	Rule Rule
	Have Assurance
	Err  error // nil: allowed
}

// Decide says whether the login may do the act, by which rule and why. A nil login
// is someone who has not signed in.
func (p Policy) Decide(l *Login, a Act) Decision {
	rule, err := p.Rule(a)
	d := Decision{Rule: rule, Err: err}
	if l != nil {
		d.Have = l.Assurance
	}
	if err == nil {
		d.Err = rule.check(l)
	}
	return d
}

// Allow is Decide for who needs only the answer: nil, ErrSignInRequired, a
// StepUpError, or ErrUnknownAct.
func (p Policy) Allow(l *Login, a Act) error { return p.Decide(l, a).Err }

func (r Rule) check(l *Login) error {
	if r.Act == Public {
		return nil
	}
	if r.Staff() { // whatever the login: the office has sessions of its own
		return ErrSignInRequired
	}
	if l == nil || l.Member == "" || l.Assurance < Low || l.Assurance > High {
		return ErrSignInRequired
	}
	if l.Assurance < r.Need || r.Only != "" && l.Method != r.Only {
		return StepUpError{Act: r.Act, Have: l.Assurance, Need: r.Need, Method: r.Only, Reason: r.Reason}
	}
	return nil
}
