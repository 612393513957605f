package store_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"guichet.example/auth"
	"guichet.example/portal/audit"
	"guichet.example/portal/core"
	"guichet.example/portal/messages"
	"guichet.example/portal/office"
	"guichet.example/portal/upload"
)

func TestMessagesSQLite(t *testing.T) { runMessages(t, openSQLite) }

func TestMessagesPostgreSQL(t *testing.T) {
	t.Parallel()
	runMessages(t, openPostgreSQL)
}

// What a member writes, and what becomes of it.
func runMessages(t *testing.T, open opener) {
	for _, test := range []struct {
		name string
		run  func(*testing.T, *bed)
	}{
		{"another's message is not found", testMessageOfOthers},
		{"a message follows its task", testMessageStates},
		{"a form sent twice is one message, and a day is bounded", testMessageOnce},
		{"what was said is for who holds it", testMessageSaid},
		{"files belong to a draft, then to its message", testMessageFiles},
	} {
		t.Run(test.name, func(t *testing.T) { test.run(t, newBed(t, open)) })
	}
}

const question = "Why was my certificate of the dentist not refunded?"

func (b *bed) writes(login auth.Login, draft string) messages.Message {
	b.t.Helper()
	b.clock.add(time.Millisecond)
	now := b.clock.Now()
	m, err := b.SendMessage(b.t.Context(), login, messages.Message{Subject: "refund", Reply: messages.ByMail, Language: "fr", Sent: now, Deadline: now.Add(48 * time.Hour)},
		messages.Words{Title: "Dentist of March", Text: question}, draft, "key "+draft)
	if err != nil {
		b.t.Fatal(err)
	}
	return m
}

func testMessageOfOthers(t *testing.T, b *bed) {
	ctx := t.Context()
	wantErr(t, "a file before any draft", b.Detach(ctx, b.bram, "draft", "file"), messages.ErrNotFound)
	if err := b.Attach(ctx, b.claire, "draft", upload.PDF, []byte("%PDF-1.7 "+sentence)); err != nil {
		t.Fatal(err)
	}
	files, err := b.Attached(ctx, b.claire, "draft")
	if err != nil || len(files) != 1 {
		t.Fatalf("Attached = %v, %v", files, err)
	}
	if theirs, err := b.Attached(ctx, b.bram, "draft"); err != nil || len(theirs) != 0 {
		t.Errorf("another's draft has %v, %v", theirs, err)
	}
	wantErr(t, "removing another's file", b.Detach(ctx, b.bram, "draft", files[0].ID), messages.ErrNotFound)
	_, _, err = b.MessageFile(ctx, b.claire, files[0].ID)
	wantErr(t, "a file that was not sent", err, messages.ErrNotFound)
	m := b.writes(b.claire, "draft")
	abroad := b.claire
	abroad.Mutuality = "319"
	for name, login := range map[string]auth.Login{"another": b.bram, "another mutuality": abroad} {
		_, err := b.Message(ctx, login, m.ID)
		wantErr(t, "message for "+name, err, messages.ErrNotFound)
		wantErr(t, "answer by "+name, b.AnswerMessage(ctx, login, m.ID, "x"), messages.ErrNotFound)
		_, _, err = b.MessageFile(ctx, login, files[0].ID)
		if err == nil {
			t.Errorf("%s opens a file", name)
		}
		if list, err := b.Written(ctx, login, "", 10); err != nil || len(list) != 0 {
			t.Errorf("%s lists %v, %v", name, list, err)
		}
	}
	for _, id := range []string{"", "x", "../x", strings.Repeat("a", 100), claireNumber} {
		_, err := b.Message(ctx, b.claire, id)
		wantErr(t, fmt.Sprintf("message %q", id), err, messages.ErrNotFound)
	}
	if got := b.audited(audit.ReadMessage); slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, claireNumber) }) {
		t.Errorf("rows %q repeat a number", got)
	}
	b.wantSealed(question, "Dentist of March")
}

