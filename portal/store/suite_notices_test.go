package store_test

import (
	"slices"
	"testing"
	"time"

	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/mail"
)

// What a member stopped does not come, what guards her does; each change of
// hers has one row.
func testNotices(t *testing.T, b *bed) {
	ctx := t.Context()
	for _, always := range []mail.Template{mail.BankAsked, mail.PasswordChanged, mail.ContactChanged, mail.MessageInSpace, "", "x"} {
		if err := b.SetNotices(ctx, b.claire, []mail.Template{always}); err == nil {
			t.Errorf("%q was stopped", always)
		}
	}
	ships := func(reference, state string, at time.Time) string {
		t.Helper()
		if _, err := b.Load(ctx, "141", core.Batch{Kind: core.KindShipment, AsOf: b.clock.Now(), Rows: []core.Row{core.Shipment{Reference: reference, State: state, At: at}}}); err != nil {
			t.Fatal(err)
		}
		return b.mails()
	}
	_, sent := b.order(b.claire)
	b.mails()
	now := b.clock.Now()
	b.wantText("nobody's", ships("R-XXXX-999", "posted", now), "")
	b.wantText("prepared", ships(sent.Reference, "prepared", now), "")
	b.wantText("posted", ships(sent.Reference, "posted", now), "request-changed claire@example.org")
	b.wantText("delivered again", ships(sent.Reference, "posted", now), "")
	ines := b.ines()
	accepted := func(mails string) {
		t.Helper()
		id, _ := b.order(b.claire)
		b.mails()
		want(t, "accept", b.agreed(ines, b.claire, id), nil)
		b.wantText("accepted", b.mails(), mails)
	}
	accepted("request-changed claire@example.org")
	for range 2 {
		want(t, "stop", b.SetNotices(ctx, b.claire, []mail.Template{mail.RequestChanged, mail.NewRefunds}), nil)
	}
	if got, err := b.StoppedNotices(ctx, b.claire); err != nil || !slices.Equal(got, []mail.Template{mail.NewRefunds, mail.RequestChanged}) {
		t.Errorf("StoppedNotices = %v, %v", got, err)
	}
	if got, err := b.StoppedNotices(ctx, b.bram); err != nil || len(got) != 0 {
		t.Errorf("another stopped %v, %v", got, err)
	}
	accepted("")
	want(t, "a number", b.ChangePhone(ctx, b.claire, "mobile", "+32470123456"), nil)
	b.wantText("what guards her", b.mails(), "contact-changed claire@example.org")
	if r, err := b.Reach(ctx, b.claire); err != nil || r.Phone != "+32470123456" {
		t.Errorf("reached at %+v, %v", r, err)
	}
	want(t, "start", b.SetNotices(ctx, b.claire, nil), nil)
	accepted("request-changed claire@example.org")
	if got := b.audited(audit.SetNotices); len(got) != 2 {
		t.Errorf("rows %q", got)
	}
}
