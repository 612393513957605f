package native

import (
	"context"
	"errors"

	"guichet.example/certs"
	"guichet.example/reader"
	"guichet.example/reader/api"
)

// errTold means that the person was told in a window why it ends here, and closed it.
var errTold = errors.New("the person was told")

// failureOf is the reply to an error. Only codes that the Web eID app sends, and the one
// for arguments; pages speak from the code, so the message is for developers and tells
// nothing of card or person.
func failureOf(err error) failure {
	var f failure
	switch {
	case errors.Is(err, errArgument):
		f.Error.Code, f.Error.Message = string(api.InvalidArgument), err.Error()
	case errors.Is(err, reader.ErrCancelled), errors.Is(err, reader.ErrTimedOut), errors.Is(err, errTold),
		errors.Is(err, context.Canceled):
		f.Error.Code, f.Error.Message = string(api.UserCancelled), "User cancelled"
	default:
		f.Error.Code, f.Error.Message = string(api.Fatal), "Technical error, see the log of "+api.Name
	}
	return f
}

// tell shows why a command cannot be done and returns the error to reply with. What is the
// card's own state, and not a fault of ours, counts as given up: the page then asks what
// happened instead of speaking of a technical problem.
func (o *operation) tell(ctx context.Context, err error) error {
	var wrong reader.PINError
	var expired certs.ExpiredError
	var sentence string
	ours := true
	switch {
	case ctx.Err() != nil, errors.Is(err, reader.ErrCancelled), errors.Is(err, reader.ErrTimedOut):
		return err
	case errors.Is(err, reader.ErrPINBlocked):
		sentence, ours = o.text.blocked, false
	case errors.As(err, &expired):
		sentence, ours = o.text.expired(expired.NotAfter), false
	case errors.As(err, &wrong):
		sentence, ours = o.text.wrong, false
	case errors.Is(err, reader.ErrModuleMissing):
		sentence = o.text.noModule
	case errors.Is(err, reader.ErrNotSupported):
		sentence = o.text.unsupported
	default:
		sentence = o.text.technical
	}
	if told := o.dialog.Message(ctx, o.text.from(o.request.origin, sentence)); told != nil && !errors.Is(told, reader.ErrCancelled) {
		o.Log.Warn("telling how it ended", "cause", told)
	}
	if ours {
		return err
	}
	return errors.Join(errTold, err)
}