func testMessageStates(t *testing.T, b *bed) {
	ctx := t.Context()
	m := b.writes(b.claire, "draft")
	wantErr(t, "an answer that nobody asked for", b.AnswerMessage(ctx, b.claire, m.ID, "x"), messages.ErrState)
	o := b.ines()
	state := func(want messages.State, fresh bool) messages.Thread {
		t.Helper()
		list, err := b.Written(ctx, b.claire, "", 10)
		if err != nil || len(list) != 1 || list[0].State != string(want) || list[0].New != fresh {
			t.Errorf("listed as %+v, %v, want %s", list, err, want)
		}
		got, err := b.Message(ctx, b.claire, m.ID)
		if err != nil || got.State != want || got.Text != question {
			t.Errorf("Message = %+v, %v, want %s", got, err, want)
		}
		b.clock.add(time.Second)
		return got
	}
	do := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	state(messages.Received, false)
	do("take", b.TakeItem(ctx, o, m.ID, office.Hold{}, ""))
	state(messages.Handling, true)
	do("ask", b.CloseItem(ctx, o, m.ID, office.Answer{What: office.EventAsked, Words: "Which dentist?"}))
	got := state(messages.Asked, true)
	if last := got.Entries[len(got.Entries)-1]; last.Text != "Which dentist?" || last.Mine {
		t.Errorf("asked: %+v", last)
	}
	do("answer", b.AnswerMessage(ctx, b.claire, m.ID, "Doctor Peeters."))
	wantErr(t, "answering twice", b.AnswerMessage(ctx, b.claire, m.ID, "again"), messages.ErrState)
	state(messages.Received, false) // her own answer is no news
	i, err := b.Item(ctx, o, m.ID)
	if err != nil || !i.Closed.IsZero() || i.Hold.Staff != "" {
		t.Errorf("after an answer the task is %+v, %v", i, err)
	}
	do("take again", b.TakeItem(ctx, o, m.ID, office.Hold{}, ""))
	do("end", b.CloseItem(ctx, o, m.ID, office.Answer{What: office.EventAnswered, Words: "It is paid tomorrow."}))
	got = state(messages.Answered, true)
	if n := len(got.Entries); n != 5 || got.Entries[2].Text != "Doctor Peeters." || !got.Entries[2].Mine || got.Entries[4].Text != "It is paid tomorrow." {
		t.Errorf("entries %+v", got.Entries)
	}
	wantErr(t, "an answer after the end", b.AnswerMessage(ctx, b.claire, m.ID, "x"), messages.ErrState)
	b.wantText("mails", b.mails(), "contact-received claire@example.org, request-changed claire@example.org, request-changed claire@example.org")
	b.wantSealed("Doctor Peeters", "Which dentist")
}

