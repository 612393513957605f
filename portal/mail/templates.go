package mail

import (
	"maps"
	"slices"
)

// templates are the mails and the values each takes, all of them required.
var templates = map[Template][]Value{
	ConfirmEmail:    {Link, Until},
	ActivationLink:  {Link, Until},
	ResetLink:       {Link, Until},
	PasswordChanged: {At},
	QuestionUsed:    {At},
	NewSignInMethod: {At},
	EmailAsked:      {At},
	EmailChangedOld: {At, Link, Until},
	EmailChangedNew: {At},
	ContactChanged:  {At},
	AccountDisabled: {At},
	AccountRestored: {At},
	StaysClosed:     {At, Reference},
	CodeAnswered:    {At, Reference},
	LetterOnItsWay:  {By},
	NotMeReceived:   {At, Reference},
	Enrolled:        {At},
	ContactReceived: {Reference, By},
	BankAsked:       {At, Reference, By, Link},
	BankStopped:     {At, Reference},
	BankLate:        {At, Reference},
	BankChanged:     {At, Reference},
	MessageInSpace:  {},
	RequestChanged:  {Reference},
	NewDocument:     {},
	NewRefunds:      {},
}

// Templates lists all templates, sorted. The slice is the caller's.
func Templates() []Template { return slices.Sorted(maps.Keys(templates)) }

// Takes lists the values of a template. The slice is the caller's.
func (t Template) Takes() []Value { return slices.Clone(templates[t]) }

// Optional says that a member may stop mails of the template: nothing is lost if she does,
// it is all at the counter.
func (t Template) Optional() bool { return slices.Contains(OptionalTemplates(), t) }

// OptionalTemplates lists those, in the order of the page where they are stopped.
func OptionalTemplates() []Template {
	return []Template{NewRefunds, NewDocument, RequestChanged}
}
