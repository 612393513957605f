package portal_test

import (
	"fmt"

	"guichet.example/auth"
	"guichet.example/portal/messages"
	"guichet.example/portal/upload"
)

// What members write, in the matrix.
const (
	message    kind = "message"    // of a member
	attachment kind = "attachment" // that goes with one
)

// written is a message of the member's, with a file, and the file's id.
func (w *town) written(m *inhabitant) (id, file string) {
	w.t.Helper()
	w.at(m)
	w.wrote++
	login := auth.Login{Mutuality: w.cfg.Mutuality.ID, Member: m.id, Session: "none"}
	draft := fmt.Sprintf("draft%021d", w.wrote)
	ok(w.t, w.store.Attach(w.t.Context(), login, draft, upload.PDF, []byte("%PDF-1.7\n%%EOF\n")))
	now := w.cfg.Now()
	sent, err := w.store.SendMessage(w.t.Context(), login, messages.Message{Subject: "other", Reply: messages.ByLetter, Language: "fr",
		Sent: now, Deadline: now.AddDate(0, 0, 2)}, messages.Words{Title: "Question", Text: "Une question."}, draft, "key of "+draft)
	ok(w.t, err)
	thread, err := w.store.Message(w.t.Context(), login, sent.ID)
	ok(w.t, err)
	return sent.ID, thread.Files[0].ID
}