// What member and office said to each other is read by who holds the item, and by who wrote
// it; nothing of it by an officer of the member's own household.
func testMessageSaid(t *testing.T, b *bed) {
	ctx, ines, bob := t.Context(), b.ines(), b.bob()
	his, _ := bram()
	partner := b.hire("Bram", his.NationalNumber, auth.Advisor)
	b.load(core.Household{Holder: ofClaire, Member: ofBram, Role: core.RolePartner})
	m := b.writes(b.claire, "draft")
	words := func(o auth.Officer) (all string) {
		t.Helper()
		i, err := b.Item(ctx, o, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range i.History {
			all += e.Words + "|"
		}
		return all
	}
	wantWords := func(what string, o auth.Officer, want string) {
		t.Helper()
		if got := words(o); got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}
	want(t, "take", b.TakeItem(ctx, ines, m.ID, office.Hold{}, ""), nil)
	want(t, "ask", b.CloseItem(ctx, ines, m.ID, office.Answer{What: office.EventAsked, Words: "Which dentist?"}), nil)
	want(t, "reply", b.AnswerMessage(ctx, b.claire, m.ID, "Doctor Peeters."), nil)
	wantWords("who asked", ines, "|Which dentist?||")
	wantWords("a colleague", bob, "|||")
	want(t, "take by a colleague", b.TakeItem(ctx, bob, m.ID, office.Hold{}, ""), nil)
	wantWords("who holds it", bob, "|Which dentist?|Doctor Peeters.||")
	i, err := b.Item(ctx, bob, m.ID)
	want(t, "item", err, nil)
	want(t, "taken over", b.TakeItem(ctx, ines, m.ID, i.Hold, "on holiday"), nil)
	wantWords("from whom it was taken", bob, "||||on holiday|")
	wantWords("the partner", partner, "|||||")
	want(t, "end", b.CloseItem(ctx, ines, m.ID, office.Answer{What: office.EventAnswered, Words: "It is paid tomorrow."}), nil)
	wantWords("who answered", ines, "|Which dentist?|||on holiday|It is paid tomorrow.|")
	wantWords("a colleague, after", bob, "||||on holiday||")
	wantWords("the partner, after", partner, "||||||")
}

func testMessageOnce(t *testing.T, b *bed) {
	first := b.writes(b.claire, "draft 0")
	if again := b.writes(b.claire, "draft 0"); again.ID != first.ID {
		t.Errorf("sent twice: %s and %s", first.ID, again.ID)
	}
	for n := 1; n < messages.MaxDay; n++ {
		b.writes(b.claire, fmt.Sprint("draft ", n))
	}
	_, err := b.SendMessage(t.Context(), b.claire, messages.Message{Subject: "other", Reply: messages.ByMail, Language: "fr", Sent: b.clock.Now()}, messages.Words{Title: "x", Text: "y"}, "d", "k")
	wantErr(t, "one more in a day", err, messages.ErrTooMany)
	b.clock.add(25 * time.Hour)
	b.writes(b.claire, "tomorrow")
}

func testMessageFiles(t *testing.T, b *bed) {
	ctx := t.Context()
	file := []byte("%PDF-1.7 " + sentence + " %%EOF")
	for range messages.MaxFiles {
		if err := b.Attach(ctx, b.claire, "draft", upload.PDF, file); err != nil {
			t.Fatal(err)
		}
	}
	wantErr(t, "one more file", b.Attach(ctx, b.claire, "draft", upload.PDF, file), messages.ErrTooManyFiles)
	if err := b.Attach(ctx, b.claire, "never sent", upload.PNG, file); err != nil {
		t.Fatal(err)
	}
	list, _ := b.Attached(ctx, b.claire, "draft")
	if err := b.Detach(ctx, b.claire, "draft", list[0].ID); err != nil {
		t.Fatal(err)
	}
	m := b.writes(b.claire, "draft")
	got, err := b.Message(ctx, b.claire, m.ID)
	if err != nil || len(got.Files) != messages.MaxFiles-1 {
		t.Fatalf("files %+v, %v", got.Files, err)
	}
	wantErr(t, "removing what was sent", b.Detach(ctx, b.claire, "draft", got.Files[0].ID), messages.ErrNotFound)
	if f, content, err := b.MessageFile(ctx, b.claire, got.Files[0].ID); err != nil || !bytes.Equal(content, file) || f.Media != upload.PDF {
		t.Errorf("MessageFile = %+v, %v", f, err)
	}
	o := b.ines()
	_, _, err = b.ItemAttachment(ctx, o, m.ID, 1)
	wantErr(t, "a file of an item that she does not hold", err, office.ErrState)
	if err := b.TakeItem(ctx, o, m.ID, office.Hold{}, ""); err != nil {
		t.Fatal(err)
	}
	if _, content, err := b.ItemAttachment(ctx, o, m.ID, 1); err != nil || !bytes.Equal(content, file) {
		t.Errorf("ItemAttachment = %v", err)
	}
	_, _, err = b.ItemAttachment(ctx, o, m.ID, 9)
	wantErr(t, "file 9", err, office.ErrNotFound)
	b.clock.add(25 * time.Hour)
	if err := b.Sweep(ctx, b.clock.Now()); err != nil {
		t.Fatal(err)
	}
	if left, err := b.Attached(ctx, b.claire, "never sent"); err != nil || len(left) != 0 {
		t.Errorf("files of what was never sent: %v, %v", left, err)
	}
	if _, _, err := b.MessageFile(ctx, b.claire, got.Files[1].ID); err != nil {
		t.Errorf("a file that was sent, a day later: %v", err)
	}
}
