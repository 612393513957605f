package native

import (
	"context"
	"errors"

	"guichet.example/reader/pinentry"
	"guichet.example/reader/remote"
)

// dialog is how the person is asked: in windows of pinentry, or on a page of ours. A PIN
// is not asked through it: entry says where the child is to ask for that.
type dialog interface {
	// Confirm shows text and two buttons; nil is the first. It ends with ctx.
	Confirm(ctx context.Context, text, yes, no string) error
	// Message shows text until it is put away.
	Message(ctx context.Context, text string) error
	entry() remote.Entry
	close()
}

// errNobody means there is no way to ask a person.
var errNobody = errors.New("nobody can be asked: there is no pinentry with windows (pinentry-gnome3 or pinentry-qt) and no browser to show a page in")

// chooseDialog prefers pinentry: its windows need no browser and stand in front. One that
// does not answer is as good as none.
func (o *operation) chooseDialog(ctx context.Context) (dialog, error) {
	program := o.Pinentry
	if program == "" {
		program = pinentry.FindWindow()
	}
	if program != "" && program != NoPinentry {
		_, err := pinentry.Check(ctx, program)
		if err == nil {
			return windows{pinentry.New(pinentry.Config{Program: program, Lang: o.text.lang, Log: o.Log}), program}, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		o.Log.Warn("pinentry does not answer", "program", program, "cause", err)
	}
	if o.Browse == nil {
		return nil, errNobody
	}
	return newPage(o.Browse, o.text, o.Linger), nil
}

type windows struct {
	*pinentry.Entry
	program string
}

func (w windows) entry() remote.Entry {
	return remote.Entry{Kind: remote.Pinentry, Program: w.program}
}

func (w windows) close() {}
